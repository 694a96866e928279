#include "tools/cli/explore_order.hpp"

#include <algorithm>

namespace lmsim::cli {

namespace {

using State = std::vector<std::uint8_t>;

struct Step {
    explore::Action action;
    std::string text;  // an action of the same numbers may be another thing elsewhere
};

/// Tries what happens in other orders.
class Bench {
  public:
    explicit Bench(explore::System& system) : system_(system) {}

    State initial() {
        State state(system_.state_bytes());
        system_.initial(state.data());
        return state;
    }

    bool possible(const State& state, const Step& step) {
        explore::Action actions[512];
        const std::size_t count = system_.actions(state.data(), actions, 512);
        return std::find(actions, actions + count, step.action) != actions + count &&
               system_.describe(state.data(), step.action) == step.text;
    }

    const check::Invariant* apply(State& state, const Step& step) {
        return system_.apply(state.data(), step.action).broken;
    }

    enum class Swap : std::uint8_t { Same, Differs, Caused };

    /// Of two steps in this order: what if the second came first?
    Swap swap(const State& before, const Step& first, const Step& second) {
        if (!possible(before, second)) {
            return Swap::Caused;
        }
        State one = before;
        const check::Invariant* const first_breaks = apply(one, first);
        const check::Invariant* const second_breaks = apply(one, second);
        State other = before;
        const check::Invariant* const early = apply(other, second);
        if (early != second_breaks || !possible(other, first)) {
            return Swap::Differs;
        }
        const check::Invariant* const late = apply(other, first);
        const bool same = late == first_breaks &&
                          system_.fingerprint(one.data()) == system_.fingerprint(other.data());
        return same ? Swap::Same : Swap::Differs;
    }

  private:
    explore::System& system_;
};

/// Which steps have to stay behind step `first`: a step that does not pass one of these does not
/// pass `first` either. States are those before each of the steps that stay.
class Followers {
  public:
    Followers(Bench& bench, const std::vector<Step>& steps, std::size_t first, State before)
        : bench_(bench), steps_(steps), block_{first} {
        states_.push_back(std::move(before));
    }

    /// The steps behind, one after the other; `blocked` hears of those that `first` itself holds
    /// back.
    void take(std::size_t step, std::vector<StepOrder>& direct) {
        for (std::size_t i = block_.size(); i-- > 0;) {
            const Bench::Swap swap = bench_.swap(states_[i], steps_[block_[i]], steps_[step]);
            if (swap == Bench::Swap::Same) {
                continue;
            }
            if (i == 0) {
                direct.push_back({block_[0], step, swap == Bench::Swap::Differs});
            }
            State now = states_.back();
            bench_.apply(now, steps_[block_.back()]);
            states_.push_back(std::move(now));
            block_.push_back(step);
            return;
        }
        // It goes before all of them.
        for (State& state : states_) {
            bench_.apply(state, steps_[step]);
        }
    }

    bool has(std::size_t step) const {
        return std::find(block_.begin(), block_.end(), step) != block_.end();
    }

  private:
    Bench& bench_;
    const std::vector<Step>& steps_;
    std::vector<std::size_t> block_;
    std::vector<State> states_;
};

}  // namespace

RunOrder order_of(explore::System& system, const std::vector<explore::Action>& actions,
                  const NameEffects& names) {
    Bench bench(system);
    RunOrder order;
    std::vector<Step> steps;
    std::vector<State> states{bench.initial()};
    for (const explore::Action action : actions) {
        steps.push_back({action, system.describe(states.back().data(), action)});
        if (!bench.possible(states.back(), steps.back())) {
            steps.pop_back();
            break;
        }
        order.effects.push_back(names(states.back().data(), action));
        order.texts.push_back(steps.back().text);
        State next = states.back();
        bench.apply(next, steps.back());
        states.push_back(std::move(next));
    }
    std::vector<std::vector<bool>> behind(steps.size(), std::vector<bool>(steps.size()));
    std::vector<StepOrder> direct;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        Followers followers(bench, steps, i, states[i]);
        for (std::size_t k = i + 1; k < steps.size(); ++k) {
            followers.take(k, direct);
        }
        for (std::size_t k = i + 1; k < steps.size(); ++k) {
            behind[i][k] = followers.has(k);
        }
    }
    for (const StepOrder& one : direct) {
        bool between = false;
        for (std::size_t j = one.before + 1; j < one.after && !between; ++j) {
            between = behind[one.before][j] && behind[j][one.after];
        }
        if (!between) {
            order.orders.push_back(one);
        }
    }
    std::sort(order.orders.begin(), order.orders.end(), [](const StepOrder& a, const StepOrder& b) {
        return a.after != b.after ? a.after < b.after : a.before < b.before;
    });
    return order;
}

}  // namespace lmsim::cli
