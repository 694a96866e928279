#include "tools/runs/sweep_run.hpp"

#include <algorithm>
#include <optional>

#include "tools/cli/interrupts.hpp"
#include "tools/runs/batches.hpp"
#include "tools/runs/early_stop.hpp"
#include "tools/runs/figure_row.hpp"
#include "tools/runs/runs_watch.hpp"

namespace lmsim::runs {

namespace {

// A batch of closed forms takes a tenth of a second, one of hybrid points a second.
constexpr std::size_t fluid_batch = 8192;
constexpr std::size_t simulated_batch = 256;

bool is_fluid_study(const Study& study) {
    const auto& set = study.params.set.settings;
    return std::any_of(set.begin(), set.end(), [](const Setting& setting) {
        return setting.key == "run.fidelity" && setting.value.find("fluid") != std::string::npos;
    });
}

class Sweeper {
  public:
    Sweeper(const Study& study, const SweepRun& sweep, ResultTable& table,
            sim::metrics::LiveLine& line)
        : study_(study), sweep_(sweep), table_(table), runner_(study), stop_(study) {
        batches_.first = sweep.first;
        batches_.jobs = sweep.jobs;
        batches_.most = is_fluid_study(study) ? fluid_batch : simulated_batch;
        batches_.wanted = table.done(sweep.first, sweep.last);
        batches_.wanted.flip();
        Effort effort;
        effort.jobs = sweep.jobs;
        effort.before = table.tally(sweep.first, sweep.last);
        const auto left = std::count(batches_.wanted.begin(), batches_.wanted.end(), true);
        watch_.emplace(line, static_cast<std::size_t>(left), effort);
        batches_.run = [this](std::size_t point, std::string& out) { runner_.run(point, out); };
        batches_.run_alone = batches_.run;
        batches_.broken = [this](std::size_t point, const std::string& how,
                                 const std::string& said) {
            return broken_row(study_, point, how, said);
        };
        batches_.ended = [this](const PointRow& row) { ended(row); };
        batches_.stop = [this] {
            watch_->look();
            note(table_.settle_old());
            return cli::was_interrupted() || !problem_.empty();
        };
    }

    bool run() {
        runner_.warm_up();
        const bool whole = stop_.is_on() ? run_rounds() : run_batches(batches_);
        note(table_.settle());
        watch_->end(!whole);
        return whole;
    }
    const std::string& problem() const { return problem_; }

  private:
    void note(const std::string& text) { problem_ = problem_.empty() ? text : problem_; }

    void ended(const PointRow& row) {
        watch_->ended(row.ok(), row.code);
        note(table_.add(study_, row));
        if (stop_.is_on()) {
            CellReader cells(row.cells);
            RowCell cell = cells.next();
            for (std::size_t i = 0; i < stop_.column(); ++i) cell = cells.next();
            stop_.tell(row.point, cell.kind == RowCell::Kind::Integer
                                      ? std::optional<std::int64_t>(cell.integer)
                                      : std::nullopt);
        }
    }

    bool run_rounds() {
        batches_.wanted = stop_.next(sweep_.first, sweep_.last);
        table_.values(study_.params.stop.figure, sweep_.first, sweep_.last,
                      [this](std::size_t point, std::optional<std::int64_t> value) {
                          stop_.tell(point, value);
                      });
        const std::vector<bool> done = table_.done(sweep_.first, sweep_.last);
        for (std::size_t i = 0; i < done.size(); ++i) {
            batches_.wanted[i] = batches_.wanted[i] && !done[i];
        }
        while (!batches_.wanted.empty()) {
            if (!run_batches(batches_)) return false;
            batches_.wanted = stop_.next(sweep_.first, sweep_.last);
        }
        return true;
    }

    const Study& study_;
    const SweepRun& sweep_;
    ResultTable& table_;
    PointRunner runner_;
    EarlyStop stop_;
    std::optional<RunsWatch> watch_;
    Batches batches_;
    std::string problem_;
};

/// The points of a combination that has seeds from `first` on, of which some are done.
std::vector<bool> next_seeds(const Study& study, std::size_t first, const std::vector<bool>& done,
                             const std::vector<std::optional<std::int64_t>>& values) {
    EarlyStop stop(study);
    std::vector<bool> wanted = stop.next(first, first + done.size());
    for (std::size_t i = 0; i < done.size(); ++i) {
        if (done[i]) stop.tell(first + i, values[i]);
    }
    while (!wanted.empty()) {
        for (std::size_t i = 0; i < done.size(); ++i) wanted[i] = wanted[i] && !done[i];
        if (std::count(wanted.begin(), wanted.end(), true) != 0) break;
        wanted = stop.next(first, first + done.size());
    }
    wanted.resize(done.size());
    return wanted;
}

}  // namespace

std::vector<bool> missing_points(const Study& study, const ResultTable& table, std::size_t first,
                                 std::size_t last) {
    std::vector<bool> missing = table.done(first, last);
    missing.flip();
    if (study.params.stop.figure.empty()) return missing;
    std::vector<std::optional<std::int64_t>> values(last - first);
    table.values(study.params.stop.figure, first, last,
                 [&](std::size_t point, std::optional<std::int64_t> value) {
                     values[point - first] = value;
                 });
    const auto seeds = static_cast<std::ptrdiff_t>(study.seeds);
    for (std::size_t at = 0; at + study.seeds <= missing.size(); at += study.seeds) {
        const auto begin = missing.begin() + static_cast<std::ptrdiff_t>(at);
        std::vector<bool> done(begin, begin + seeds);
        done.flip();
        const auto from = values.begin() + static_cast<std::ptrdiff_t>(at);
        const auto wanted = next_seeds(study, first + at, done, {from, from + seeds});
        std::copy(wanted.begin(), wanted.end(), begin);
    }
    return missing;
}

bool run_sweep(const Study& study, const SweepRun& sweep, ResultTable& table,
               std::string& problem) {
    cli::catch_interrupts();
    sim::metrics::LiveLine line(sweep.watch);
    Sweeper sweeper(study, sweep, table, line);
    const bool whole = sweeper.run();
    problem = sweeper.problem();
    return whole && problem.empty();
}

}  // namespace lmsim::runs
