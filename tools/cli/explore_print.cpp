#include "tools/cli/explore_print.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/check/invariant.hpp"
#include "tools/cli/spec_print.hpp"
#include "viz/sequence/words.hpp"

namespace lmsim::cli {

namespace {

constexpr std::size_t first_number = 1;
constexpr std::size_t last_number = 7;

std::string verdict_text(const Explored& explored) {
    const std::string verdict = explored.verdict();
    if (explored.found.empty()) {
        return verdict;
    }
    const std::string how =
        fmt::format("{} in {} steps", verdict, explored.found.front().violation.steps.size());
    return as_expected(explored) ? how + ", as expected" : how;
}

std::vector<std::string> cells(const Explored& explored) {
    const explore::SearchReport& report = explored.report;
    const double seconds = std::max(explored.seconds, 1e-6);
    return {explored.model.name,
            viz::grouped(report.states),
            viz::grouped(report.transitions),
            std::to_string(report.depth),
            fmt::format("{:.1f}", explored.seconds),
            viz::grouped(static_cast<std::uint64_t>(static_cast<double>(report.states) / seconds)),
            fmt::format("{:.1f}", report.bytes_per_state()),
            report.omission == 0 ? "0" : fmt::format("{:.0e}", report.omission),
            verdict_text(explored)};
}

/// Numbers stand right-aligned, which the table itself does not know.
void align(SpecTable& table) {
    for (std::size_t column = first_number; column <= last_number; ++column) {
        std::size_t width = table.header[column].size();
        for (const auto& row : table.rows) width = std::max(width, row[column].size());
        table.header[column] = fmt::format("{:>{}}", table.header[column], width);
        for (auto& row : table.rows) row[column] = fmt::format("{:>{}}", row[column], width);
    }
}

std::string remarks(const Explored& explored) {
    std::string text;
    if (const std::string stop = explored.stop_text(); !stop.empty()) {
        text += fmt::format("\n{}: partial: {}\n", explored.model.name, stop);
    }
    if (explored.drifted()) {
        const sim::RecordedCounts& was = *explored.recorded;
        text += fmt::format(
            "\n{}: differs from what is recorded: {}, {} states, {} transitions, depth {}\n",
            explored.model.name, was.verdict, viz::grouped(was.states),
            viz::grouped(was.transitions), was.depth);
    }
    for (const Counterexample& found : explored.found) {
        if (!as_expected(explored)) {
            text += fmt::format("\n{}: {}: {}\n{}", explored.model.name, found.name(), found.text(),
                                steps_text(found));
        }
    }
    return text;
}

nlohmann::ordered_json violation_json(const Counterexample& found) {
    nlohmann::ordered_json steps = nlohmann::ordered_json::array();
    nlohmann::ordered_json cycle = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < found.replay.steps.size(); ++i) {
        (i < found.violation.steps.size() ? steps : cycle).push_back(found.replay.steps[i].text);
    }
    const check::Invariant* invariant = found.violation.invariant;
    return {{"name", found.name()},
            {"title", invariant != nullptr ? std::string(invariant->name) : found.name()},
            {"text", found.text()},
            {"steps", steps},
            {"cycle", cycle}};
}

nlohmann::ordered_json model_json(const Explored& explored) {
    const explore::SearchReport& report = explored.report;
    nlohmann::ordered_json violations = nlohmann::ordered_json::array();
    for (const Counterexample& found : explored.found) {
        violations.push_back(violation_json(found));
    }
    nlohmann::ordered_json json = {{"name", explored.model.name},
                                   {"title", explored.model.params.title},
                                   {"profile", explored.model.profile},
                                   {"states", report.states},
                                   {"expanded", report.expanded},
                                   {"transitions", report.transitions},
                                   {"depth", report.depth},
                                   {"complete", explored.complete()},
                                   {"verdict", explored.verdict()},
                                   {"stopped", explored.stop_text()},
                                   {"seconds", explored.seconds},
                                   {"state_bytes", report.state_bytes},
                                   {"bytes_per_state", report.bytes_per_state()},
                                   {"peak_bytes", report.peak_bytes},
                                   {"omission_probability", report.omission}};
    json["liveness"] = nullptr;
    if (explored.live) {
        json["liveness"] = {{"states", explored.live->states},
                            {"good_states", explored.live->good_states},
                            {"complete", explored.live->complete()}};
    }
    json["recorded"] = nullptr;
    if (explored.recorded) {
        json["recorded"] = {{"verdict", explored.recorded->verdict},
                            {"states", explored.recorded->states},
                            {"transitions", explored.recorded->transitions},
                            {"depth", explored.recorded->depth},
                            {"differs", explored.drifted()}};
    }
    json["violations"] = violations;
    return json;
}

}  // namespace

std::string steps_text(const Counterexample& found) {
    std::string text;
    for (std::size_t i = 0; i < found.replay.steps.size(); ++i) {
        if (i == found.violation.steps.size()) text += "  and then again and again:\n";
        text += fmt::format("{:5}  {}\n", i + 1, found.replay.steps[i].text);
    }
    return text;
}

std::string explore_table(const std::vector<Explored>& all) {
    SpecTable table;
    table.header = {"model",    "states",      "transitions", "depth",  "seconds",
                    "states/s", "bytes/state", "omission",    "verdict"};
    for (const Explored& explored : all) table.rows.push_back(cells(explored));
    align(table);
    std::string text = printed(table, SpecFormat::Text);
    for (const Explored& explored : all) text += remarks(explored);
    return text;
}

nlohmann::ordered_json explore_json(const std::vector<Explored>& all) {
    nlohmann::ordered_json models = nlohmann::ordered_json::array();
    for (const Explored& explored : all) models.push_back(model_json(explored));
    return {{"models", models}};
}

}  // namespace lmsim::cli
