#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/bridge/record_port.hpp"
#include "sim/metrics/result.hpp"
#include "sim/run/simulation.hpp"
#include "sim/scenario/load.hpp"
#include "sim/trace/ndjson.hpp"
#include "sim/trace/pftrace.hpp"
#include "sim/trace/run_directory.hpp"
#include "sim/trace/step_log.hpp"
#include "sim/trace/tee.hpp"
#include "sim/trace/vcd.hpp"

namespace CLI {
class App;
}

namespace lmsim::cli {

/// Where a run goes: the options of every verb that runs a scenario once.
struct OutputOptions {
    std::string out;
    std::vector<std::string> traces;
    bool no_trace = false;
    bool json = false;
    bool wall = false;  // its time is the clock's
};

/// What --trace takes.
const std::vector<std::string>& trace_kinds();

/// Adds --out, --trace, --no-trace and --json.
void add_output_options(CLI::App& verb, OutputOptions& options);

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

/// Its error says what cannot be written.
Outputs open_outputs(const OutputOptions& options, const sim::Scenario& scenario);
/// What listens to the run: nobody (nullptr), one writer, or all that there are.
sim::trace::TraceSink* sink_of(Outputs& outputs);
/// After the run: an error in words, or nothing.
std::string finish_outputs(Outputs& outputs, const sim::Simulation& simulation,
                           const sim::metrics::Result& result, const sim::LoadedScenario& loaded);
/// The table, or result.json.
void print_result(const OutputOptions& options, const sim::metrics::Result& result);

}  // namespace lmsim::cli
