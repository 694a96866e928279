#include "sim/pin/pins.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/host/effect_name.hpp"
#include "sim/metrics/display.hpp"

namespace lmsim::sim {

namespace {

constexpr Ps ask_again = 10'000'000;  // 10 us: until a wish may come true

}  // namespace

Pins::Pins(sc_core::sc_module_name name, Kernel& kernel, const std::vector<Pin>& pins)
    : Component(name, kernel), pins_(pins), states_(pins.size()) {}

void Pins::begin() {
    began_ = true;
    happened(std::string(host::effect::begins));
}

bool Pins::all_free(const Occurrence& effect) const {
    for (std::size_t i = 0; i < pins_.size(); ++i) {
        if (pins_[i].effect == effect && !states_[i].free) {
            return false;
        }
    }
    return true;
}

bool Pins::holds(const std::string& effect, Again again) {
    const auto released = std::find_if(released_.begin(), released_.end(),
                                       [&](const Occurrence& one) { return one.effect == effect; });
    if (released != released_.end()) {
        released_.erase(released);
        return false;
    }
    const auto waits = std::count_if(
        held_.begin(), held_.end(), [&](const Held& held) { return held.effect.effect == effect; });
    return holds(Occurrence{effect, counts_[effect] + static_cast<unsigned>(waits) + 1},
                 std::move(again));
}

bool Pins::holds(const Occurrence& now, Again again) {
    const auto released = std::find(released_.begin(), released_.end(), now);
    if (released != released_.end()) {
        released_.erase(released);
        return false;
    }
    if (!began_ || all_free(now)) {
        return false;
    }
    for (std::size_t i = 0; i < pins_.size(); ++i) {
        if (pins_[i].effect == now) {
            states_[i].waits_since = this->now();
        }
    }
    held_.push_back({now, std::move(again)});
    return true;
}

void Pins::happened(const Occurrence& now) {
    if (!began_) {
        counts_.clear();
        return;
    }
    if (told_) {
        told_(now);
    }
    for (std::size_t i = 0; i < pins_.size(); ++i) {
        State& state = states_[i];
        if (pins_[i].effect == now) {
            state.reached = state.free;
            state.too_early = !state.free;
            state.at = this->now();
            if (state.waits_since >= 0) {
                state.held = this->now() - state.waits_since;
            }
        }
        if (pins_[i].after == now) {
            state.due = true;
            state.due_at = this->now();
            // Never at once: who says so is in the middle of something.
            post_once(this->now() + pins_[i].delay, static_cast<std::uint32_t>(Kind::Free),
                      static_cast<std::uint32_t>(i));
        }
    }
    if (over()) {
        post_once(this->now(), static_cast<std::uint32_t>(Kind::Over));
    }
}

bool Pins::is_due(const Occurrence& wish) const {
    bool any = false;
    for (std::size_t i = 0; i < pins_.size(); ++i) {
        if (pins_[i].effect == wish) {
            any = true;
            if (!states_[i].due) {
                return false;
            }
        }
    }
    return any;
}

void Pins::set_free(std::size_t pin) {
    states_[pin].free = true;
    const Occurrence effect = pins_[pin].effect;
    if (!all_free(effect)) {
        return;
    }
    if (pins_[pin].wish) {
        wish(pin);
    }
    const auto held = std::find_if(held_.begin(), held_.end(),
                                   [&](const Held& one) { return one.effect == effect; });
    if (held != held_.end()) {
        const Again again = std::move(held->again);
        held_.erase(held);
        released_.push_back(effect);
        again();
    }
}

void Pins::wish(std::size_t pin) {
    const Granted granted = grant_(pins_[pin].effect.effect);
    if (!granted.never.empty()) {
        for (std::size_t i = 0; i < pins_.size(); ++i) {
            if (pins_[i].effect == pins_[pin].effect) {
                states_[i].never = granted.never;
            }
        }
        if (over()) {
            post_once(now(), static_cast<std::uint32_t>(Kind::Over));
        }
    } else if (!granted.done) {
        post_once(now() + ask_again, static_cast<std::uint32_t>(Kind::Wish),
                  static_cast<std::uint32_t>(pin));
    }
}

void Pins::handle(const Event& event) {
    switch (static_cast<Kind>(event.kind)) {
        case Kind::Free: set_free(event.a); break;
        case Kind::Wish: wish(event.a); break;
        case Kind::Over:
            if (over_) {
                const std::function<void()> over = std::move(over_);
                over_ = nullptr;
                over();
            }
            break;
    }
}

bool Pins::over() const {
    return std::all_of(states_.begin(), states_.end(),
                       [](const State& state) { return state.reached || !state.never.empty(); });
}

std::string Pins::why_not(std::size_t index) const {
    const Pin& pin = pins_[index];
    const State& state = states_[index];
    const std::string effect = pin.effect.text();
    const std::string after = pin.after.text();
    if (!state.never.empty()) {
        return state.never;
    }
    if (state.too_early) {
        return fmt::format("{} happened before {}", effect, after);
    }
    if (!state.due && state.waits_since >= 0) {
        return fmt::format(
            "{} was held from {} on and never came to pass: what it waits for, {}, did not come "
            "while it stood still",
            effect, metrics::readable_time(state.waits_since), after);
    }
    if (!state.due) {
        return fmt::format("what {} waits for, {}, never came", effect, after);
    }
    return fmt::format("{} came at {}, and after it {} did not", after,
                       metrics::readable_time(state.due_at), effect);
}

std::vector<PinOutcome> Pins::outcomes() const {
    std::vector<PinOutcome> list;
    for (std::size_t i = 0; i < pins_.size(); ++i) {
        const State& state = states_[i];
        list.push_back(
            {pins_[i], state.reached, state.at, state.held, state.reached ? "" : why_not(i)});
    }
    return list;
}

}  // namespace lmsim::sim
