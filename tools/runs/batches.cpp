#include "tools/runs/batches.hpp"

#include <algorithm>
#include <chrono>

#include "sim/core/own_process.hpp"

namespace lmsim::runs {

namespace {

using sim::OwnProcesses;

/// Points from `first` to the one before `last`, of which some are wanted.
struct Span {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t heard = 0;  // all wanted ones before this one have their rows
};

class BatchRun {
  public:
    explicit BatchRun(const Batches& all) : all_(all) {}

    bool run() {
        cut();
        OwnProcesses crowd;
        crowd.count = spans_.size();
        crowd.jobs = all_.jobs;
        crowd.talk = [this](std::size_t i, const OwnProcesses::Say& say) { talk(spans_[i], say); };
        crowd.heard = [this](std::size_t i, std::string& text) {
            spans_[i].heard = std::max(spans_[i].heard, hear(text));
        };
        crowd.ended = [this](std::size_t i, const sim::OwnProcess& process) {
            if (!process.ended) mourn(spans_[i]);
        };
        crowd.stop = all_.stop;
        return sim::in_own_processes(crowd) && run_left();
    }

  private:
    bool wanted(std::size_t point) const { return all_.wanted[point - all_.first]; }

    void cut() {
        const auto some =
            static_cast<std::size_t>(std::count(all_.wanted.begin(), all_.wanted.end(), true));
        const std::size_t turns = 16;  // of each job, so that all end at about the same time
        const std::size_t size =
            std::clamp<std::size_t>(some / (turns * std::max(all_.jobs, 1U)), 1, all_.most);
        std::size_t in_span = 0;
        for (std::size_t i = 0; i < all_.wanted.size(); ++i) {
            if (!all_.wanted[i]) continue;
            const std::size_t point = all_.first + i;
            if (in_span == 0) spans_.push_back({point, point, point});
            spans_.back().last = point + 1;
            in_span = in_span + 1 == size ? 0 : in_span + 1;
        }
    }

    /// Rows go out together, but not so late that somebody waits for them.
    void talk(const Span& span, const OwnProcesses::Say& say) const {
        using Clock = std::chrono::steady_clock;
        constexpr std::size_t full = 32768;
        constexpr auto patience = std::chrono::milliseconds(20);
        std::string rows;
        auto said = Clock::now();
        for (std::size_t point = span.first; point < span.last; ++point) {
            if (!wanted(point)) continue;
            all_.run(point, rows);
            if (rows.size() > full || Clock::now() - said > patience) {
                say(rows);
                rows.clear();
                said = Clock::now();
            }
        }
        say(rows);
    }

    /// Tells of the rows that are whole, and which point comes after them.
    std::size_t hear(std::string& text) {
        std::string_view rest = text;
        PointRow row;
        std::size_t next = 0;
        while (take_row(rest, row)) {
            all_.ended(row);
            next = row.point + 1;
        }
        text.erase(0, text.size() - rest.size());
        return next;
    }

    /// What a process that broke down has left undone.
    void mourn(const Span& span) {
        for (std::size_t point = std::max(span.first, span.heard); point < span.last; ++point) {
            if (wanted(point)) left_.push_back(point);
        }
    }

    bool run_left() {
        OwnProcesses crowd;
        crowd.count = left_.size();
        crowd.jobs = all_.jobs;
        crowd.work = [this](std::size_t i) {
            std::string row;
            all_.run_alone(left_[i], row);
            return row;
        };
        crowd.ended = [this](std::size_t i, sim::OwnProcess process) {
            std::string row = process.ended ? std::move(process.returned)
                                            : all_.broken(left_[i], process.how, process.said);
            hear(row);
        };
        crowd.stop = all_.stop;
        return sim::in_own_processes(crowd);
    }

    const Batches& all_;
    std::vector<Span> spans_;
    std::vector<std::size_t> left_;
};

}  // namespace

bool run_batches(const Batches& batches) { return BatchRun(batches).run(); }

}  // namespace lmsim::runs
