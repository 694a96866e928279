#pragma once

#include <memory>
#include <string>

#include "sim/bridge/rig.hpp"
#include "sim/scenario/scenario.hpp"

namespace lmsim::sim::hw {

/// The source's device of a scenario as `lmsim run` simulates it, in this process and in simulated
/// time. Of one function it is the first VF; of several the PF and the first VF. One a process, as
/// SystemC has one kernel a process.
std::unique_ptr<Rig> make_model_rig(const Scenario& scenario, std::uint16_t functions);

}  // namespace lmsim::sim::hw
