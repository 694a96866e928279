#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/run/dialects.hpp"
#include "sim/run/workload.hpp"
#include "sim/scenario/load.hpp"

// To include CLI11 takes seconds, of each file that runs scenarios too.
namespace CLI {
class App;
}

namespace lmsim::cli {

/// What every verb that reads a scenario takes: SCENARIO [--set PATH=VALUE]... [--seed N].
struct ScenarioOptions {
    std::string file;
    std::vector<std::string> set;
    std::optional<std::uint64_t> seed;
    std::string profile = {};  // empty: as the scenario says
};

void add_scenario_options(CLI::App& verb, ScenarioOptions& options);

/// The same without SCENARIO, for verbs that take it in another way.
void add_scenario_settings(CLI::App& verb, ScenarioOptions& options);

/// A scenario and what its guest does, ready to run; or what is wrong, in loaded.errors.
struct PreparedRun {
    sim::LoadedScenario loaded;
    sim::Workload workload;
    sim::Dialects dialects;
};

/// Reads the scenario and, if it is sound, its fio files and profiles, and checks that they fit
/// together.
PreparedRun prepare(const ScenarioOptions& options);
/// The same of one that was read already.
PreparedRun prepare_loaded(sim::LoadedScenario loaded);

}  // namespace lmsim::cli
