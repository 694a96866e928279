#include "tools/cli/run_outputs.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "sim/metrics/report.hpp"
#include "sim/run/opaque_devices.hpp"

namespace lmsim::cli {

namespace {

/// Why this is no kind of trace; empty if it is one.
std::string check_kind(const std::string& kind) {
    const std::vector<std::string>& kinds = trace_kinds();
    if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) {
        return {};
    }
    const std::string near = sim::nearest(kind, kinds);
    return fmt::format("unknown kind of trace {}{}; expected some of {}", sim::in_quotes(kind),
                       near.empty() ? "" : ", did you mean \"" + near + "\"?", sim::joined(kinds));
}

/// A file of the run directory; without one, says why.
std::optional<sim::trace::OutputFile> open_file(Outputs& outputs, const std::string& name) {
    auto file = sim::trace::OutputFile::create(outputs.directory->file(name));
    if (!file) {
        outputs.error = file.error();
        return std::nullopt;
    }
    return std::move(file.value());
}

void open_traces(Outputs& outputs, const OutputOptions& options, const sim::Scenario& scenario) {
    if (!options.no_trace) {
        if (auto file = open_file(outputs, "trace.ndjson")) {
            sim::trace::TraceHeader header{version, scenario.name, scenario.seed};
            header.vms = scenario.vms.count;
            header.time_base = options.wall ? "wall" : "simulated";
            outputs.trace = std::make_unique<sim::trace::NdjsonWriter>(std::move(*file), header);
        }
    }
    const auto wanted = [&](const char* kind) {
        const auto& kinds = options.traces;
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

}  // namespace

Outputs open_outputs(const OutputOptions& options, const sim::Scenario& scenario) {
    Outputs outputs;
    if (options.out.empty()) {
        return outputs;
    }
    auto directory = sim::trace::RunDirectory::create(options.out);
    if (!directory) {
        outputs.error = directory.error();
        return outputs;
    }
    outputs.directory.emplace(std::move(directory.value()));
    open_traces(outputs, options, scenario);
    return outputs;
}

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

void print_result(const OutputOptions& options, const sim::metrics::Result& result) {
    fmt::print("{}", options.json ? sim::metrics::result_json(result)
                                  : sim::metrics::result_table(result));
}

const std::vector<std::string>& trace_kinds() {
    static const std::vector<std::string> kinds = {"pftrace", "vcd", "steps", "ports"};
    return kinds;
}

void add_output_options(CLI::App& verb, OutputOptions& options) {
    CLI::Option* out =
        verb.add_option("--out", options.out,
                        "write result.json, report.md, config.toml, trace.ndjson, state/ and "
                        "manifest.json into this new or empty directory")
            ->type_name("DIR");
    verb.add_option("--trace", options.traces,
                    "more traces into --out: pftrace (trace.pftrace, for ui.perfetto.dev), vcd "
                    "(waves.vcd, for GTKWave), steps (every step() of the model), ports (what "
                    "crosses the functions' ports)")
        ->delimiter(',')
        ->check(CLI::Validator(check_kind, "", "kind of trace"))
        ->needs(out)
        ->type_name("KIND,...");
    verb.add_flag("--no-trace", options.no_trace, "leave trace.ndjson out");
    verb.add_flag("--json", options.json, "print result.json instead of the table");
}

}  // namespace lmsim::cli
