#pragma once

#include <vector>

#include "sim/scenario/validate.hpp"

namespace lmsim::sim {

/// What does not go together with several VMs.
void check_vms(const Scenario& scenario, std::vector<Problem>& out);

}  // namespace lmsim::sim
