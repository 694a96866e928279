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

/// A scenario file, with --set, that has to complete.
inline Migration migrate(const std::string& file, const std::vector<std::string>& set) {
    const sim::LoadedScenario loaded = sim::load_scenario(file, set);
    LMSIM_ASSERT(loaded.ok());
    std::vector<sim::Diagnostic> errors;
    sim::Workload workload = sim::load_workload(loaded, errors);
    LMSIM_ASSERT(errors.empty());
    const double begin = cpu_seconds();
    sim::Simulation simulation(loaded.scenario, workload, {});
    simulation.run();
    Migration migration{0, simulation.result()};
    migration.cpu_seconds = cpu_seconds() - begin;
    LMSIM_ASSERT(migration.result.outcome == sim::Outcome::Completed);
    return migration;
}

}  // namespace lmsim::bench
