#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "model/explore/rfc/outstanding_system.hpp"
#include "model/explore/world/config.hpp"
#include "model/explore/world/memory_config.hpp"
#include "model/host/lifetimes.hpp"
#include "sim/check/session_check.hpp"
#include "sim/check/step_replay.hpp"
#include "sim/check/trace_check.hpp"
#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/run/simulation.hpp"
#include "sim/trace/reader.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* check_verb = "check";

struct CheckArguments {
    std::string path;
    bool steps = false;
    bool json = false;
    bool list = false;
};

int refuse_to_check(const std::string& why) {
    fmt::print(stderr, "{}: {}\n", check_verb, why);
    return Usage;
}

std::string source_of_invariant(const check::Invariant& row) {
    return row.document.empty() ? "" : fmt::format("{}, {}", row.document, row.section);
}

Json invariant_json(const check::Invariant& row) {
    return Json({{"id", row.id},
                 {"name", row.name},
                 {"text", row.text},
                 {"why", row.why},
                 {"document", row.document},
                 {"section", row.section}});
}

void print_row(const check::Invariant& row) {
    const std::string from = source_of_invariant(row);
    fmt::print("{}  {}\n    {}\n    If not: {}\n{}", row.id, row.name, row.text, row.why,
               from.empty() ? "" : "    " + from + "\n");
}

/// What searches alone judge: no trace tells of a kernel's memory, or of what cannot happen.
std::vector<const check::Invariant*> searched() {
    std::vector<const check::Invariant*> rows = {
        &explore::undisturbed_completes, &explore::undisturbed_set, &explore::tracks_what_it_can,
        &explore::most_commands_kept};
    for (int misuse = 1; misuse <= static_cast<int>(host::Misuse::WrittenLost); ++misuse) {
        rows.push_back(host::broken_by(static_cast<host::Misuse>(misuse)));
    }
    return rows;
}

/// The tables of docs/check.md.
int list_invariants(bool json) {
    Json rows = Json::array();
    Json others = Json::array();
    for (const check::Invariant& row : check::invariants) {
        json ? rows.push_back(invariant_json(row)) : print_row(row);
    }
    if (!json) {
        fmt::print("\nNot judged in traces, but by `lmsim explore`:\n\n");
    }
    for (const check::Invariant* row : searched()) {
        json ? others.push_back(invariant_json(*row)) : print_row(*row);
    }
    if (json) {
        fmt::print(
            "{}\n",
            Json({{"schema", sim::schema::Invariants}, {"invariants", rows}, {"searched", others}})
                .dump(2));
    }
    return Ok;
}

Json breach_json(const sim::TraceBreach& breach) {
    return Json({{"id", breach.invariant->id},
                 {"text", breach.invariant->text},
                 {"why", breach.invariant->why},
                 {"document", breach.invariant->document},
                 {"section", breach.invariant->section},
                 {"line", breach.line},
                 {"t_ps", breach.at},
                 {"seen", breach.seen},
                 {"times", breach.times}});
}

Json breaches_json(const std::vector<sim::TraceBreach>& breaches) {
    Json broken = Json::array();
    for (const sim::TraceBreach& breach : breaches) {
        broken.push_back(breach_json(breach));
    }
    return broken;
}

void print_json(const std::string& path, const sim::TraceVerdict& verdict) {
    const Json broken = breaches_json(verdict.breaches);
    const Json all({{"schema", sim::schema::Check},
                    {"trace", sim::printable(path)},
                    {"scenario", sim::printable(verdict.header.scenario)},
                    {"records", verdict.records},
                    {"observations", verdict.observations},
                    {"at_rest", verdict.came_to_rest},
                    {"ok", verdict.ok()},
                    {"broken", broken}});
    fmt::print("{}\n", all.dump(2));
}

void print_breaches(const std::string& path, const std::vector<sim::TraceBreach>& breaches) {
    for (const sim::TraceBreach& breach : breaches) {
        const std::string from = source_of_invariant(*breach.invariant);
        fmt::print("{}:{}: at {} ps: {}\n    {} {}{}{}\n    {}\n", sim::printable(path),
                   breach.line, breach.at, breach.seen, breach.invariant->id,
                   breach.invariant->text, from.empty() ? "" : " (" + from + ")",
                   breach.times == 1 ? "" : fmt::format(" {} times", breach.times),
                   breach.invariant->why);
    }
}

void print_text(const std::string& path, const sim::TraceVerdict& verdict) {
    print_breaches(path, verdict.breaches);
    fmt::print("{} records, {} observations: {}\n", verdict.records, verdict.observations,
               verdict.ok() ? fmt::format("ok, {} invariants hold", check::invariant_count)
                            : fmt::format("{} of {} invariants do not hold",
                                          verdict.breaches.size(), check::invariant_count));
    if (!verdict.came_to_rest) {
        fmt::print(
            "The trace does not say that all came to rest: what holds then was not looked "
            "at.\n");
    }
}

