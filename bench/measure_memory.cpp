#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "bench/folder.hpp"
#include "bench/forked.hpp"
#include "bench/parts.hpp"
#include "bench/run_program.hpp"
#include "sim/run/simulation.hpp"

namespace lmsim::bench {

namespace {

using namespace sim;

constexpr Ps second = 1'000'000'000'000;
constexpr std::size_t points = 6;

double resident_mib() {
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576;
}

using Samples = std::array<double, points>;

/// Memory at equal steps of simulated time while the guest of the quickstart scenario works; the
/// migration comes after the last.
Samples sample(const LoadedScenario& loaded, Ps length) {
    std::vector<Diagnostic> errors;
    Workload workload = load_workload(loaded, errors);
    LMSIM_ASSERT(errors.empty());
    Samples samples{};
    RunOptions options;
    options.progress = [&](Ps now, std::string_view) {
        const auto step = static_cast<std::size_t>(now * static_cast<Ps>(points) / length);
        if (step >= 1 && step <= points && samples[step - 1] == 0) {
            samples[step - 1] = resident_mib();
        }
    };
    Simulation simulation(loaded.scenario, workload, options);
    simulation.run();
    return samples;
}

}  // namespace

void measure_memory(Rows& rows, bool quick) {
    const Folder folder;
    const Ran ran =
        run_lmsim({"run", LMSIM_BENCH_FOLDER "/sixteen.toml", "--out", folder.path + "/run"});
    Row row{"memory of lmsim run, exact, 16 VFs",
            ran.peak_mib * 1.048576,
            "MB",
            100,
            "limit",
            {Aim::Of::Value, 100, 30}};
    row.less_is_better = true;
    rows.push_back(std::move(row));
    const Ps length = (quick ? 1 : 30) * second;
    const LoadedScenario loaded =
        load_scenario(LMSIM_SOURCE_FOLDER "/scenarios/quickstart.toml",
                      {fmt::format("run.warm_up={}s", length / second + 1), "vm.dirty.rate=0/s"});
    LMSIM_ASSERT(loaded.ok());
    const Samples samples = in_child([&] { return sample(loaded, length); });
    for (std::size_t i = 0; i < points; ++i) {
        const double at = static_cast<double>(length / second) * static_cast<double>(i + 1) /
                          static_cast<double>(points);
        rows.push_back({fmt::format("resident memory after {:.3g} s", at), samples[i], "MiB",
                        samples[0], "the first sample"});
    }
}

}  // namespace lmsim::bench
