#pragma once

#include <string>
#include <vector>

#include "model/explore/system.hpp"

namespace lmsim::explore::world {

/// What happens, by its name among host::effect.
struct NamedEffect {
    std::string name;
    unsigned command = 0;  // of all effects of one command the same, and of no other; 0: of none
};

/// What the action does in this state of a world of so many VFs and hosts, several if the PF's
/// driver takes several completions at once. Empty: it has no name there.
std::vector<NamedEffect> effects_of(unsigned vfs, unsigned hosts, const std::uint8_t* state,
                                    Action action);

}  // namespace lmsim::explore::world
