#pragma once

#include "model/spec/rules.hpp"

namespace lmsim::host {

/// The rules as the driver of a host takes them: those that hold, changed by the defects that are
/// on (model/spec/rows/defects.def). The device goes by `rules` themselves. A defect that is a
/// place, a number or an omitted check is such a change; the others are asked for where the driver
/// decides.
spec::Rules driver_rules(const spec::Rules& rules);

}  // namespace lmsim::host
