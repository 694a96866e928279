#pragma once

#include "sim/metrics/live_line.hpp"
#include "tools/runs/runs.hpp"

namespace lmsim::runs {

/// Says on a line how far the tasks of a study are that are with Slurm.
class SlurmWatch {
  public:
    struct Queue {
        std::size_t waiting = 0;
        std::size_t running = 0;
        std::string reason;  // why one of those that wait does
    };

    /// Of a study with so many runs.
    SlurmWatch(bool watch, std::size_t runs) : line_(watch), runs_(runs) {}

    bool due() const { return line_.due(); }
    void show(const Tally& tally, const Queue& queue);
    void end(const Tally& tally, bool interrupted);
    /// Before anything else is printed.
    void clear() { line_.clear(); }

  private:
    sim::metrics::LiveLine::Pieces pieces(const std::string& when) const;

    sim::metrics::LiveLine line_;
    std::size_t runs_;
    Tally tally_;
};

}  // namespace lmsim::runs
