#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/explore/search/delta.hpp"
#include "model/explore/search/frontier.hpp"
#include "model/explore/search/visited.hpp"
#include "model/explore/system.hpp"

namespace lmsim::explore {

/// States in memory, each at a multiple of 64 bytes: a System sees them as its struct.
class StateBuffers {
  public:
    StateBuffers(std::size_t bytes_each, std::size_t count)
        : lines_each_((bytes_each + sizeof(Line) - 1) / sizeof(Line)),
          lines_(lines_each_ * count) {}

    std::uint8_t* operator[](std::size_t i) { return lines_[i * lines_each_].bytes; }

  private:
    struct Line {
        alignas(64) std::uint8_t bytes[64] = {};
    };
    std::size_t lines_each_;
    std::vector<Line> lines_;
};

/// Byte strings one after the other.
struct Strings {
    std::vector<std::uint32_t> end;
    std::vector<std::uint8_t> bytes;

    /// Makes room for a string of at most `most` bytes; close() says how long it became.
    std::uint8_t* open(std::size_t most);
    void close(std::size_t length);
    void clear();
    const std::uint8_t* data(std::size_t i) const { return bytes.data() + begin(i); }
    std::uint32_t size(std::size_t i) const { return end[i] - begin(i); }

  private:
    std::uint32_t begin(std::size_t i) const { return i == 0 ? 0 : end[i - 1]; }
    std::size_t used() const { return end.empty() ? 0 : end.back(); }
};

/// What came out of a few states of the frontier: the states that may be new, in the order of
/// their parents and actions.
struct Slice {
    /// Where a new state comes from.
    struct Origin {
        StateId parent;
        Action action;
    };

    /// A state that must not be, as found while its slice was expanded.
    struct Broken {
        Origin origin;
        const check::Invariant* invariant;  // none: the parent is a deadlock
    };

    std::size_t first_page = 0;
    std::size_t pages = 0;

    std::vector<std::uint64_t> value;  // mixed fingerprints
    std::vector<Origin> origin;
    Strings state;                    // as differences to the initial one
    Strings form;                     // the same of the canonical form; only if states are compared
    std::vector<std::uint8_t> fresh;  // it is new, and the first of its kind
    std::vector<Broken> broken;
    std::uint64_t expanded = 0;
    std::uint64_t transitions = 0;

    std::uint64_t fresh_count = 0;
    StateId first_fresh = 0;
    std::vector<Page> fresh_pages;

    void clear();
};

/// One thread's part in expanding the frontier.
class Expander {
  public:
    /// More actions than this in one state are a bug of the System.
    static constexpr std::size_t most_actions = 1024;

    /// `visited` is looked up for what is known already; without it all states come out, with
    /// their canonical forms.
    Expander(std::unique_ptr<System> system, const Delta& delta, const VisitedSet* visited);

    /// Does every action of every state in the pages of the slice.
    void expand(const Layer& layer, Slice& slice);

  private:
    /// States whose place in the visited set is on its way from memory while others are made.
    static constexpr std::size_t under_way = 8;
    struct Pending {
        std::uint64_t value = 0;
        Slice::Origin origin;
    };

    void expand_state(StateId parent, Slice& slice);
    void judge_rest(StateId parent, std::size_t count, Slice& slice);
    void settle(std::size_t place, Slice& slice);
    void keep(std::size_t place, std::uint64_t value, Slice& slice);

    std::unique_ptr<System> system_;
    const Delta& delta_;
    const VisitedSet* const visited_;
    const std::size_t bytes_;
    StateBuffers parent_;
    StateBuffers child_;
    StateBuffers form_;
    std::array<Pending, under_way> pending_;
    std::vector<std::uint64_t> kept_;  // what this thread has kept, as far as it remembers
    std::uint64_t begun_ = 0;
    std::uint64_t settled_ = 0;
    std::vector<Action> actions_;
};

}  // namespace lmsim::explore
