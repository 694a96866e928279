#pragma once

#include "sim/scenario/validate.hpp"

namespace lmsim::sim {

/// The namespaces of each VF, and what is to be copied of them.
void check_namespaces(const Scenario& scenario, std::vector<Problem>& out);

/// Local namespaces can be copied only if they are local, and if what changes is known.
void check_media_copy(const Scenario& scenario, std::vector<Problem>& out);

}  // namespace lmsim::sim
