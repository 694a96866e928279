#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "sim/metrics/media_section.hpp"
#include "sim/run/media_run.hpp"
#include "tools/cli/scenario_options.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

struct ScenarioArguments {
    ScenarioOptions scenario;
    bool json = false;
};

std::string as_json(const sim::LoadedScenario& loaded) {
    nlohmann::ordered_json errors = nlohmann::ordered_json::array();
    for (const sim::Diagnostic& error : loaded.errors) {
        errors.push_back({{"file", error.where.file},
                          {"line", error.where.line},
                          {"column", error.where.column},
                          {"option", error.where.option},
                          {"message", error.message}});
    }
    const nlohmann::ordered_json all = {
        {"file", loaded.file}, {"ok", loaded.ok()}, {"errors", errors}};
    // A file's name need not be UTF-8.
    return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

int check(const ScenarioArguments& arguments) {
    const sim::LoadedScenario loaded = prepare(arguments.scenario).loaded;
    if (arguments.json) {
        fmt::print("{}\n", as_json(loaded));
    } else if (loaded.ok()) {
        fmt::print("{}: ok\n", loaded.file);
    } else {
        fmt::print(stderr, "{}", loaded.error_text());
    }
    return loaded.ok() ? Ok : Usage;
}

int show(const ScenarioArguments& arguments) {
    const sim::LoadedScenario loaded = prepare(arguments.scenario).loaded;
    if (!loaded.ok()) {
        fmt::print(stderr, "{}", loaded.error_text());
        return Usage;
    }
    fmt::print("{}", sim::effective_toml(loaded));
    return Ok;
}

/// Before a migration with local namespaces: does their copy end, when, and does the log bear it?
int forecast(const ScenarioArguments& arguments) {
    const PreparedRun prepared = prepare(arguments.scenario);
    if (!prepared.loaded.ok()) {
        fmt::print(stderr, "{}", prepared.loaded.error_text());
        return Usage;
    }
    if (prepared.loaded.scenario.media_copy.mode == sim::MediaCopyMode::None) {
        fmt::print(stderr,
                   "{}: media_copy.mode = \"none\": no media are copied, and there is nothing to "
                   "forecast; expected \"copy\" or \"mirror\"\n",
                   prepared.loaded.file);
        return Usage;
    }
    const auto media = sim::forecast_media(prepared.loaded.scenario, prepared.workload);
    fmt::print("{}", arguments.json ? sim::metrics::media_forecast_json(media)
                                    : sim::metrics::media_forecast_text(media));
    return media.forecast.verdict == host::media::Verdict::Converges ? Ok : Failed;
}

}  // namespace

void add_scenario(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<ScenarioArguments>();
    CLI::App* scenario = app.add_subcommand("scenario", "Scenario files: schema, checks, docs");
    scenario->require_subcommand(1);
    scenario->add_subcommand("schema", "Print the JSON Schema of scenario files")->callback([] {
        fmt::print("{}", sim::scenario_schema());
    });
    scenario->add_subcommand("docs", "Print all parameters as Markdown tables")->callback([] {
        fmt::print("{}", sim::scenario_docs());
    });
    CLI::App* check_verb = scenario->add_subcommand("check", "Check a scenario and its fio files");
    add_scenario_options(*check_verb, arguments->scenario);
    check_verb->add_flag("--json", arguments->json, "print the errors as JSON");
    check_verb->callback([arguments, &exit_code] { exit_code = check(*arguments); });
    CLI::App* forecast_verb = scenario->add_subcommand(
        "forecast", "Say whether a copy of the media will converge, when, and how full queues get");
    add_scenario_options(*forecast_verb, arguments->scenario);
    forecast_verb->add_flag("--json", arguments->json, "print it as JSON");
    forecast_verb->callback([arguments, &exit_code] { exit_code = forecast(*arguments); });
    CLI::App* show_verb =
        scenario->add_subcommand("show", "Print all values with the origin of each");
    add_scenario_options(*show_verb, arguments->scenario);
    show_verb->callback([arguments, &exit_code] { exit_code = show(*arguments); });
}

}  // namespace lmsim::cli
