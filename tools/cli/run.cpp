#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <memory>

#include "sim/fluid/estimate.hpp"
#include "sim/fluid/hybrid.hpp"
#include "sim/metrics/live_line.hpp"
#include "sim/metrics/media_section.hpp"
#include "sim/run/expectation.hpp"
#include "sim/run/media_run.hpp"
#include "sim/run/run_watch.hpp"
#include "sim/run/simulation.hpp"
#include "tools/cli/run_outputs.hpp"
#include "tools/cli/scenario_options.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/cli/watch.hpp"
#include "tools/runs/runs.hpp"

namespace lmsim::cli {

namespace {

struct RunArguments {
    ScenarioOptions scenario;
    OutputOptions output;
    bool per_event = false;
    std::string fidelity;
    bool strict = false;
    bool watch = false;
};

void interrupt(int) { sim::Kernel::interrupted.store(true); }

/// Closed forms need no run; there is nothing to trace.
int run_fluid(const RunArguments& arguments, const PreparedRun& prepared) {
    const sim::LoadedScenario& loaded = prepared.loaded;
    sim::metrics::Result result =
        sim::fluid_result(loaded.scenario, prepared.workload, prepared.dialects);
    if (!result.hybrid.note.empty()) {
        fmt::print(stderr, "{}: run.fidelity = \"fluid\" leaves out what counts here: {}\n",
                   loaded.where("run.fidelity").text(), result.hybrid.note);
        if (arguments.strict) {
            return Usage;
        }
    }
    result.expectation = sim::judge(loaded.scenario.expect, result);
    OutputOptions without = arguments.output;
    without.no_trace = true;
    Outputs outputs = open_outputs(without, loaded.scenario);
    if (outputs.error.empty() && outputs.directory) {
        outputs.error = outputs.directory->finish({result, sim::effective_toml(loaded), {}});
    }
    if (!outputs.error.empty()) {
        fmt::print(stderr, "--out: {}\n", outputs.error);
        return Usage;
    }
    print_result(arguments.output, result);
    return runs::verdict(result);
}

/// Hybrid time is wanted and cannot treat the scenario: false if that is refused.
bool accepts_exact(const RunArguments& arguments, const PreparedRun& prepared) {
    const sim::Scenario& scenario = prepared.loaded.scenario;
    const bool hybrid = scenario.run.fidelity == sim::Fidelity::Hybrid;
    // A copy of the media goes by rates of its own.
    const bool media = hybrid && sim::why_media_exact(scenario, prepared.workload).empty();
    const std::string why =
        hybrid && !media ? sim::why_exact(scenario, prepared.workload) : std::string();
    if (!why.empty()) {
        fmt::print(stderr,
                   "{}: run.fidelity = \"hybrid\" cannot treat this scenario, because {}; {}\n",
                   prepared.loaded.where("run.fidelity").text(), why,
                   arguments.strict ? "expected exact (or leave --strict out)"
                                    : "it is simulated exactly");
    }
    return why.empty() || !arguments.strict;
}

/// A log of steps is about one VM: false if it is refused.
bool accepts_traces(const RunArguments& arguments, const sim::LoadedScenario& loaded) {
    const auto& kinds = arguments.output.traces;
    const bool steps = std::find(kinds.begin(), kinds.end(), "steps") != kinds.end();
    const bool refused = steps && loaded.scenario.vms.count > 1;
    if (refused) {
        fmt::print(stderr,
                   "--trace steps: {}: vms.count = {}, and a log of steps is about one VM; "
                   "expected another trace, or vms.count = 1\n",
                   loaded.where("vms.count").text(), loaded.scenario.vms.count);
    }
    return !refused;
}

/// Before it begins: will a copy of the media end? The table has it once more.
void tell_forecast(const PreparedRun& prepared) {
    if (prepared.loaded.scenario.media_copy.mode != sim::MediaCopyMode::None) {
        fmt::print(stderr, "{}\n",
                   sim::metrics::media_forecast_text(
                       sim::forecast_media(prepared.loaded.scenario, prepared.workload)));
    }
}

int run(RunArguments arguments) {
    if (!arguments.fidelity.empty()) {
        arguments.scenario.set.push_back("run.fidelity=" + arguments.fidelity);
    }
    PreparedRun prepared = prepare(arguments.scenario);
    const sim::LoadedScenario& loaded = prepared.loaded;
    if (!loaded.ok()) {
        fmt::print(stderr, "{}", loaded.error_text());
        return Usage;
    }
    if (loaded.scenario.run.fidelity == sim::Fidelity::Fluid) {
        return run_fluid(arguments, prepared);
    }
    if (!accepts_exact(arguments, prepared) || !accepts_traces(arguments, loaded)) {
        return Usage;
    }
    Outputs outputs = open_outputs(arguments.output, loaded.scenario);
    if (!outputs.error.empty()) {
        fmt::print(stderr, "--out: {}\n", outputs.error);
        return Usage;
    }
    if (!arguments.output.json) {
        tell_forecast(prepared);
    }
    std::signal(SIGINT, interrupt);
    std::signal(SIGTERM, interrupt);
    sim::metrics::LiveLine line(arguments.watch);
    sim::RunWatch watch(line, [&prepared] {
        return sim::forecast_run(prepared.loaded.scenario, prepared.workload, prepared.dialects);
    });
    const sim::Simulation* running = nullptr;
    sim::RunOptions options;
    options.stride = arguments.per_event ? sim::Stride::Event : sim::Stride::Horizon;
    options.dialects = prepared.dialects;
    options.sink = sink_of(outputs);
    options.steps = outputs.steps.get();
    options.ports = outputs.ports.get();
    options.progress = [&](sim::Ps, std::string_view) {
        watch.look([running] { return running->standing(); });
    };
    sim::Simulation simulation(loaded.scenario, prepared.workload, options);
    running = &simulation;
    simulation.run();
    sim::metrics::Result result = simulation.result();
    watch.end(simulation.standing(), result.partial);
    result.expectation = sim::judge(loaded.scenario.expect, result);
    const std::string error = finish_outputs(outputs, simulation, result, loaded);
    if (!error.empty()) {
        fmt::print(stderr, "{}\n", error);
        return Environment;
    }
    print_result(arguments.output, result);
    return runs::verdict(result);
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<RunArguments>();
    CLI::App* verb = app.add_subcommand("run", "Simulate one migration and say where time goes");
    add_scenario_options(*verb, arguments->scenario);
    add_output_options(*verb, arguments->output);
    verb->add_option("--fidelity", arguments->fidelity,
                     "how exactly time is simulated (run.fidelity): exact, hybrid or fluid")
        ->type_name("FIDELITY");
    verb->add_flag(
        "--strict", arguments->strict,
        "refuse a scenario that hybrid or fluid time cannot treat, instead of simulating "
        "it exactly or leaving something out");
    verb->add_flag("--per-event", arguments->per_event,
                   "one activation of the SystemC kernel per event: slow, and must give the same "
                   "trace hash");
    add_watch_option(*verb, arguments->watch);
    verb->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace lmsim::cli
