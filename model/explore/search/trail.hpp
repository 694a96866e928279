#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/assert.hpp"
#include "model/explore/system.hpp"

namespace lmsim::explore {

/// A state's number: the order in which it was found, whatever the number of threads.
using StateId = std::uint64_t;

/// For each state the one it was found from and by which action: 8 bytes, 40 bits and 24 bits.
/// In blocks, so that growing neither copies nor holds twice the memory.
class Trail {
  public:
    static constexpr StateId most = StateId{1} << 40;

    StateId size() const { return size_; }
    std::uint64_t bytes() const { return blocks_.size() * block * sizeof(std::uint64_t); }

    /// Makes room for `count` more; different threads may set different ones afterwards.
    void extend(std::uint64_t count) {
        size_ += count;
        LMSIM_ASSERT(size_ <= most);
        while (blocks_.size() * block < size_) {
            blocks_.emplace_back(new std::uint64_t[block]);
        }
    }
    void set(StateId state, StateId parent, Action action) {
        at(state) = parent << 24 | static_cast<std::uint64_t>(action.kind) << 16 |
                    static_cast<std::uint64_t>(action.a) << 8 | action.b;
    }
    StateId parent(StateId state) const { return at(state) >> 24; }
    Action action(StateId state) const {
        const std::uint64_t word = at(state);
        return {static_cast<std::uint8_t>(word >> 16), static_cast<std::uint8_t>(word >> 8),
                static_cast<std::uint8_t>(word)};
    }

    /// The actions from the initial state, which is number 0, to this one.
    std::vector<Action> path(StateId state) const {
        std::vector<Action> reversed;
        for (; state != 0; state = parent(state)) {
            reversed.push_back(action(state));
        }
        return {reversed.rbegin(), reversed.rend()};
    }

  private:
    static constexpr std::uint64_t block = 1u << 12;

    std::uint64_t& at(StateId state) const { return blocks_[state / block][state % block]; }

    std::vector<std::unique_ptr<std::uint64_t[]>> blocks_;
    StateId size_ = 0;
};

}  // namespace lmsim::explore
