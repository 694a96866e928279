#pragma once

#include "sim/run/workload.hpp"

namespace lmsim::sim {

/// How many pages of a guest change in some time, on average.
class Dirtying {
  public:
    Dirtying(const Scenario& scenario, const Workload& workload);

    /// Distinct pages that are written within so many seconds, each page of a set as likely as
    /// another of it.
    double pages_in(double seconds) const;

  private:
    double hot_ = 0;   // pages, as all below
    double cold_ = 0;  // the rest of the working set
    double io_ = 0;    // rings and buffers, which come round at once
    double hot_rate_ = 0;
    double cold_rate_ = 0;
    bool sequential_ = false;
};

}  // namespace lmsim::sim
