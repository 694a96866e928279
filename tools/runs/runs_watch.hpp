#pragma once

#include "sim/metrics/live_line.hpp"
#include "tools/runs/runs.hpp"

namespace lmsim::runs {

/// Says on a line how many runs have ended, how, and when all will have.
class RunsWatch {
  public:
    /// Of `count` runs that are still to be done.
    RunsWatch(sim::metrics::LiveLine& line, std::size_t count, const Effort& effort);

    void ended(const Outcome& outcome) { ended(outcome.ok(), outcome.code); }
    void ended(bool has_result, cli::ExitCode code);
    /// Now and then.
    void look();
    void end(bool interrupted);

  private:
    sim::metrics::LiveLine::Pieces pieces(const std::string& when) const;

    sim::metrics::LiveLine& line_;
    std::size_t left_;
    std::size_t jobs_;
    std::size_t here_ = 0;  // runs that have ended since
    Tally tally_;
};

}  // namespace lmsim::runs
