#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace lmsim::check {
struct Invariant;
}

namespace lmsim::explore {

/// One thing that can happen next. What the numbers mean is the System's: 24 bits, because the
/// search keeps the action that led to each state beside the state before it, in 8 bytes.
struct Action {
    std::uint8_t kind = 0;
    std::uint8_t a = 0;
    std::uint8_t b = 0;

    friend bool operator==(const Action& x, const Action& y) {
        return x.kind == y.kind && x.a == y.a && x.b == y.b;
    }
    friend bool operator!=(const Action& x, const Action& y) { return !(x == y); }
};

/// What an action did.
struct Outcome {
    const check::Invariant* broken = nullptr;  // the first invariant that fell, if any
};

/// Who tells whom what: a line of a sequence chart. Without `to` a note on `from`.
struct Arrow {
    std::string from;
    std::string to;
    std::string text;
};

/// The fair class of an action that need never happen: a fault, a wish of the user, a verdict that
/// is chosen freely.
constexpr unsigned unfair = 0;
/// Classes are 1 to fair_classes - 1.
constexpr unsigned fair_classes = 64;

/// A transition system for the search: states are `state_bytes()` bytes that memcpy may move and
/// memcmp may compare (no pointers, no undetermined padding). What an action does depends on the
/// state and the action alone. Each thread of the search makes a System of its own, so scratch
/// memory in it needs no locks; all of them must behave alike.
class System {
  public:
    virtual ~System() = default;

    /// Fixed for the life of the object; at most 32,767.
    virtual std::size_t state_bytes() const = 0;

    /// Are states made of 4-byte numbers that stand for what is kept elsewhere, and that threads
    /// give out as they come? Then how a state is kept depends on which of its numbers are the
    /// initial state's alone, so that sizes are the same in every run.
    virtual bool of_numbers() const { return false; }
    /// What is kept elsewhere, in bytes. Asked while no action is being done.
    virtual std::uint64_t bytes_elsewhere() const { return 0; }

    /// Writes the only initial state.
    virtual void initial(std::uint8_t* state) = 0;

    /// Writes what can happen in this state, in an order that depends on the state alone.
    /// Returns how many; more than `room` is a bug of the System (the search asserts).
    virtual std::size_t actions(const std::uint8_t* state, Action* out, std::size_t room) = 0;

    /// Does it, in place. The search copies the state before, and goes no further from a state in
    /// which an invariant fell.
    virtual Outcome apply(std::uint8_t* state, Action action) = 0;

    /// 64 bits of the canonical form: of two states with equal ones only the first is explored.
    /// The state itself is never permuted, so that a counterexample is a run that happens. The
    /// search mixes the bits once more; a state of at most 8 bytes may be its own fingerprint.
    virtual std::uint64_t fingerprint(const std::uint8_t* state) = 0;

    /// apply() and, unless an invariant fell, the fingerprint() of what came of it: for Systems
    /// that know one from the other.
    virtual Outcome follow(std::uint8_t* state, Action action, std::uint64_t& fingerprint);

    /// Is it right if from here only unfair actions are possible, or none? If not, it is a
    /// deadlock.
    virtual bool at_rest(const std::uint8_t* state) = 0;

    /// Liveness: in every run, however long, one of these is reached again and again.
    virtual bool good(const std::uint8_t* /*state*/) { return true; }

    /// Weak fairness by classes: if from some moment on an action of a class is always possible,
    /// one of this class is taken. `unfair` actions may be left out for ever.
    virtual unsigned fair_class(const std::uint8_t* /*state*/, Action /*action*/) { return 1; }

    /// For liveness: equal only for states with the same classes possible and taken from there on.
    /// Parts that are interchangeable but have a class each must be kept apart here.
    virtual std::uint64_t fair_fingerprint(const std::uint8_t* state) { return fingerprint(state); }

    /// The canonical form itself (`state_bytes()` bytes), for a search without fingerprints.
    virtual void canonical(const std::uint8_t* state, std::uint8_t* out);

    /// "destination VF 1: CQE posted": what the action does in this state, before it is done.
    virtual std::string describe(const std::uint8_t* state, Action action) = 0;

    /// The same as a line of a chart.
    virtual Arrow arrow(const std::uint8_t* state, Action action) {
        return {"model", "", describe(state, action)};
    }
};

/// Makes a System; called once for each thread.
using SystemFactory = std::function<std::unique_ptr<System>()>;

inline Outcome System::follow(std::uint8_t* state, Action action, std::uint64_t& value) {
    const Outcome outcome = apply(state, action);
    if (outcome.broken == nullptr) {
        value = fingerprint(state);
    }
    return outcome;
}

inline void System::canonical(const std::uint8_t* state, std::uint8_t* out) {
    for (std::size_t i = 0; i < state_bytes(); ++i) {
        out[i] = state[i];
    }
}

}  // namespace lmsim::explore
