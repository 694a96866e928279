#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/explore/world/effects.hpp"

namespace lmsim::cli {

/// Two steps of a run of which one comes first in whatever order the run can be told without
/// changing what comes of it, and none has to be between them.
struct StepOrder {
    std::size_t before = 0;
    std::size_t after = 0;
    bool free = false;  // the later one could have come first, with another outcome: it is a choice
};

/// A run and what of its order matters.
struct RunOrder {
    std::vector<std::vector<explore::world::NamedEffect>> effects;  // of each step
    std::vector<std::string> texts;                                 // of each step
    std::vector<StepOrder> orders;  // by the later step, then by the earlier one
};

/// Names what an action does in a state.
using NameEffects = std::function<std::vector<explore::world::NamedEffect>(
    const std::uint8_t* state, explore::Action action)>;

/// Does the steps again, in other orders too. Steps that are not possible end the run.
RunOrder order_of(explore::System& system, const std::vector<explore::Action>& steps,
                  const NameEffects& names);

}  // namespace lmsim::cli
