#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/metrics/result.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/scenario_options.hpp"

namespace lmsim::runs {

using Json = nlohmann::ordered_json;

/// What came of one run.
struct Outcome {
    /// Ok; Failed: not as expected, or an invariant fell; Usage: the scenario is wrong; Bug: the
    /// process of the run broke down.
    cli::ExitCode code = cli::Ok;
    std::string error;  // why there is no result, without a line's end; empty if there is one
    Json result;        // result.json

    bool ok() const { return error.empty(); }
};

/// How many runs of a study have come to which end.
struct Tally {
    std::size_t well = 0;
    std::size_t unexpected = 0;  // they ended, but not as expected
    std::size_t errors = 0;      // there is no result

    std::size_t all() const { return well + unexpected + errors; }
};

/// How many at once, and who hears of each as soon as it has ended (in any order).
struct Effort {
    unsigned jobs = 1;
    std::function<void(std::size_t point, Outcome outcome)> ended;
    std::function<bool()> stop = {};  // asked now and then: true is as good as an interrupt
    bool watch = false;               // say how far it is, also where there is no terminal
    Tally before = {};                // runs that count as well, and have ended before
};

/// Runs each of these in a process of its own: SystemC has one kernel per process, and what breaks
/// one run leaves the others alone. False if the user has interrupted it; runs that were under way
/// are then ended, and nobody hears of them. Call it before any thread exists.
bool run_each(const std::vector<cli::ScenarioOptions>& points, const Effort& effort);

/// The same, with all outcomes in the order of the points whatever `jobs` is; nothing if it was
/// interrupted (exit code 130).
std::optional<std::vector<Outcome>> run_all(const std::vector<cli::ScenarioOptions>& points,
                                            unsigned jobs);

/// A run in this process; its hash is that of `lmsim run`. SystemC's kernel is not started, so
/// others may follow.
sim::metrics::Result simulated(cli::PreparedRun& prepared);

/// The exit code that a finished run deserves: did all come as it should?
cli::ExitCode verdict(const sim::metrics::Result& result);

}  // namespace lmsim::runs
