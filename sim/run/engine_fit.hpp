#pragma once

#include "sim/scenario/load.hpp"

namespace lmsim::sim {

/// What the engine of a scenario does not have: refused where the scenario states it, otherwise
/// off, whatever its default.
void fit_engine(LoadedScenario& loaded);

}  // namespace lmsim::sim
