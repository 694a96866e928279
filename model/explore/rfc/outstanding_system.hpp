#pragma once

#include <memory>

#include "model/check/invariant.hpp"
#include "model/explore/system.hpp"
#include "model/spec/rules.hpp"

namespace lmsim::explore {

/// What a host over fabrics makes of Identify Controller: it has as many commands outstanding as
/// its queue holds and as MAXCMD allows, and no queue in memory where more could wait.
std::unique_ptr<System> make_outstanding_system(const spec::Rules& rules);

/// What falls there.
extern const check::Invariant most_commands_kept;

}  // namespace lmsim::explore
