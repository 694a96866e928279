#include "tools/runs/swarm_canaries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/metrics/text_table.hpp"
#include "tools/cli/interrupts.hpp"

namespace lmsim::runs {

bool Canaries::all_found() const {
    return std::all_of(all.begin(), all.end(),
                       [](const Canary& canary) { return canary.found.has_value(); });
}

std::string Canaries::text() const {
    sim::metrics::TextTable table{{{"defect"},
                                   {"seeds", sim::metrics::right},
                                   {"found by", sim::metrics::right},
                                   {"as"},
                                   {"what"}},
                                  {}};
    for (const Canary& canary : all) {
        table.rows.push_back({canary.row + (canary.on ? " on" : " off"),
                              fmt::format("{}", canary.seeds),
                              canary.found ? fmt::format("{}", canary.found->seed) : "nobody",
                              canary.found ? canary.found->kind : "", canary.what});
    }
    return table.terminal();
}

std::string Canaries::json() const {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Canary& canary : all) {
        nlohmann::ordered_json row = {{"row", canary.row},
                                      {"on", canary.on},
                                      {"seeds", canary.seeds},
                                      {"what", canary.what},
                                      {"found", canary.found.has_value()}};
        if (canary.found) {
            row["seed"] = canary.found->seed;
            row["kind"] = canary.found->kind;
        }
        rows.push_back(row);
    }
    return nlohmann::ordered_json{{"canaries", rows}}.dump(2) + "\n";
}

Canaries run_canaries(const SwarmEffort& effort, const SwarmWish& wish) {
    Canaries canaries;
#define LMSIM_CANARY(row, on, seeds, what) canaries.all.push_back({row, on, seeds, what, {}});
#include "tools/runs/swarm_canaries.def"
#undef LMSIM_CANARY
    for (Canary& canary : canaries.all) {
        if (cli::was_interrupted()) {
            break;
        }
        SwarmWish planted = wish;
        planted.set.push_back(canary.on
                                  ? fmt::format("with=[\"{}\"]", canary.row)
                                  : fmt::format("without=[\"{}\", {}]", canary.row, swarm_mended));
        // The same seed whatever --jobs is: the first of a few that were at work together.
        SwarmEffort step = effort;
        step.seeds = 16;
        for (std::uint64_t done = 0; done < canary.seeds && !canary.found; done += step.seeds) {
            step.first = effort.first + done;
            step.seeds = std::min<std::uint64_t>(step.seeds, canary.seeds - done);
            const Swarm swarm = run_swarm(step, planted);
            if (!swarm.failures.empty()) {
                canary.found = swarm.failures.front();
            }
        }
    }
    return canaries;
}

}  // namespace lmsim::runs
