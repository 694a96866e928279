#include "tools/cli/explore_files.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/check/invariant.hpp"
#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/trace/output_file.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/explore_scenario.hpp"
#include "tools/cli/spec_print.hpp"
#include "viz/sequence/untimed.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Names of files need not be UTF-8.
std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string wrong_line(const std::string& file, std::size_t line, const std::string& what) {
    return fmt::format("{}:{}: {}", sim::printable(file), line, what);
}

std::vector<std::string> texts_of(const Json& json, const char* name) {
    std::vector<std::string> texts;
    if (json.contains(name) && json[name].is_array()) {
        for (const Json& item : json[name]) {
            if (item.is_string()) texts.push_back(item.get<std::string>());
        }
    }
    return texts;
}

std::string text_of(const Json& json, const char* name) {
    return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : "";
}

/// The first line; false, with the reason in `read.error`, if it is none.
bool read_head(const std::string& line, const std::string& file, const sim::RuleOptions& options,
               StepFile& read) {
    const Json json = Json::parse(line, nullptr, false);
    const std::string schema = json.is_object() ? text_of(json, "schema") : std::string();
    if (schema != sim::schema::ExploreSteps) {
        const bool other = sim::is_version_of(schema, sim::schema::ExploreSteps);
        read.error = wrong_line(
            file, 1,
            other ? sim::other_schema(schema, sim::schema::ExploreSteps)
                  : fmt::format("this is no step file of lmsim explore: expected an object with "
                                "\"schema\": \"{}\"",
                                sim::schema::ExploreSteps));
        return false;
    }
    read.options = {text_of(json, "profile"), texts_of(json, "without"), texts_of(json, "with")};
    if (!options.empty()) read.options = options;
    read.violation = text_of(json, "violation");
    read.model =
        sim::load_model_text(text_of(json, "model_text"), text_of(json, "model"), read.options);
    read.error = read.model.error_text();
    return read.model.ok();
}

bool read_step(const std::string& line, StepFile& read) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("action") || !json["action"].is_array() ||
        json["action"].size() != 3) {
        return false;
    }
    std::uint8_t numbers[3];
    for (std::size_t i = 0; i < 3; ++i) {
        const Json& number = json["action"][i];
        if (!number.is_number_unsigned() || number.get<std::uint64_t>() > 255) return false;
        numbers[i] = number.get<std::uint8_t>();
    }
    read.actions.push_back({numbers[0], numbers[1], numbers[2]});
    read.texts.push_back(text_of(json, "text"));
    read.cycle_steps += json.contains("cycle") && json["cycle"] == true ? 1 : 0;
    return true;
}

}  // namespace

std::string step_file(const Explored& explored, const Counterexample& found,
                      const sim::RuleOptions& options) {
    std::string text = line_of({{"schema", sim::schema::ExploreSteps},
                                {"model", explored.model.name},
                                {"profile", options.profile},
                                {"without", options.without},
                                {"with", options.with},
                                {"violation", found.name()},
                                {"text", found.text()},
                                {"steps", found.violation.steps.size()},
                                {"cycle_steps", found.violation.cycle.size()},
                                {"model_text", explored.model.text}});
    for (std::size_t i = 0; i < found.replay.steps.size(); ++i) {
        const explore::ReplayedStep& step = found.replay.steps[i];
        Json json = {{"step", i + 1},
                     {"action", {step.action.kind, step.action.a, step.action.b}},
                     {"from", step.arrow.from},
                     {"to", step.arrow.to},
                     {"text", step.text}};
        if (i >= found.violation.steps.size()) json["cycle"] = true;
        text += line_of(json);
    }
    return text;
}

std::string step_chart(const Explored& explored, const Counterexample& found) {
    viz::UntimedChart chart;
    chart.title = fmt::format("{}: {}", explored.model.name, found.name());
    chart.description = fmt::format("The shortest run of {} steps that breaks: {}",
                                    found.violation.steps.size(), found.text());
    for (const explore::ReplayedStep& step : found.replay.steps) {
        chart.rows.push_back(
            {step.arrow.from, step.arrow.to, step.arrow.text, step.broken != nullptr});
    }
    chart.cycle = found.violation.steps.size();
    return viz::untimed_mermaid(chart);
}

