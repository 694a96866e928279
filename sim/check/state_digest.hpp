#pragma once

#include <cstdint>

#include "model/nvme/state.hpp"
#include "model/step.hpp"

namespace lmsim::sim {

/// A digest of what a step of a controller works on: the function's controller with its queues, and
/// the slots that the event or an effect names. After a step that changed the state of a machine it
/// is of the whole subsystem (the whole takes a hundred times as long).
std::uint64_t step_digest(const nvme::Subsystem<nvme::SimBounds>& subsystem,
                          const nvme::Event& event, const Effects& effects);

}  // namespace lmsim::sim
