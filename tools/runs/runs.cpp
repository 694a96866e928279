#include "tools/runs/runs.hpp"

#include <fmt/format.h>

#include "sim/core/own_process.hpp"
#include "sim/core/text.hpp"
#include "sim/fluid/estimate.hpp"
#include "sim/run/expectation.hpp"
#include "sim/run/simulation.hpp"
#include "tools/cli/interrupts.hpp"
#include "tools/runs/runs_watch.hpp"

namespace lmsim::runs {

namespace {

/// What a run's process answers: its exit code as a digit, then result.json or what is wrong.
std::string answer(cli::ExitCode code, const std::string& text) {
    return fmt::format("{}{}", static_cast<int>(code), text);
}

std::string run_here(const cli::ScenarioOptions& point) {
    cli::PreparedRun prepared = cli::prepare(point);
    const sim::LoadedScenario& loaded = prepared.loaded;
    if (!loaded.ok()) {
        std::string text = loaded.error_text();
        text.pop_back();
        return answer(cli::Usage, text);
    }
    const bool fluid = loaded.scenario.run.fidelity == sim::Fidelity::Fluid;
    sim::metrics::Result result =
        fluid ? sim::fluid_result(loaded.scenario, prepared.workload, prepared.dialects)
              : simulated(prepared);
    result.expectation = sim::judge(loaded.scenario.expect, result);
    return answer(verdict(result), sim::metrics::result_json(result));
}

Outcome outcome_of(const sim::OwnProcess& process) {
    Outcome outcome;
    if (!process.ended || process.returned.empty()) {
        outcome.code = cli::Bug;
        outcome.error = "the process of the run ended with " + process.how;
        if (!process.said.empty()) {
            outcome.error += ": " + sim::printable(process.said);
        }
        return outcome;
    }
    outcome.code = static_cast<cli::ExitCode>(process.returned.front() - '0');
    std::string text = process.returned.substr(1);
    if (outcome.code == cli::Usage) {
        outcome.error = std::move(text);
    } else {
        outcome.result = Json::parse(text);
    }
    return outcome;
}

}  // namespace

sim::metrics::Result simulated(cli::PreparedRun& prepared) {
    sim::RunOptions options;
    options.dialects = prepared.dialects;
    // Nobody listens, but telling is part of the trace hash: that of `lmsim run` comes out.
    options.progress = [](sim::Ps, std::string_view) {};
    options.alone = true;
    sim::Simulation simulation(prepared.loaded.scenario, prepared.workload, options);
    simulation.run();
    return simulation.result();
}

bool run_each(const std::vector<cli::ScenarioOptions>& points, const Effort& effort) {
    cli::catch_interrupts();
    sim::metrics::LiveLine line(effort.watch);
    RunsWatch watch(line, points.size(), effort);
    sim::OwnProcesses all;
    all.count = points.size();
    all.jobs = effort.jobs;
    all.work = [&points](std::size_t point) { return run_here(points[point]); };
    all.ended = [&](std::size_t point, const sim::OwnProcess& process) {
        Outcome outcome = outcome_of(process);
        watch.ended(outcome);
        effort.ended(point, std::move(outcome));
    };
    all.stop = [&] {
        watch.look();
        return cli::was_interrupted() || (effort.stop && effort.stop());
    };
    const bool whole = sim::in_own_processes(all);
    watch.end(!whole);
    return whole;
}

std::optional<std::vector<Outcome>> run_all(const std::vector<cli::ScenarioOptions>& points,
                                            unsigned jobs) {
    std::vector<Outcome> outcomes(points.size());
    const Effort effort{jobs, [&outcomes](std::size_t point, Outcome outcome) {
                            outcomes[point] = std::move(outcome);
                        }};
    if (!run_each(points, effort)) {
        return std::nullopt;
    }
    return outcomes;
}

cli::ExitCode verdict(const sim::metrics::Result& result) {
    if (result.partial) {
        return cli::Interrupted;
    }
    const bool well = result.expectation.met && result.conserved() && result.pins_reached();
    return well ? cli::Ok : cli::Failed;
}

}  // namespace lmsim::runs
