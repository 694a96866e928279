#include "tools/runs/swarm_run.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "sim/core/own_process.hpp"
#include "sim/core/text.hpp"
#include "sim/run/simulation.hpp"

namespace lmsim::runs {

namespace {

using RowJson = nlohmann::json;
using sim::metrics::Result;

constexpr unsigned most_attempts = 40;
constexpr rlim_t patience_s = 60;  // of the CPU: a run takes some 10 ms

void note_failure(SwarmRow& row, const char* kind, const std::string& text) {
    if (row.kind.empty()) {
        row.kind = kind;
        row.text = text;
    }
}

/// The first thing that is wrong, the most telling one first.
void judge_run(const Result& result, SwarmRow& row) {
    if (!result.breaches.empty()) {
        const auto& first = result.breaches.front();
        note_failure(row, first.id.c_str(),
                     fmt::format("{} at {} ps: {}", first.text, first.at, first.seen));
    }
    const auto& kept = result.conservation;
    const std::pair<std::uint64_t, const char*> counts[] = {
        {result.commands.lost, "lost"}, {result.commands.duplicated, "duplicated"},
        {kept.state_mismatch, "state"}, {kept.page_mismatch, "pages"},
        {kept.media_mismatch, "media"}, {kept.suspended_activity, "suspended"}};
    for (const auto& [count, kind] : counts) {
        if (count != 0) {
            note_failure(row, kind, fmt::format("{}: {}", kind, count));
        }
    }
    if (result.outcome == sim::Outcome::NotConverged) {
        note_failure(row, "liveness", result.reason);
    }
    if (result.reason.rfind("a driver could not bring up", 0) == 0) {
        note_failure(row, "boot", result.reason);
    }
}

/// Why the migration never began is no outcome of a fault.
const char* outcome_word(const Result& result) {
    return result.reason.rfind("the migration did not begin", 0) == 0
               ? "not begun"
               : sim::EnumNames<sim::Outcome>::names[static_cast<std::size_t>(result.outcome)];
}

/// In this process, which can run no second one.
SwarmRow simulate_drawn(cli::PreparedRun& prepared) {
    SwarmRow row;
    sim::RunOptions options;
    options.dialects = prepared.dialects;
    // Nobody listens, but telling is part of the trace hash: that of `lmsim run` comes out.
    options.progress = [](sim::Ps, std::string_view) {};
    sim::Simulation simulation(prepared.loaded.scenario, prepared.workload, options);
    simulation.run();
    const Result result = simulation.result();
    row.simulated = simulation.now();
    row.hash = result.trace_hash;
    row.outcome = outcome_word(result);
    const auto owner = simulation.runs_on();
    row.outcome = owner ? row.outcome : "VM ended";
    row.runs_on = !owner ? "nowhere" : *owner == sim::VmmSide::Source ? "source" : "destination";
    judge_run(result, row);
    for (const auto& fault : result.faults) {
        SwarmCount& count = row.faults[fault.what];
        count.injected += fault.injected;
        count.detected += fault.detected;
        count.survived += fault.survived;
    }
    return row;
}

}  // namespace

SwarmRow run_alone(cli::PreparedRun& prepared) {
    SwarmRow row;
    if (!prepared.loaded.ok()) {
        note_failure(row, "refused", prepared.loaded.error_text());
        return row;
    }
    const sim::OwnProcess process = sim::in_own_process([&prepared] {
        const rlimit limit{patience_s, patience_s};
        setrlimit(RLIMIT_CPU, &limit);
        return row_text(simulate_drawn(prepared));
    });
    if (process.ended) {
        row = read_row(process.returned);
    } else {
        note_failure(row, "broken",
                     fmt::format("the process of the run ended with {}{}{}", process.how,
                                 process.said.empty() ? "" : ": ", sim::printable(process.said)));
    }
    row.seed = prepared.loaded.scenario.seed;
    return row;
}

cli::PreparedRun prepare_swarm(const std::string& text, const SwarmWish& wish) {
    return cli::prepare_loaded(
        sim::load_scenario_text(text, wish.folder + "/drawn.toml", wish.set));
}

SwarmDraw draw_sound(std::uint64_t seed, const SwarmWish& wish) {
    SwarmDraw draw;
    for (; draw.attempt < most_attempts; ++draw.attempt) {
        draw.parts = draw_swarm(seed, draw.attempt, wish);
        draw.text = swarm_toml(draw.parts, "");
        draw.prepared = prepare_swarm(draw.text, wish);
        if (draw.prepared.loaded.ok()) {
            break;
        }
    }
    return draw;
}

SwarmRow run_seed(std::uint64_t seed, const SwarmWish& wish) {
    SwarmDraw draw = draw_sound(seed, wish);
    SwarmRow row = run_alone(draw.prepared);
    row.seed = seed;
    row.attempt = draw.attempt;
    return row;
}

std::string row_text(const SwarmRow& row) {
    RowJson faults = RowJson::object();
    for (const auto& [what, count] : row.faults) {
        faults[what] = {count.injected, count.detected, count.survived};
    }
    const RowJson json = {row.seed,    row.attempt, row.simulated, row.hash, row.outcome,
                          row.runs_on, row.kind,    row.text,      faults};
    return json.dump(-1, ' ', false, RowJson::error_handler_t::replace);
}

SwarmRow read_row(std::string_view text) {
    const RowJson json = RowJson::parse(text);
    SwarmRow row;
    row.seed = json[0].get<std::uint64_t>();
    row.attempt = json[1].get<unsigned>();
    row.simulated = json[2].get<std::int64_t>();
    row.hash = json[3].get<std::uint64_t>();
    row.outcome = json[4].get<std::string>();
    row.runs_on = json[5].get<std::string>();
    row.kind = json[6].get<std::string>();
    row.text = json[7].get<std::string>();
    for (const auto& [what, count] : json[8].items()) {
        row.faults[what] = {count[0].get<std::uint64_t>(), count[1].get<std::uint64_t>(),
                            count[2].get<std::uint64_t>()};
    }
    return row;
}

}  // namespace lmsim::runs
