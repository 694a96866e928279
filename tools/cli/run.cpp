#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>

#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "sim/fluid/estimate.hpp"
#include "sim/fluid/hybrid.hpp"
#include "sim/metrics/media_section.hpp"
#include "sim/metrics/progress.hpp"
#include "sim/metrics/report.hpp"
#include "sim/run/expectation.hpp"
#include "sim/run/media_run.hpp"
#include "sim/run/opaque_devices.hpp"
#include "sim/run/simulation.hpp"
#include "sim/trace/ndjson.hpp"
#include "sim/trace/pftrace.hpp"
#include "sim/trace/run_directory.hpp"
#include "sim/trace/step_log.hpp"
#include "sim/trace/tee.hpp"
#include "sim/trace/vcd.hpp"
#include "tools/cli/scenario_options.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/runs/runs.hpp"

namespace lmsim::cli {

namespace {

struct Arguments {
    ScenarioOptions scenario;
    std::string out;
    std::vector<std::string> traces;
    bool no_trace = false;
    bool json = false;
    bool per_event = false;
    std::string fidelity;
    bool strict = false;
};

/// Why this is no kind of trace; empty if it is one.
std::string check_kind(const std::string& kind) {
    const std::vector<std::string> kinds = {"pftrace", "vcd", "steps", "ports"};
    if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) {
        return {};
    }
    const std::string near = sim::nearest(kind, kinds);
    return fmt::format("unknown kind of trace {}{}; expected some of {}", sim::in_quotes(kind),
                       near.empty() ? "" : ", did you mean \"" + near + "\"?", sim::joined(kinds));
}

void interrupt(int) { sim::Kernel::interrupted.store(true); }

/// Everything that the run writes while it goes on.
struct Outputs {
    std::optional<sim::trace::RunDirectory> directory;
    std::unique_ptr<sim::trace::NdjsonWriter> trace;
    std::unique_ptr<sim::trace::PftraceWriter> pftrace;
    std::unique_ptr<sim::trace::VcdWriter> vcd;
    std::unique_ptr<sim::trace::TeeSink> all;
    std::unique_ptr<sim::trace::StepLog> steps;
    std::unique_ptr<sim::PortRecording> ports;
    std::string error;
};

/// A file of the run directory; without one, says why.
std::optional<sim::trace::OutputFile> open_file(Outputs& outputs, const std::string& name) {
    auto file = sim::trace::OutputFile::create(outputs.directory->file(name));
    if (!file) {
        outputs.error = file.error();
        return std::nullopt;
    }
    return std::move(file.value());
}

/// What listens to the run: nobody, one writer, or all that there are.
sim::trace::TraceSink* sink_of(Outputs& outputs) {
    std::vector<sim::trace::TraceSink*> sinks;
    for (sim::trace::TraceSink* sink : std::initializer_list<sim::trace::TraceSink*>{
             outputs.trace.get(), outputs.pftrace.get(), outputs.vcd.get()}) {
        if (sink != nullptr) {
            sinks.push_back(sink);
        }
    }
    if (sinks.size() < 2) {
        return sinks.empty() ? nullptr : sinks.front();
    }
    outputs.all = std::make_unique<sim::trace::TeeSink>(sinks);
    return outputs.all.get();
}

void open_traces(Outputs& outputs, const Arguments& arguments, const sim::Scenario& scenario) {
    if (!arguments.no_trace) {
        if (auto file = open_file(outputs, "trace.ndjson")) {
            sim::trace::TraceHeader header{version, scenario.name, scenario.seed};
            header.vms = scenario.vms.count;
            outputs.trace = std::make_unique<sim::trace::NdjsonWriter>(std::move(*file), header);
        }
    }
    const auto wanted = [&](const char* kind) {
        const auto& kinds = arguments.traces;
        return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
    };
    if (wanted("pftrace")) {
        if (auto file = open_file(outputs, "trace.pftrace")) {
            outputs.pftrace = std::make_unique<sim::trace::PftraceWriter>(
                std::move(*file), sim::device_names(scenario));
        }
    }
    if (wanted("vcd")) {
        auto file = open_file(outputs, "waves.vcd");
        auto changes = open_file(outputs, "waves.changes");
        if (file && changes) {
            outputs.vcd = std::make_unique<sim::trace::VcdWriter>(
                std::move(*file), std::move(*changes), scenario.name, sim::device_names(scenario));
        }
    }
    if (wanted("steps")) {
        if (auto file = open_file(outputs, "steps.ndjson")) {
            outputs.steps = std::make_unique<sim::trace::StepLog>(std::move(*file));
        }
    }
    if (wanted("ports")) {
        if (auto file = open_file(outputs, "ports.ndjson")) {
            outputs.ports = std::make_unique<sim::PortRecording>(std::move(*file));
        }
    }
}

Outputs open_outputs(const Arguments& arguments, const sim::Scenario& scenario) {
    Outputs outputs;
    if (arguments.out.empty()) {
        return outputs;
    }
    auto directory = sim::trace::RunDirectory::create(arguments.out);
    if (!directory) {
        outputs.error = directory.error();
        return outputs;
    }
    outputs.directory.emplace(std::move(directory.value()));
    open_traces(outputs, arguments, scenario);
    return outputs;
}

std::string finish_outputs(Outputs& outputs, const sim::Simulation& simulation,
                           const sim::metrics::Result& result, const sim::LoadedScenario& loaded) {
    if (!outputs.directory) {
        return {};
    }
    const auto close = [](auto& writer) {
        if (writer) {
            writer->close();
        }
        return writer ? writer->error() : std::string();
    };
    for (const std::string& error :
         {close(outputs.trace), close(outputs.pftrace), close(outputs.vcd), close(outputs.steps),
          close(outputs.ports)}) {
        if (!error.empty()) {
            return error;
        }
    }
    sim::trace::RunFiles files{result, sim::effective_toml(loaded), {}};
    const auto states = simulation.states();
    for (std::size_t vf = 0; vf < states.size(); ++vf) {
        if (!states[vf].empty()) {
            files.states.push_back({static_cast<sim::metrics::Device>(vf),
                                    std::string(states[vf].begin(), states[vf].end())});
        }
    }
    return outputs.directory->finish(files);
}

void print(const Arguments& arguments, const sim::metrics::Result& result) {
    fmt::print("{}", arguments.json ? sim::metrics::result_json(result)
                                    : sim::metrics::result_table(result));
}

/// Closed forms need no run; there is nothing to trace.
int run_fluid(const Arguments& arguments, const PreparedRun& prepared) {
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
    Arguments without = arguments;
    without.no_trace = true;
    Outputs outputs = open_outputs(without, loaded.scenario);
    if (outputs.error.empty() && outputs.directory) {
        outputs.error = outputs.directory->finish({result, sim::effective_toml(loaded), {}});
    }
    if (!outputs.error.empty()) {
        fmt::print(stderr, "--out: {}\n", outputs.error);
        return Usage;
    }
    print(arguments, result);
    return runs::verdict(result);
}

/// Hybrid time is wanted and cannot treat the scenario: false if that is refused.
bool accepts_exact(const Arguments& arguments, const PreparedRun& prepared) {
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
bool accepts_traces(const Arguments& arguments, const sim::LoadedScenario& loaded) {
    const auto& kinds = arguments.traces;
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

int run(Arguments arguments) {
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
    Outputs outputs = open_outputs(arguments, loaded.scenario);
    if (!outputs.error.empty()) {
        fmt::print(stderr, "--out: {}\n", outputs.error);
        return Usage;
    }
    if (!arguments.json) {
        tell_forecast(prepared);
    }
    std::signal(SIGINT, interrupt);
    std::signal(SIGTERM, interrupt);
    sim::metrics::Progress progress;
    sim::RunOptions options;
    options.stride = arguments.per_event ? sim::Stride::Event : sim::Stride::Horizon;
    options.dialects = prepared.dialects;
    options.sink = sink_of(outputs);
    options.steps = outputs.steps.get();
    options.ports = outputs.ports.get();
    options.progress = [&progress](sim::Ps now, std::string_view phase) {
        progress.show(now, phase);
    };
    sim::Simulation simulation(loaded.scenario, prepared.workload, options);
    simulation.run();
    progress.clear();
    sim::metrics::Result result = simulation.result();
    result.expectation = sim::judge(loaded.scenario.expect, result);
    const std::string error = finish_outputs(outputs, simulation, result, loaded);
    if (!error.empty()) {
        fmt::print(stderr, "{}\n", error);
        return Environment;
    }
    print(arguments, result);
    return runs::verdict(result);
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* verb = app.add_subcommand("run", "Simulate one migration and say where time goes");
    add_scenario_options(*verb, arguments->scenario);
    CLI::Option* out =
        verb->add_option("--out", arguments->out,
                         "write result.json, report.md, config.toml, trace.ndjson, state/ and "
                         "manifest.json into this new or empty directory")
            ->type_name("DIR");
    verb->add_option("--trace", arguments->traces,
                     "more traces into --out: pftrace (trace.pftrace, for ui.perfetto.dev), vcd "
                     "(waves.vcd, for GTKWave), steps (every step() of the model), ports (what "
                     "crosses the functions' ports)")
        ->delimiter(',')
        ->check(CLI::Validator(check_kind, "", "kind of trace"))
        ->needs(out)
        ->type_name("KIND,...");
    verb->add_flag("--no-trace", arguments->no_trace, "leave trace.ndjson out");
    verb->add_flag("--json", arguments->json, "print result.json instead of the table");
    verb->add_option("--fidelity", arguments->fidelity,
                     "how exactly time is simulated (run.fidelity): exact, hybrid or fluid")
        ->type_name("NAME");
    verb->add_flag(
        "--strict", arguments->strict,
        "refuse a scenario that hybrid or fluid time cannot treat, instead of simulating "
        "it exactly or leaving something out");
    verb->add_flag("--per-event", arguments->per_event,
                   "one activation of the SystemC kernel per event: slow, and must give the same "
                   "trace hash");
    verb->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace lmsim::cli
