#pragma once

#include <string>
#include <vector>

#include "tools/runs/swarm.hpp"

namespace lmsim::runs {

/// One run of the abort matrix: a cancel or a crash after a step of the migration.
struct AbortCase {
    std::string engine;
    std::string architecture;
    std::string what;   // "cancel", "source", "destination": whose VMM crashes
    std::string after;  // an effect by its name
    bool reached = false;
    SwarmRow row;
};

struct AbortMatrix {
    std::vector<AbortCase> all;
    bool interrupted = false;

    /// What was reached, and is not well.
    std::vector<const AbortCase*> failures() const;
    /// A page of documentation.
    std::string markdown() const;
    std::string json() const;
};

/// Each engine and architecture, a cancel and a crash on either side, after each step that happens;
/// of these at most so many, spread evenly (0: all).
AbortMatrix run_abort_matrix(unsigned jobs, const SwarmWish& wish, std::size_t most);

}  // namespace lmsim::runs
