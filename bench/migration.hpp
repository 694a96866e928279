#pragma once

#include <string>
#include <vector>

#include "bench/clock.hpp"
#include "sim/run/simulation.hpp"

namespace lmsim::bench {

struct Migration {
    double cpu_seconds = 0;  // without the reading of files
    sim::metrics::Result result;
};

/// A scenario file, with --set, that has to complete. `alone`: others may follow in this process.
inline Migration migrate(const std::string& file, const std::vector<std::string>& set,
                         bool alone = false) {
    const sim::LoadedScenario loaded = sim::load_scenario(file, set);
    LMSIM_ASSERT(loaded.ok());
    std::vector<sim::Diagnostic> errors;
    sim::Workload workload = sim::load_workload(loaded, errors);
    LMSIM_ASSERT(errors.empty());
    const double begin = cpu_seconds();
    sim::RunOptions options;
    options.alone = alone;
    sim::Simulation simulation(loaded.scenario, workload, options);
    simulation.run();
    Migration migration{0, simulation.result()};
    migration.cpu_seconds = cpu_seconds() - begin;
    LMSIM_ASSERT(migration.result.outcome == sim::Outcome::Completed);
    return migration;
}

}  // namespace lmsim::bench
