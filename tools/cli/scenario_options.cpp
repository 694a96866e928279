#include "tools/cli/scenario_options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/core/text.hpp"
#include "sim/run/simulation.hpp"
#include "tools/cli/data_files.hpp"

namespace lmsim::cli {

namespace {

/// CLI11 would take -1 for a very large number.
std::string check_seed(const std::string& text) {
    const bool is_number = !text.empty() && text.size() <= 19 &&
                           text.find_first_not_of("0123456789") == std::string::npos;
    if (is_number && std::stoull(text) <= static_cast<std::uint64_t>(INT64_MAX)) {
        return {};
    }
    return fmt::format("{} is no seed; expected a whole number, 0 to {}", text, INT64_MAX);
}

}  // namespace

void add_scenario_options(CLI::App& verb, ScenarioOptions& options) {
    with_installed_data(
        *verb.add_option("SCENARIO", options.file, "the scenario file (TOML)")->required());
    add_scenario_settings(verb, options);
}

void add_scenario_settings(CLI::App& verb, ScenarioOptions& options) {
    verb.add_option("--set", options.set, "set one parameter, e.g. --set vm.ram=8GiB")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb.add_option("--seed", options.seed, "seed of all random streams")
        ->type_name("N")
        ->check(check_seed);
    verb.add_option("--profile", options.profile,
                    "the dialect that devices and drivers speak where the scenario names no other: "
                    "a name (`lmsim spec profiles`) or a file")
        ->type_name("NAME|FILE");
}

PreparedRun prepare(const ScenarioOptions& options) {
    std::vector<std::string> set = options.set;
    if (!options.profile.empty()) {
        set.push_back("profile=" + sim::toml_string(options.profile));
    }
    return prepare_loaded(sim::load_scenario(options.file, set, options.seed));
}

PreparedRun prepare_loaded(sim::LoadedScenario loaded) {
    PreparedRun run{std::move(loaded), {}, {}};
    if (!run.loaded.ok()) {
        return run;
    }
    run.workload = sim::load_workload(run.loaded, run.loaded.errors);
    run.dialects = sim::load_dialects(run.loaded);
    if (run.loaded.ok()) {
        const std::string text = sim::check_memory(run.loaded.scenario, run.workload);
        if (!text.empty()) {
            run.loaded.errors.push_back({run.loaded.where("vm.ram_used"), text});
        }
    }
    return run;
}

}  // namespace lmsim::cli
