// The simulator: a scenario's file in, its downtime out. SystemC has one kernel per process, and so
// a process simulates once.
#include <fmt/format.h>
#include <systemc>

#include "sim/core/version.hpp"
#include "sim/run/simulation.hpp"
#include "sim/run/workload.hpp"
#include "sim/scenario/load.hpp"

int sc_main(int argc, char** argv) {
    using namespace lmsim;
    if (argc != 2) {
        fmt::print(stderr, "usage: downtime SCENARIO\n");
        return 2;
    }
    sim::LoadedScenario loaded = sim::load_scenario(argv[1]);
    sim::Workload workload;
    sim::RunOptions options;
    // To be told of progress is an event of the run: as under `lmsim run`, so that the hash is too.
    options.progress = [](sim::Ps /*now*/, std::string_view /*phase*/) {};
    if (loaded.ok()) {
        workload = sim::load_workload(loaded, loaded.errors);
        options.dialects = sim::load_dialects(loaded);
    }
    if (!loaded.ok()) {
        fmt::print(stderr, "{}", loaded.error_text());
        return 2;
    }
    sim::Simulation simulation(loaded.scenario, workload, options);
    simulation.run();
    const sim::metrics::Result result = simulation.result();
    fmt::print("lmsim {}: {} us of downtime, trace hash {:#018x}\n", version,
               result.downtime.total / 1'000'000, result.trace_hash);
    return 0;
}
