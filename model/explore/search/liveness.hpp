#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "model/explore/search/search.hpp"

namespace lmsim::explore {

/// How far check_liveness() goes; `progress` returns false to end it.
struct LivenessOptions {
    std::uint64_t most_states = 1'000'000;
    std::uint64_t memory_bytes = std::uint64_t{4} << 30;
    std::function<bool(const SearchProgress&)> progress;
};

/// What check_liveness() found, and how much it looked at.
struct LivenessReport {
    std::uint64_t states = 0;  // by fair_fingerprint()
    std::uint64_t transitions = 0;
    std::uint64_t good_states = 0;
    Stop stop = Stop::None;
    std::optional<Violation> violation;  // none if the search ended early

    bool complete() const { return stop == Stop::None; }
};

/// Looks for a run without a good state from some moment on that is weakly fair: for each class,
/// either an action of it is taken again and again, or again and again none is possible. A run may
/// also end: where only unfair actions are possible, or none. Actions that break an invariant are
/// left out. Keeps the whole graph, on one thread: 8 bytes a transition and about 100 a state.
LivenessReport check_liveness(const SystemFactory& make, const LivenessOptions& options);

}  // namespace lmsim::explore
