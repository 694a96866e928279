#include "tools/runs/swarm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/core/text.hpp"
#include "sim/fault/fault_class.hpp"
#include "sim/metrics/live_line.hpp"
#include "sim/metrics/text_table.hpp"
#include "tools/cli/interrupts.hpp"
#include "tools/runs/batches.hpp"

namespace lmsim::runs {

namespace {

constexpr std::size_t most_of_a_batch = 64;
constexpr std::size_t most_told = 20;  // failures, one line each

void count_row(const SwarmRow& row, Swarm& swarm) {
    ++swarm.done;
    swarm.simulated_ms += row.simulated / 1'000'000'000;
    swarm.hash += row.hash * (2 * row.seed + 1);
    ++swarm.outcomes[row.outcome.empty() ? row.kind : row.outcome];
    for (const auto& [what, more] : row.faults) {
        SwarmCount& all = swarm.faults[what];
        all.injected += more.injected;
        all.detected += more.detected;
        all.survived += more.survived;
    }
    if (!row.well()) {
        swarm.failures.push_back(row);
    }
}

}  // namespace

Swarm run_swarm(const SwarmEffort& effort, const SwarmWish& wish) {
    using Clock = std::chrono::steady_clock;
    cli::catch_interrupts();
    sim::metrics::LiveLine line(effort.watch);
    Swarm swarm;
    swarm.first = effort.first;
    swarm.wanted = effort.seeds;
    const auto begin = Clock::now();
    Batches batches;
    batches.first = effort.first;
    batches.wanted.assign(effort.seeds, true);
    batches.jobs = effort.jobs;
    batches.most = most_of_a_batch;
    batches.run = batches.run_alone = [&wish](std::size_t seed, std::string& out) {
        append_row({seed, cli::Ok, row_text(run_seed(seed, wish)), {}}, out);
    };
    batches.broken = [](std::size_t seed, const std::string& how, const std::string& said) {
        SwarmRow row;
        row.seed = seed;
        row.kind = "broken";
        row.text = "the drawing of the scenario ended with " + how + ": " + said;
        std::string out;
        append_row({seed, cli::Ok, row_text(row), {}}, out);
        return out;
    };
    batches.ended = [&](const PointRow& row) { count_row(read_row(row.cells), swarm); };
    batches.stop = [&] {
        if (line.due()) {
            line.show({fmt::format("{} of {} seeds", swarm.done, swarm.wanted),
                       fmt::format("{} failures", swarm.failures.size())});
        }
        const std::chrono::duration<double> spent = Clock::now() - begin;
        swarm.interrupted = cli::was_interrupted();
        return swarm.interrupted || (effort.seconds != 0 && spent.count() > effort.seconds) ||
               (effort.until != 0 && swarm.failures.size() >= effort.until);
    };
    run_batches(batches);
    line.clear();
    std::sort(swarm.failures.begin(), swarm.failures.end(),
              [](const SwarmRow& a, const SwarmRow& b) { return a.seed < b.seed; });
    return swarm;
}

std::string again(std::uint64_t seed, const SwarmWish& wish) {
    std::string text = fmt::format("lmsim swarm --seed {} --seeds 1", seed);
    for (const std::string& what : wish.only) {
        text += " --fault " + what;
    }
    text += wish.no_faults ? " --no-faults" : "";
    for (const std::string& one : wish.set) {
        text += " --set " + sim::shell_word(one);
    }
    return text;
}

std::string swarm_text(const Swarm& swarm, const SwarmWish& wish) {
    std::string out = fmt::format("seeds {} to {}: {} done, {:.1f} s simulated, hash {:#x}\n",
                                  swarm.first, swarm.first + swarm.wanted - 1, swarm.done,
                                  static_cast<double>(swarm.simulated_ms) / 1000, swarm.hash);
    for (const auto& [outcome, runs] : swarm.outcomes) {
        out += fmt::format("  {:<12} {}\n", outcome, runs);
    }
    sim::metrics::TextTable table{{{"fault"},
                                   {"injected", sim::metrics::right},
                                   {"detected", sim::metrics::right},
                                   {"survived", sim::metrics::right}},
                                  {}};
    for (const auto& kind : sim::fault_classes()) {
        const auto found = swarm.faults.find(std::string(kind.name));
        if (found != swarm.faults.end()) {
            const SwarmCount& all = found->second;
            table.rows.push_back({std::string(kind.name), fmt::format("{}", all.injected),
                                  fmt::format("{}", all.detected),
                                  fmt::format("{}", all.survived)});
        }
    }
    out += table.rows.empty() ? "" : "\n" + table.terminal();
    out += fmt::format("\nviolations: {}\n", swarm.failures.size());
    std::map<std::string, unsigned> kinds;
    for (const SwarmRow& row : swarm.failures) {
        ++kinds[row.kind];
    }
    for (const auto& [kind, times] : kinds) {
        out += fmt::format("  {:<12} {}\n", kind, times);
    }
    for (std::size_t i = 0; i < std::min(swarm.failures.size(), most_told); ++i) {
        const SwarmRow& row = swarm.failures[i];
        out += fmt::format("{}: {}: {}\n", again(row.seed, wish), row.kind, row.text);
    }
    return out;
}

std::string swarm_json(const Swarm& swarm, const SwarmWish& wish) {
    nlohmann::ordered_json faults = nlohmann::ordered_json::object();
    for (const auto& [what, all] : swarm.faults) {
        faults[what] = {
            {"injected", all.injected}, {"detected", all.detected}, {"survived", all.survived}};
    }
    nlohmann::ordered_json failures = nlohmann::ordered_json::array();
    for (const SwarmRow& row : swarm.failures) {
        failures.push_back({{"seed", row.seed},
                            {"kind", row.kind},
                            {"text", row.text},
                            {"again", again(row.seed, wish)}});
    }
    nlohmann::ordered_json json;
    json["schema"] = "lmsim/swarm/1";
    json["first"] = swarm.first;
    json["seeds"] = swarm.done;
    json["simulated_s"] = static_cast<double>(swarm.simulated_ms) / 1000;
    json["hash"] = fmt::format("{:#x}", swarm.hash);
    json["violations"] = swarm.failures.size();
    json["outcomes"] = swarm.outcomes;
    json["faults"] = faults;
    json["failures"] = failures;
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace lmsim::runs