namespace {

/// Returns what went wrong.
std::string write_scenario(const std::string& directory, const Explored& explored,
                           const Counterexample& found, const sim::RuleOptions& options,
                           std::vector<std::string>& notes) {
    const std::string base = fmt::format("{}.{}", explored.model.name, found.name());
    const CounterexampleScenario made = scenario_of(explored, found, options, base, directory);
    if (made.toml.empty()) {
        notes.push_back(fmt::format("{}: no scenario for lmsim run: {}", base, made.why));
        return {};
    }
    for (const std::string& step : made.unpinned) {
        notes.push_back(fmt::format(
            "{}: not pinned, because the simulator decides it by its own figures: {}", base, step));
    }
    std::string wrong =
        sim::trace::write_file(fmt::format("{}/{}.scenario.toml", directory, base), made.toml);
    for (unsigned vf = 0; vf < made.iologs.size() && wrong.empty(); ++vf) {
        if (!made.iologs[vf].empty()) {
            wrong = sim::trace::write_file(directory + "/" + iolog_name(base, vf), made.iologs[vf]);
        }
    }
    return wrong;
}

}  // namespace

std::string write_counterexamples(const std::string& directory, const std::vector<Explored>& all,
                                  const sim::RuleOptions& options,
                                  std::vector<std::string>& notes) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) {
        return fmt::format("{}: cannot be made: {}", sim::printable(directory), error.message());
    }
    for (const Explored& explored : all) {
        for (const Counterexample& found : explored.found) {
            const std::string base =
                fmt::format("{}/{}.{}", directory, explored.model.name, found.name());
            for (const auto& [ending, text] :
                 {std::pair{".steps.ndjson", step_file(explored, found, options)},
                  std::pair{".mmd", step_chart(explored, found)}}) {
                const std::string wrong = sim::trace::write_file(base + ending, text);
                if (!wrong.empty()) return wrong;
            }
            const std::string wrong = write_scenario(directory, explored, found, options, notes);
            if (!wrong.empty()) return wrong;
        }
    }
    return {};
}

StepFile read_step_file(const std::string& file, const sim::RuleOptions& options) {
    StepFile read;
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line)) {
        read.error = sim::printable(file) + ": cannot be read, or is empty";
        return read;
    }
    if (!read_head(line, file, options, read)) return read;
    for (std::size_t number = 2; std::getline(in, line); ++number) {
        if (!read_step(line, read)) {
            read.error = wrong_line(file, number,
                                    "expected a step: an object with \"action\", three numbers "
                                    "from 0 to 255");
            return read;
        }
    }
    return read;
}

namespace {

/// What became of a replay, in a word: an invariant's id, "deadlock", "starvation", "impossible" or
/// "nothing".
std::string outcome_of(explore::System& system, const StepFile& read,
                       const explore::Replay& replay) {
    if (!replay.steps.empty() && replay.steps.back().broken != nullptr) {
        return std::string(replay.steps.back().broken->id);
    }
    if (!replay.possible) return "impossible";
    if (replay.deadlock) return "deadlock";
    if (read.violation != "starvation" || replay.good) return "nothing";
    const std::vector<explore::Action> prefix(
        read.actions.begin(), read.actions.end() - static_cast<std::ptrdiff_t>(read.cycle_steps));
    const explore::Replay before = explore::replay(system, prefix);
    return before.last_fingerprint == replay.last_fingerprint ? "starvation" : "nothing";
}

std::string outcome_text(const StepFile& read, const explore::Replay& replay,
                         const std::string& outcome) {
    if (outcome == "impossible") {
        const std::size_t step = replay.steps.size();
        return fmt::format("step {} is not possible there: {}", step + 1, read.texts[step]);
    }
    if (outcome == "nothing") return "nothing falls";
    const auto* invariant = check::find_invariant(outcome);
    return outcome + (invariant != nullptr ? ": " + std::string(invariant->text) : "");
}

}  // namespace

int replay_step_file(const std::string& file, const sim::RuleOptions& options, bool json) {
    const StepFile read = read_step_file(file, options);
    if (!read.error.empty()) {
        fmt::print(stderr, "{}\n", read.error);
        return Usage;
    }
    const auto system = sim::world_of(read.model)();
    const explore::Replay replay = explore::replay(*system, read.actions);
    const std::string outcome = outcome_of(*system, read, replay);
    const std::string text = outcome_text(read, replay, outcome);
    if (json) {
        Json steps = Json::array();
        for (const explore::ReplayedStep& step : replay.steps) steps.push_back(step.text);
        fmt::print("{}", json_text({{"model", read.model.name},
                                    {"profile", read.model.profile},
                                    {"recorded", read.violation},
                                    {"outcome", outcome},
                                    {"text", text},
                                    {"steps", steps}}));
    } else {
        for (std::size_t i = 0; i < replay.steps.size(); ++i) {
            const std::string& now = replay.steps[i].text;
            fmt::print("{:5}  {}\n", i + 1, now);
            if (now != read.texts[i]) fmt::print("       (recorded: {})\n", read.texts[i]);
        }
        fmt::print("{}: {}\n", read.model.name, text);
    }
    return outcome == "nothing" || outcome == "impossible" ? Ok : Failed;
}

}  // namespace lmsim::cli
