#pragma once

#include <functional>
#include <memory>

#include "model/explore/world/parted_system.hpp"

namespace lmsim::explore::world {

/// Makes Systems that behave as those of `make`, and share what they know: their states are the
/// numbers of what each unit has been. What an action does, and what a piece of the canonical form
/// is, is remembered for the units that were looked at: the states of a product of machines differ
/// in how few machines stand together, and most actions are those of one or two machines.
SystemFactory collapsed(std::function<std::unique_ptr<PartedSystem>()> make);

}  // namespace lmsim::explore::world
