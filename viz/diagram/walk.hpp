#pragma once

#include <string>
#include <string_view>

#include "viz/diagram/state_diagram.hpp"

namespace lmsim::viz {

/// Numbers the states and arcs of the walk "FROM:TO" (names of states) in a diagram drawn with the
/// same dialect. The VFIO machine walks as its driver does; the others take the fewest arcs.
/// Returns an empty text, or what is wrong with the walk.
std::string mark_walk(StateDiagram& diagram, const MachineInfo& machine, const Dialect& dialect,
                      std::string_view walk);

}  // namespace lmsim::viz
