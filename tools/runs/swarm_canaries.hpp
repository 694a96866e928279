#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/runs/swarm.hpp"

namespace lmsim::runs {

/// A planted defect, and the first seed that finds it.
struct Canary {
    std::string row;          // of the specification
    bool on = false;          // the row is switched on, else off
    std::uint64_t seeds = 0;  // one of so many has to fail
    std::string what;
    std::optional<SwarmRow> found;
};

struct Canaries {
    std::vector<Canary> all;

    bool all_found() const;
    std::string text() const;
    std::string json() const;
};

/// Runs a swarm for each of swarm_canaries.def until it fails, or its seeds are used up.
Canaries run_canaries(const SwarmEffort& effort, const SwarmWish& wish);

}  // namespace lmsim::runs
