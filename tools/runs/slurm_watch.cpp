#include "tools/runs/slurm_watch.hpp"

#include <fmt/format.h>

#include "sim/core/text.hpp"

namespace lmsim::runs {

void SlurmWatch::show(const Tally& tally, const Queue& queue) {
    tally_ = tally;
    sim::metrics::LiveLine::Pieces all = pieces("");
    all[1] = fmt::format("{} tasks run, {} wait{}", queue.running, queue.waiting,
                         queue.reason.empty() || queue.reason == "None"
                             ? ""
                             : " (" + sim::printable(queue.reason) + ")");
    line_.show(all);
}

void SlurmWatch::end(const Tally& tally, bool interrupted) {
    tally_ = tally;
    line_.end(pieces((interrupted ? "interrupted after " : "over after ") +
                     sim::metrics::readable_wait(line_.elapsed())));
}

sim::metrics::LiveLine::Pieces SlurmWatch::pieces(const std::string& when) const {
    const auto some = [](std::size_t count, const char* how) {
        return count == 0 ? "" : fmt::format("{} {}", count, how);
    };
    return {fmt::format("{} of {} runs done", tally_.all(), runs_), when,
            fmt::format("{} well", tally_.well), some(tally_.unexpected, "not as expected"),
            some(tally_.errors, "without a result")};
}

}  // namespace lmsim::runs
