#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/load.hpp"

namespace lmsim::cli {

/// What every verb that reads a scenario takes: SCENARIO [--set PATH=VALUE]... [--seed N].
struct ScenarioOptions {
    std::string file;
    std::vector<std::string> set;
    std::optional<std::uint64_t> seed;
};

void add_scenario_options(CLI::App& verb, ScenarioOptions& options);

/// The scenario and, if it is sound, whether the guest's fio files are: reads them as a run would.
sim::LoadedScenario load_and_check(const ScenarioOptions& options);

}  // namespace lmsim::cli
