#pragma once

#include "sim/scenario/validate.hpp"

namespace lmsim::sim {

/// What devices of other kinds cannot be: what their driver or the VMM does not do.
void check_other_devices(const Scenario& scenario, std::vector<Problem>& out);

/// Who may track memory that devices write, and in which granules.
void check_dirty_tracking(const Scenario& scenario, std::vector<Problem>& out);

}  // namespace lmsim::sim
