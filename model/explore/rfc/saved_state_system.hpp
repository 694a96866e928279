#pragma once

#include <memory>

#include "model/explore/system.hpp"
#include "model/spec/rules.hpp"

namespace lmsim::explore {

/// What a VFIO driver holds while it saves a state (model/host/saved_state.hpp), with a user who
/// saves twice, a device of whose commands one may fail, and a PF that comes and goes between two
/// saves. Its invariants are those of model/host/lifetimes.hpp.
std::unique_ptr<System> make_saved_state_system(const spec::Rules& rules);

}  // namespace lmsim::explore
