#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/core/kernel.hpp"
#include "sim/pin/pin.hpp"

namespace lmsim::sim {

/// What became of a pin.
struct PinOutcome {
    Pin pin;
    bool reached = false;
    Ps at = 0;         // of the effect, if it is reached
    Ps held = 0;       // so long it waited
    std::string text;  // why not, if it is not reached
};

/// Keeps the order that a scenario's pins ask for. Components ask it before an effect that has a
/// name, if there are pins at all, and tell it afterwards.
class Pins : public Component {
  public:
    /// How a wish went: done, or not yet (ask again), or never, for this reason.
    struct Granted {
        bool done = true;
        std::string never;
    };
    using Again = std::function<void()>;

    Pins(sc_core::sc_module_name name, Kernel& kernel, const std::vector<Pin>& pins);

    /// Who fulfils wishes; he says happened() when the effect is there.
    void on_wish(std::function<Granted(const std::string& effect)> grant) {
        grant_ = std::move(grant);
    }
    /// Called once, when all pins are reached or can no more be.
    void on_over(std::function<void()> over) { over_ = std::move(over); }

    /// Told of every effect that counts.
    void on_effect(std::function<void(const Occurrence&)> told) { told_ = std::move(told); }

    /// From now on effects count.
    void begin();
    bool began() const { return began_; }

    /// Has the effect to wait? Then `again` is called when it no more has, and has to do what led
    /// here once more. An effect that is given as a name is the next of it.
    bool holds(const Occurrence& effect, Again again);
    bool holds(const std::string& effect, Again again);
    void happened(const Occurrence& effect);
    void happened(const std::string& effect) { happened(Occurrence{effect, ++counts_[effect]}); }
    /// Of an effect that takes no time: true if it has to wait, else it has happened.
    template <class Effect>
    bool stops(const Effect& effect, Again again) {
        const bool waits = holds(effect, std::move(again));
        if (!waits) {
            happened(effect);
        }
        return waits;
    }
    /// Is this the moment for a wish that somebody else has to fulfil on the way (a refusal)?
    bool is_due(const Occurrence& wish) const;

    /// Does anything wait?
    bool holding() const { return !held_.empty(); }
    bool over() const;
    /// In the order of the scenario.
    std::vector<PinOutcome> outcomes() const;

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t { Free, Wish, Over };
    struct State {
        bool due = false;   // what it waits for is there
        bool free = false;  // and the delay is over
        bool reached = false;
        bool too_early = false;
        Ps at = 0;
        Ps due_at = 0;
        Ps waits_since = -1;
        Ps held = 0;
        std::string never;
    };
    struct Held {
        Occurrence effect;
        Again again;
    };

    bool all_free(const Occurrence& effect) const;
    void set_free(std::size_t pin);
    void wish(std::size_t pin);
    std::string why_not(std::size_t pin) const;

    std::vector<Pin> pins_;
    std::vector<State> states_;
    std::vector<Held> held_;
    std::map<std::string, unsigned> counts_;  // of effects that are given as a name
    std::vector<Occurrence> released_;        // no more held, and about to happen
    std::function<Granted(const std::string&)> grant_;
    std::function<void()> over_;
    std::function<void(const Occurrence&)> told_;
    bool began_ = false;
};

}  // namespace lmsim::sim
