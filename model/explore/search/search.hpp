#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "model/explore/search/trail.hpp"
#include "model/explore/system.hpp"

namespace lmsim::explore {

/// Something that must not happen, and the shortest way to it.
struct Violation {
    enum class Kind : std::uint8_t {
        Invariant,  // the last step breaks `invariant`
        Deadlock,   // after the last step nothing that must happen can, and it is no state of rest
        Starvation  // `cycle` is fair and can go on for ever without a good state; empty: nothing
                    // more need happen, and the last state is not good
    };
    Kind kind = Kind::Invariant;
    const check::Invariant* invariant = nullptr;
    std::vector<Action> steps;  // from the initial state
    std::vector<Action> cycle;  // from there back to the same state
};

/// Why a search ended before everything was seen.
enum class Stop : std::uint8_t { None, Memory, States, Interrupted, Violation };

/// How far a search is: told now and then.
struct SearchProgress {
    std::uint64_t states = 0;
    std::uint64_t expanded = 0;  // of these, whose actions are all done
    std::uint64_t transitions = 0;
    std::uint64_t depth = 0;  // steps from the initial state to the layer that is being expanded
    std::uint64_t bytes = 0;
};

/// How far a search goes, and on how much of the machine.
struct SearchOptions {
    unsigned jobs = 1;
    std::uint64_t memory_bytes = std::uint64_t{4} << 30;
    std::uint64_t most_states = std::numeric_limits<std::uint64_t>::max();
    /// Compare whole states instead of fingerprints: nothing is ever left out.
    bool exact = false;
    /// Go on after a violation, and report the first one of each kind and invariant.
    bool all_violations = false;
    /// Called now and then between two pieces of work; false ends the search.
    std::function<bool(const SearchProgress&)> progress;
};

/// How a search ended, what it counted and what it found.
struct SearchReport {
    std::uint64_t states = 0;
    std::uint64_t expanded = 0;
    std::uint64_t transitions = 0;
    std::uint64_t depth = 0;  // steps from the initial state to the last new state
    Stop stop = Stop::None;
    std::uint64_t state_bytes = 0;  // in memory, as the System has them
    std::uint64_t known_bytes = 0;  // visited set and trail at the end
    std::uint64_t peak_bytes = 0;   // with the frontier
    double omission = 0;            // upper bound of the probability that a state was left out
    std::vector<Violation> violations;

    /// Every reachable state was expanded, but for those behind a violation.
    bool complete() const { return stop == Stop::None; }
    double bytes_per_state() const {
        return states == 0 ? 0 : static_cast<double>(known_bytes) / static_cast<double>(states);
    }
};

/// Visits every reachable state breadth-first, layer by layer. All figures and violations are the
/// same whatever the number of jobs, also of a search that ends early.
SearchReport search(const SystemFactory& make, const SearchOptions& options);

}  // namespace lmsim::explore
