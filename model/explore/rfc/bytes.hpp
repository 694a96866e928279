#pragma once

#include <cstring>
#include <type_traits>

#include "model/assert.hpp"
#include "model/explore/system.hpp"

namespace lmsim::explore {

/// Where a ByteSystem writes what can happen.
class Actions {
  public:
    Actions(Action* out, std::size_t room) : out_(out), room_(room) {}
    template <class Kind>
    void add(Kind kind, std::uint8_t a = 0) {
        add(kind, a, 0);
    }
    template <class Kind, class B>
    void add(Kind kind, std::uint8_t a, B b) {
        LMSIM_ASSERT(count_ < room_);
        out_[count_++] = {static_cast<std::uint8_t>(kind), a, static_cast<std::uint8_t>(b)};
    }
    std::size_t count() const { return count_; }

  private:
    Action* out_;
    std::size_t room_;
    std::size_t count_ = 0;
};

/// A small System whose states are one struct of single bytes, without symmetry.
template <class State>
class ByteSystem : public System {
    static_assert(std::is_trivially_copyable_v<State> && alignof(State) == 1);

  public:
    std::size_t state_bytes() const override { return sizeof(State); }
    void initial(std::uint8_t* state) override { store(State{}, state); }
    std::size_t actions(const std::uint8_t* state, Action* out, std::size_t room) override {
        Actions list_of(out, room);
        list(load(state), list_of);
        return list_of.count();
    }
    Outcome apply(std::uint8_t* bytes, Action action) override {
        State state = load(bytes);
        const Outcome outcome{perform(state, action)};
        store(state, bytes);
        return outcome;
    }
    std::uint64_t fingerprint(const std::uint8_t* state) override {
        std::uint64_t hash = 14695981039346656037U;  // FNV-1a
        for (std::size_t i = 0; i < sizeof(State); ++i) {
            hash = (hash ^ state[i]) * 1099511628211U;
        }
        return hash;
    }

  protected:
    virtual void list(const State& state, Actions& out) = 0;
    virtual const check::Invariant* perform(State& state, Action action) = 0;

    static State load(const std::uint8_t* bytes) {
        State state;
        std::memcpy(&state, bytes, sizeof state);
        return state;
    }
    static void store(const State& state, std::uint8_t* bytes) {
        std::memcpy(bytes, &state, sizeof state);
    }
};

}  // namespace lmsim::explore
