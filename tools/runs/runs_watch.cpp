#include "tools/runs/runs_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lmsim::runs {

RunsWatch::RunsWatch(sim::metrics::LiveLine& line, std::size_t count, const Effort& effort)
    : line_(line), left_(count), jobs_(effort.jobs), tally_(effort.before) {
    look();
}

void RunsWatch::ended(bool has_result, cli::ExitCode code) {
    --left_;
    ++here_;
    ++(!has_result ? tally_.errors : code == cli::Ok ? tally_.well : tally_.unexpected);
}

void RunsWatch::look() {
    if (!line_.due()) {
        return;
    }
    // Runs differ, so all that have ended tell more of those to come than the last ones.
    const double each =
        here_ == 0 ? 0 : static_cast<double>(line_.elapsed()) / static_cast<double>(here_);
    const auto left = static_cast<std::int64_t>(each * static_cast<double>(left_));
    sim::metrics::LiveLine::Pieces all = pieces(sim::metrics::to_go(left));
    all.insert(all.end() - 1, fmt::format("{} at once", std::min(jobs_, left_)));
    line_.show(all);
}

void RunsWatch::end(bool interrupted) {
    line_.end(pieces((interrupted ? "interrupted after " : "over after ") +
                     sim::metrics::readable_wait(line_.elapsed())));
}

sim::metrics::LiveLine::Pieces RunsWatch::pieces(const std::string& when) const {
    const auto some = [](std::size_t count, const char* how) {
        return count == 0 ? "" : fmt::format("{} {}", count, how);
    };
    const auto wall = static_cast<double>(line_.elapsed());
    return {
        fmt::format("{} of {} runs done", tally_.all(), tally_.all() + left_),
        when,
        fmt::format("{} well", tally_.well),
        some(tally_.unexpected, "not as expected"),
        some(tally_.errors, "without a result"),
        sim::metrics::readable_rate(
            here_ == 0 ? 0 : static_cast<double>(here_) * 1e9 / std::max(wall, 1.0), "runs"),
    };
}

}  // namespace lmsim::runs
