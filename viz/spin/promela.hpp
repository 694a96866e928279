#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "viz/diagram/machines.hpp"
#include "viz/diagram/state_diagram.hpp"

namespace lmsim::viz {

/// A machine as a model for Spin, in Promela: its rows out of the table that runs, under a dialect
/// (features that are not given are all). What of the program is in it besides the table, and what
/// is counted as a state, stands in docs/spin.md. `controller` and `migration` are one model of
/// both machines; every other machine but `vfio` is its table alone, with each guard left open.
/// The same bytes for the same dialect.
std::string promela(const MachineInfo& machine, const Dialect& dialect);

}  // namespace lmsim::viz
