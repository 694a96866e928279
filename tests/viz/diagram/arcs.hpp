#pragma once

#include <set>
#include <string>

#include "tests/viz/diagram/dot_reader.hpp"
#include "viz/diagram/state_diagram.hpp"

namespace lmsim::viz::test {

/// "SOURCE -> TARGET: event [guard] / action ID", "SOURCE: ..." for an internal row.
std::string arc_line(const fsm::Arc& arc, bool guarded);

/// The arcs that a DOT text shows, as lines; what is folded is unfolded.
std::multiset<std::string> arcs_in(const std::string& dot);

/// The states that a DOT text shows.
std::set<std::string> states_in(const std::string& dot);

/// The arcs of a table that are there under a dialect.
std::multiset<std::string> arcs_of(const MachineInfo& machine, const Dialect& dialect);

}  // namespace lmsim::viz::test
