#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/explore/system.hpp"

namespace lmsim::explore {

/// One action of a run and what it was in its state.
struct ReplayedStep {
    Action action;
    std::string text;
    Arrow arrow;
    const check::Invariant* broken = nullptr;
};

/// A run that was done again, action for action.
struct Replay {
    std::vector<ReplayedStep> steps;
    bool possible = true;  // if not, the action behind the last of `steps` could not happen there
    std::uint64_t last_fingerprint = 0;  // of the state at the end, fair_fingerprint()
    bool deadlock = false;               // at the end only unfair actions, and no state of rest
    bool good = false;                   // the state at the end
};

/// Does the actions from the initial state on, as far as they are possible and no invariant falls.
Replay replay(System& system, const std::vector<Action>& actions);

/// Is the state a deadlock: none but unfair actions, and no state of rest?
bool is_deadlock(System& system, const std::uint8_t* state);

}  // namespace lmsim::explore
