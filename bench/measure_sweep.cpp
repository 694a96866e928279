#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bench/folder.hpp"
#include "bench/forked.hpp"
#include "bench/migration.hpp"
#include "bench/parts.hpp"
#include "bench/run_program.hpp"
#include "sim/core/zeroed.hpp"
#include "sim/fluid/estimate.hpp"

namespace lmsim::bench {

namespace {

constexpr const char* map = LMSIM_SOURCE_FOLDER "/scenarios/studies/downtime-map.toml";
constexpr const char* nothing = LMSIM_BENCH_FOLDER "/nothing.toml";

struct Spent {
    double wall_ms = 0;
    double cpu_ms = 0;
};

/// Some points of a study, with 2 jobs.
Spent sweep(const std::string& study, std::size_t first, std::size_t end,
            const std::vector<std::string>& set) {
    const Folder folder;
    std::vector<std::string> arguments{
        "sweep",  study, "--out",    folder.path + "/sweep",
        "--jobs", "2",   "--points", fmt::format("{}:{}", first, end)};
    for (const std::string& value : set) {
        arguments.insert(arguments.end(), {"--set", value});
    }
    const Ran ran = run_lmsim(arguments);
    return {ran.wall_ms, ran.cpu_ms};
}

/// What one point takes: as many from each of these places on, less one, so that all that is done
/// once does not count.
Spent per_point(const std::string& study, const std::vector<std::size_t>& places, std::size_t count,
                const std::vector<std::string>& set, int rounds) {
    std::vector<double> wall;
    std::vector<double> cpu;
    const auto points = static_cast<double>(places.size() * (count - 1));
    for (int round = 0; round < rounds; ++round) {
        Spent spent;
        for (const std::size_t place : places) {
            const Spent one = sweep(study, place, place + 1, set);
            const Spent all = sweep(study, place, place + count, set);
            spent.wall_ms += (all.wall_ms - one.wall_ms) / points;
            spent.cpu_ms += (all.cpu_ms - one.cpu_ms) / points;
        }
        wall.push_back(spent.wall_ms);
        cpu.push_back(spent.cpu_ms);
        fmt::print(stderr, "sweep: {:.4f} ms a point, {:.4f} ms of CPU\n", spent.wall_ms,
                   spent.cpu_ms);
    }
    return {median(wall), median(cpu)};
}

Row map_row(const std::string& fidelity, std::size_t count, Aim aim, int rounds) {
    const Spent spent =
        per_point(map, {0, 25'000, 50'000, 75'000}, count, {"run.fidelity=" + fidelity}, rounds);
    return {"downtime-map.toml, " + fidelity,
            60'000 / spent.wall_ms,
            "points/min",
            aim.floor,
            "limit",
            aim};
}

/// Of one of many runs in a process, as in a batch.
double hybrid_ms() {
    constexpr int times = 100;
    sim::ZeroedBlock::keep_blocks();
    double seconds = 0;
    for (int i = 0; i < times; ++i) {
        seconds += migrate(nothing, {"run.fidelity=hybrid"}, true).cpu_seconds;
    }
    return seconds * 1e3 / times;
}

/// CPU of a point of the study that does nothing, in ms, by itself.
double simulation_ms(bool fluid, int rounds) {
    std::vector<double> spent;
    for (int round = 0; round < rounds; ++round) {
        spent.push_back(in_child([&] {
            if (!fluid) {
                return hybrid_ms();
            }
            sim::LoadedScenario loaded = sim::load_scenario(nothing, {"run.fidelity=fluid"});
            LMSIM_ASSERT(loaded.ok());
            std::vector<sim::Diagnostic> errors;
            const sim::Workload workload = sim::load_workload(loaded, errors);
            const sim::Dialects dialects = sim::load_dialects(loaded);
            constexpr int times = 1000;
            std::uint64_t sum = 0;
            const double begin = cpu_seconds();
            for (int i = 0; i < times; ++i) {
                const sim::metrics::Result result =
                    sim::fluid_result(loaded.scenario, workload, dialects);
                sum += static_cast<std::uint64_t>(result.downtime.total);
            }
            LMSIM_ASSERT(sum != 0);
            return (cpu_seconds() - begin) * 1e3 / times;
        }));
    }
    return median(spent);
}

Row overhead_row(const std::string& fidelity, std::size_t count, const char* unit, double per_ms,
                 Aim aim, int rounds) {
    const Folder folder;
    const std::string study = folder.path + "/overhead.toml";
    std::ofstream(study) << fmt::format(
        "name = \"overhead\"\nscenario = \"{}\"\nseeds = {}\n[set]\nrun.fidelity = \"{}\"\n",
        nothing, count, fidelity);
    const double itself = simulation_ms(fidelity == "fluid", 3 * rounds);
    const double all = per_point(study, {0}, count, {}, rounds).cpu_ms;
    Row row = compared({"overhead of a point, " + fidelity, (all - itself) * per_ms, unit,
                        itself * per_ms, "the simulation itself", aim});
    row.less_is_better = true;
    return row;
}

}  // namespace

void measure_sweep(Rows& rows, bool quick) {
    const int rounds = quick ? 1 : 3;
    using Of = Aim::Of;
    if (std::filesystem::exists(map)) {
        rows.push_back(map_row("hybrid", quick ? 5 : 250, {Of::Value, 30'000, 100'000}, rounds));
        rows.push_back(map_row("fluid", quick ? 50 : 25'000, {Of::Value, 1e6, 10e6}, rounds));
    }
    rows.push_back(
        overhead_row("hybrid", quick ? 20 : 1000, "ms", 1, {Of::Value, 0.5, 0.2}, rounds));
    rows.push_back(
        overhead_row("fluid", quick ? 200 : 20'000, "us", 1e3, {Of::Value, 30, 10}, rounds));
}

}  // namespace lmsim::bench
