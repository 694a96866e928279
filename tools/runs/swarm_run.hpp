#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tools/cli/scenario_options.hpp"
#include "tools/runs/swarm_draw.hpp"

namespace lmsim::runs {

/// What came of a class of faults in some runs.
struct SwarmCount {
    std::uint64_t injected = 0;
    std::uint64_t detected = 0;
    std::uint64_t survived = 0;
};

/// What came of one scenario.
struct SwarmRow {
    std::uint64_t seed = 0;
    unsigned attempt = 0;        // draws that were no scenario before this one
    std::int64_t simulated = 0;  // picoseconds
    std::uint64_t hash = 0;
    std::string outcome;
    std::string runs_on;  // "source", "destination", or "nowhere": the VM, in the end
    /// Empty: all is well. Else an invariant's id, "lost", "duplicated", "state", "pages", "media",
    /// "suspended", "liveness", "broken" (the process) or "refused" (nothing was simulated).
    std::string kind;
    std::string text;                          // the same in words
    std::map<std::string, SwarmCount> faults;  // by class

    bool well() const { return kind.empty(); }
};

/// Runs a scenario in a process of its own, which is ended if it does not end in a while. Of one
/// that is not sound the row says so.
SwarmRow run_alone(cli::PreparedRun& prepared);

/// The scenario that a text is, as if it were in scenarios/regress.
cli::PreparedRun prepare_swarm(const std::string& text, const SwarmWish& wish);

/// The first attempt of a seed that is a scenario.
struct SwarmDraw {
    SwarmScenario parts;
    std::string text;
    unsigned attempt = 0;
    cli::PreparedRun prepared;
};
SwarmDraw draw_sound(std::uint64_t seed, const SwarmWish& wish);
SwarmRow run_seed(std::uint64_t seed, const SwarmWish& wish);

std::string row_text(const SwarmRow& row);
SwarmRow read_row(std::string_view text);

}  // namespace lmsim::runs
