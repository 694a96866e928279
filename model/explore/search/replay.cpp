#include "model/explore/search/replay.hpp"

#include <algorithm>

#include "model/assert.hpp"
#include "model/explore/search/expander.hpp"

namespace lmsim::explore {

namespace {

std::vector<Action> possible_actions(System& system, const std::uint8_t* state) {
    std::vector<Action> actions(Expander::most_actions);
    const std::size_t count = system.actions(state, actions.data(), actions.size());
    LMSIM_ASSERT(count <= actions.size());
    actions.resize(count);
    return actions;
}

}  // namespace

bool is_deadlock(System& system, const std::uint8_t* state) {
    const std::vector<Action> actions = possible_actions(system, state);
    const bool stuck = std::all_of(actions.begin(), actions.end(), [&](Action action) {
        return system.fair_class(state, action) == unfair;
    });
    return stuck && !system.at_rest(state);
}

Replay replay(System& system, const std::vector<Action>& actions) {
    Replay done;
    StateBuffers state(system.state_bytes(), 1);
    system.initial(state[0]);
    for (const Action action : actions) {
        const std::vector<Action> possible = possible_actions(system, state[0]);
        if (std::find(possible.begin(), possible.end(), action) == possible.end()) {
            done.possible = false;
            break;
        }
        ReplayedStep step;
        step.action = action;
        step.text = system.describe(state[0], action);
        step.arrow = system.arrow(state[0], action);
        step.broken = system.apply(state[0], action).broken;
        done.steps.push_back(step);
        if (step.broken != nullptr) {
            return done;
        }
    }
    done.last_fingerprint = system.fair_fingerprint(state[0]);
    done.deadlock = is_deadlock(system, state[0]);
    done.good = system.good(state[0]);
    return done;
}

}  // namespace lmsim::explore
