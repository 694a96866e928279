#include "tools/cli/scenario_options.hpp"

#include <fmt/format.h>

#include "sim/guest/fio/source.hpp"

namespace lmsim::cli {

namespace {

using sim::Diagnostic;
using sim::LoadedScenario;

/// CLI11 would take -1 for a very large number.
std::string check_seed(const std::string& text) {
    const bool is_number = !text.empty() && text.size() <= 19 &&
                           text.find_first_not_of("0123456789") == std::string::npos;
    if (is_number && std::stoull(text) <= static_cast<std::uint64_t>(INT64_MAX)) {
        return {};
    }
    return fmt::format("{} is no seed; expected a whole number, 0 to {}", text, INT64_MAX);
}

/// A mistake inside the file stands at its place there, one about the whole file at the scenario's.
Diagnostic diagnostic(const LoadedScenario& loaded, const std::string& path,
                      const sim::fio::InputError& error) {
    const auto where = error.where();
    if (where.line == 0) {
        return {loaded.where(path), path + ": " + error.what()};
    }
    const sim::Position inside{error.file(), "", where.line, where.column};
    std::string message = error.what();
    const std::string prefix = inside.text() + ": ";
    if (message.compare(0, prefix.size(), prefix) == 0) {
        message.erase(0, prefix.size());
    }
    return {inside, message};
}

/// The first mistake in the files of one workload, or nothing.
std::optional<Diagnostic> check_workload(const LoadedScenario& loaded, std::size_t index) {
    const sim::WorkloadParams& workload = loaded.scenario.workloads[index];
    const sim::DeviceParams& device = loaded.scenario.hosts.src.device;
    const sim::fio::Target target{device.capacity.count,
                                  static_cast<std::uint32_t>(device.block.count)};
    const bool is_job = !workload.fio.empty();
    try {
        if (is_job) {
            const sim::fio::JobFile file = sim::fio::load_job_file(workload.fio.path);
            sim::fio::make_sources(file, loaded.scenario.seed, "", target);
        } else {
            const sim::fio::IoLog log = sim::fio::load_iolog(workload.iolog.path);
            sim::fio::make_sources(log, {workload.depth, workload.loop}, target);
        }
    } catch (const sim::fio::InputError& error) {
        const std::string path = fmt::format("workload[{}].{}", index, is_job ? "fio" : "iolog");
        return diagnostic(loaded, path, error);
    }
    return std::nullopt;
}

}  // namespace

void add_scenario_options(CLI::App& verb, ScenarioOptions& options) {
    verb.add_option("SCENARIO", options.file, "the scenario file (TOML)")->required();
    verb.add_option("--set", options.set, "set one parameter, e.g. --set vm.ram=8GiB")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb.add_option("--seed", options.seed, "seed of all random streams")
        ->type_name("N")
        ->check(check_seed);
}

LoadedScenario load_and_check(const ScenarioOptions& options) {
    LoadedScenario loaded = sim::load_scenario(options.file, options.set, options.seed);
    const std::size_t workloads = loaded.ok() ? loaded.scenario.workloads.size() : 0;
    for (std::size_t i = 0; i < workloads && loaded.errors.size() < sim::Diagnostics::limit; ++i) {
        if (const auto error = check_workload(loaded, i)) {
            loaded.errors.push_back(*error);
        }
    }
    return loaded;
}

}  // namespace lmsim::cli