void print_session_json(const std::string& path, const sim::SessionVerdict& verdict) {
    Json judged = Json::array();
    for (const check::Invariant* invariant : sim::session_invariants()) {
        judged.push_back(invariant->id);
    }
    const Json all(
        {{"schema", sim::schema::CheckSession},
         {"time_base", "wall"},
         {"session", sim::printable(path)},
         {"device", sim::printable(verdict.header.device)},
         {"command", sim::printable(verdict.header.command)},
         {"lines", verdict.lines},
         {"commands", {{"submitted", verdict.submitted}, {"completed", verdict.completed}}},
         {"suspended", verdict.suspended},
         {"taken_over", verdict.taken_over},
         {"cut_short", verdict.cut_short},
         {"unfollowed", verdict.unfollowed},
         {"judged", judged},
         {"ok", verdict.ok()},
         {"broken", breaches_json(verdict.breaches)}});
    fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_session_text(const std::string& path, const sim::SessionVerdict& verdict) {
    print_breaches(path, verdict.breaches);
    for (const std::string& words : verdict.unfollowed) {
        fmt::print("{}\n", words);
    }
    const std::size_t judged = sim::session_invariants().size();
    fmt::print(
        "{} lines, {} commands, {} of them completed; {} times suspended, {} times taken "
        "over: {}\n",
        verdict.lines, verdict.submitted, verdict.completed, verdict.suspended, verdict.taken_over,
        verdict.ok()
            ? fmt::format("ok, {} invariants hold", judged)
            : fmt::format("{} of {} invariants do not hold", verdict.breaches.size(), judged));
    if (verdict.cut_short) {
        fmt::print(
            "The session has no end: whoever recorded it was stopped. What there is was "
            "looked at.\n");
    }
}

int check_session(const CheckArguments& arguments) {
    const auto verdict = sim::check_session(arguments.path);
    if (!verdict) {
        return refuse_to_check(verdict.error());
    }
    (arguments.json ? print_session_json : print_session_text)(arguments.path, verdict.value());
    return verdict.value().ok() && !verdict.value().cut_short ? Ok : Failed;
}

int check_records(const CheckArguments& arguments) {
    if (sim::is_session(arguments.path)) {
        return check_session(arguments);
    }
    std::string path = arguments.path;
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        const auto run = sim::trace::open_run(path);
        if (!run) {
            return refuse_to_check(run.error());
        }
        path = run.value().trace();
    }
    const auto verdict = sim::check_trace(path);
    if (!verdict) {
        return refuse_to_check(verdict.error());
    }
    (arguments.json ? print_json : print_text)(path, verdict.value());
    return verdict.value().ok() ? Ok : Failed;
}

void print_replay(const std::string& path, const sim::ReplayVerdict& verdict, bool json) {
    if (json) {
        const Json all({{"schema", sim::schema::Replay},
                        {"steps_file", sim::printable(path)},
                        {"steps", verdict.steps},
                        {"states", verdict.states},
                        {"ok", verdict.ok()},
                        {"line", verdict.line},
                        {"logged", verdict.logged},
                        {"replayed", verdict.replayed}});
        fmt::print("{}\n", all.dump(2));
    } else if (verdict.ok()) {
        fmt::print("{} steps replayed, {} states set by hosts: ok, the model does the same\n",
                   verdict.steps, verdict.states);
    } else {
        fmt::print("{}:{}: the model does something else\n    logged:   {}\n    replayed: {}\n",
                   sim::printable(path), verdict.line, verdict.logged, verdict.replayed);
    }
}

/// The configuration of the run lies beside the log.
int check_steps(const CheckArguments& arguments) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    const fs::path given = arguments.path;
    const fs::path steps = fs::is_directory(given, ignored) ? given / "steps.ndjson" : given;
    const fs::path config = steps.parent_path() / "config.toml";
    sim::LoadedScenario loaded = sim::load_scenario(config.string(), {}, std::nullopt);
    sim::RunOptions options;
    if (loaded.ok()) {
        options.dialects = sim::load_dialects(loaded);
    }
    if (!loaded.ok()) {
        fmt::print(stderr, "{}", loaded.error_text());
        return refuse_to_check("a log of steps needs the config.toml of its run beside it");
    }
    options = sim::effective(loaded.scenario, std::move(options));
    const auto verdict = sim::replay_steps(steps.string(), loaded.scenario, options.dialects);
    if (!verdict) {
        return refuse_to_check(verdict.error());
    }
    print_replay(steps.string(), verdict.value(), arguments.json);
    return verdict.value().ok() ? Ok : Failed;
}

int check(const CheckArguments& arguments) {
    if (arguments.list) {
        return list_invariants(arguments.json);
    }
    if (arguments.path.empty()) {
        return refuse_to_check("no trace; expected TRACE.ndjson or the directory of a run");
    }
    return arguments.steps ? check_steps(arguments) : check_records(arguments);
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<CheckArguments>();
    CLI::App* verb = app.add_subcommand(
        "check", "Say whether a trace, simulated or captured, breaks what has to hold");
    verb->add_option("TRACE", arguments->path,
                     "a trace.ndjson (docs/schema/trace.schema.json), or what `lmsim run --out` "
                     "has left; or a session with a device (`lmsim hw VERB --record`)");
    verb->add_flag(
        "--steps", arguments->steps,
        "TRACE is a steps.ndjson (`lmsim run --trace steps`): give each step to the model "
        "again and compare what it does");
    verb->add_flag("--list", arguments->list,
                   "print the invariants instead: those that a trace is judged by, and those "
                   "that only searches judge");
    verb->add_flag("--json", arguments->json, "print for programs");
    verb->callback([arguments, &exit_code] { exit_code = check(*arguments); });
}

}  // namespace lmsim::cli
