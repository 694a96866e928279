#pragma once

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "model/assert.hpp"
#include "model/explore/system.hpp"
#include "model/explore/world/field_mask.hpp"

namespace lmsim::explore {

/// Where a small world writes what can happen.
template <class Kind>
struct SmallChoices {
    Action* out;
    std::size_t room;
    std::size_t count = 0;

    void add(Kind kind, std::size_t a = 0) {
        LMSIM_ASSERT(count < room);
        out[count++] = {static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(a), 0};
    }
};

/// A world of one mechanism: a Machine (a SmallMachine) works on a State, in place, and brings it
/// to its canonical form after each action. Actions have a Kind and a number.
template <class State, class Machine, class Kind>
class SmallWorld : public System {
  public:
    using Choices = SmallChoices<Kind>;

    template <class Config>
    SmallWorld(const Config& config, const spec::Rules& rules) : machine_(config, rules) {}

    std::size_t state_bytes() const final { return sizeof(State); }

    void initial(std::uint8_t* bytes) final {
        std::memset(bytes, 0, sizeof(State));
        machine_.set_up(*new (bytes) State);
        LMSIM_ASSERT(machine_.broken() == nullptr);
        fields_.clear_rest(bytes);
    }

    std::size_t actions(const std::uint8_t* bytes, Action* out, std::size_t room) final {
        Choices choices{out, room};
        list(at(bytes), choices);
        return choices.count;
    }

    Outcome apply(std::uint8_t* bytes, Action action) final {
        machine_.begin(*std::launder(reinterpret_cast<State*>(bytes)));
        perform(static_cast<Kind>(action.kind), action.a);
        machine_.end();
        fields_.clear_rest(bytes);
        return {machine_.broken()};
    }

    std::uint64_t fingerprint(const std::uint8_t* bytes) final {
        return hash_words(bytes, fields_.words);
    }

    bool at_rest(const std::uint8_t* bytes) final { return rests(at(bytes)); }
    bool good(const std::uint8_t* bytes) final { return rests(at(bytes)); }

    unsigned fair_class(const std::uint8_t* bytes, Action action) final {
        return fair_class_of(at(bytes), static_cast<Kind>(action.kind), action.a);
    }
    std::string describe(const std::uint8_t* bytes, Action action) final {
        return text(at(bytes), static_cast<Kind>(action.kind), action.a);
    }
    /// Who says it stands before the colon.
    Arrow arrow(const std::uint8_t* bytes, Action action) final {
        const std::string all = describe(bytes, action);
        const std::size_t colon = all.find(": ");
        Arrow arrow{all.substr(0, colon), "", all.substr(colon + 2)};
        direct(static_cast<Kind>(action.kind), arrow);
        return arrow;
    }

  protected:
    virtual void list(const State& state, Choices& choices) const = 0;
    virtual void perform(Kind kind, std::uint8_t a) = 0;
    virtual bool rests(const State& state) const = 0;
    virtual unsigned fair_class_of(const State& state, Kind kind, std::uint8_t a) const = 0;
    /// "VF: page 1 written".
    virtual std::string text(const State& state, Kind kind, std::uint8_t a) const = 0;
    /// To whom it goes; nobody, if a part does it alone.
    virtual void direct(Kind kind, Arrow& arrow) const = 0;

    Machine machine_;

  private:
    static const State& at(const std::uint8_t* bytes) {
        return *std::launder(reinterpret_cast<const State*>(bytes));
    }

    const FieldMask<State> fields_;
};

/// A figure of a configuration and where it has to lie.
struct SmallRange {
    const char* name;
    unsigned value;
    unsigned least;
    unsigned most;
};

/// What is wrong with the first figure that is out of its range; empty if none is.
template <std::size_t N>
std::string objection_to(const SmallRange (&ranges)[N]) {
    for (const SmallRange& range : ranges) {
        if (range.value < range.least || range.value > range.most) {
            return std::string(range.name) + " is " + std::to_string(range.value) + ", expected " +
                   std::to_string(range.least) + " to " + std::to_string(range.most);
        }
    }
    return "";
}

}  // namespace lmsim::explore
