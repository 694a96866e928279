#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/runs/swarm_run.hpp"

namespace lmsim::runs {

/// Which seeds, how many at once, and for how long.
struct SwarmEffort {
    std::uint64_t first = 1;
    std::uint64_t seeds = 1000;
    unsigned jobs = 1;
    double seconds = 0;     // of the wall clock; no more begin after it. 0: without limit
    bool watch = false;     // say how far it is, also where there is no terminal
    std::size_t until = 0;  // end after so many failures; 0: none
};

/// What came of a swarm.
struct Swarm {
    std::uint64_t first = 1;
    std::uint64_t wanted = 0;
    std::uint64_t done = 0;
    bool interrupted = false;
    std::int64_t simulated_ms = 0;
    std::uint64_t hash = 0;  // of all traces, whatever their order
    std::map<std::string, std::uint64_t> outcomes;
    std::map<std::string, SwarmCount> faults;
    std::vector<SwarmRow> failures;  // in the order of their seeds
};

/// Each seed in a process of its own. Call it before any thread exists.
Swarm run_swarm(const SwarmEffort& effort, const SwarmWish& wish);

std::string swarm_text(const Swarm& swarm, const SwarmWish& wish);
std::string swarm_json(const Swarm& swarm, const SwarmWish& wish);
/// The command that does a seed again.
std::string again(std::uint64_t seed, const SwarmWish& wish);

}  // namespace lmsim::runs
