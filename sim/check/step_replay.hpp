#pragma once

#include <cstdint>
#include <string>

#include "sim/core/result.hpp"
#include "sim/run/dialects.hpp"
#include "sim/scenario/scenario.hpp"

namespace lmsim::sim {

/// What came of replaying a steps.ndjson.
struct ReplayVerdict {
    std::uint64_t steps = 0;
    std::uint64_t states = 0;  // that hosts set up or changed themselves
    std::uint64_t line = 0;    // of the first step that went another way; 0: none did
    std::string logged;        // what stands there, from where they differ
    std::string replayed;      // what the model does instead

    bool ok() const { return line == 0; }
};

/// Gives every logged step() call to the model again, without time, and compares effects and
/// states: what the simulator did is what the model allows. `scenario` and `dialects` are those of
/// the run. Ends at the first difference. Refused, with file, line and column: what is no log of
/// steps.
sim::Result<ReplayVerdict> replay_steps(const std::string& path, const Scenario& scenario,
                                        const Dialects& dialects);

}  // namespace lmsim::sim
