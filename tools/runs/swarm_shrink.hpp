#pragma once

#include <functional>
#include <string>

#include "tools/runs/swarm_run.hpp"

namespace lmsim::runs {

/// A scenario that fails as another one does, and is smaller.
struct Shrunk {
    SwarmScenario scenario;
    SwarmRow row;
    unsigned tried = 0;
    unsigned kept = 0;  // of these, still failed
};

/// Leaves out faults, workloads and values, and halves numbers, as long as a run still fails in the
/// same way (SwarmRow::kind). `stop`: asked now and then.
Shrunk shrink(const SwarmScenario& scenario, const SwarmRow& row, const SwarmWish& wish,
              const std::function<bool()>& stop);

}  // namespace lmsim::runs
