#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include "sim/core/text.hpp"
#include "sim/trace/output_file.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/data_files.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/runs/tornado.hpp"

namespace lmsim::cli {

namespace {

struct TornadoArguments {
    runs::TornadoWish wish;
    std::size_t top = 15;
    std::string format = "text";
    bool json = false;
};

constexpr const char* tornado_verb = "tornado";

/// The directory of a run in the place of a scenario: the scenario is its config.toml. Another exit
/// code than Ok, and told why, if that cannot be.
int use_run(runs::TornadoWish& wish, std::string& directory) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    if (!fs::is_directory(wish.scenario.file, ignored)) {
        return Ok;
    }
    directory = wish.scenario.file;
    const fs::path config = fs::path(directory) / "config.toml";
    if (!fs::exists(config, ignored)) {
        return complain(tornado_verb, fmt::format("{}: it has no config.toml; expected a scenario "
                                                  "file, or a directory that lmsim run --out made",
                                                  sim::printable(directory)));
    }
    const ScenarioOptions& given = wish.scenario;
    if (!given.set.empty() || given.seed || !given.profile.empty()) {
        return complain(tornado_verb,
                        fmt::format("{}: what stays with a run is about that run, so there is no "
                                    "--set, --seed or --profile; expected {} to try others",
                                    sim::printable(directory), sim::printable(config.string())));
    }
    wish.scenario.file = config.string();
    return Ok;
}

int tornado(TornadoArguments arguments) {
    std::string directory;
    int code = use_run(arguments.wish, directory);
    runs::Tornado tornado;
    if (code == Ok) {
        code = runs::find_worth(arguments.wish, tornado);
    }
    if (code != Ok) {
        return code;
    }
    const std::string json =
        runs::tornado_json(tornado).dump(2, ' ', false, runs::Json::error_handler_t::replace) +
        "\n";
    fmt::print("{}", arguments.json
                         ? json
                         : runs::tornado_text(tornado, arguments.top, arguments.format == "md"));
    if (!directory.empty()) {
        const std::string problem =
            sim::trace::write_file(directory + "/" + runs::tornado_file, json);
        return problem.empty() ? Ok : complain(tornado_verb, problem, Environment);
    }
    return Ok;
}

}  // namespace

void add_tornado(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<TornadoArguments>();
    runs::TornadoWish& wish = arguments->wish;
    wish.jobs = std::max(1U, std::thread::hardware_concurrency());
    CLI::App* verb = app.add_subcommand(
        "tornado", "Say how many microseconds one percent of each parameter is worth");
    with_installed_data(
        *verb->add_option("SCENARIO", wish.scenario.file,
                          "the scenario file (TOML), or a run's directory: it is then of that run "
                          "and stays there as tornado.json, which lmsim report shows")
             ->required());
    add_scenario_settings(*verb, wish.scenario);
    verb->add_option("--by", wish.percent, "size of a step in percent, 0.1 to 50; default 5")
        ->check(CLI::Range(0.1, 50.0))
        ->type_name("PERCENT");
    verb->add_option("--key", wish.keys, "only parameters whose names begin so")
        ->type_name("KEY")
        ->allow_extra_args(false);
    verb->add_option("--top", arguments->top, "so many rows; default 15")->type_name("N");
    verb->add_option("--seeds", wish.seeds,
                     "the mean of so many seeds, from the scenario's on: what is uncertain shrinks")
        ->check(CLI::Range(1U, 1000U))
        ->type_name("N");
    verb->add_option("--jobs", wish.jobs, "runs at once; no result depends on them")
        ->check(CLI::Range(1U, 1024U))
        ->type_name("N");
    verb->add_option("--format", arguments->format, "text or md (Markdown)")
        ->check(CLI::IsMember({"text", "md"}))
        ->type_name("FORMAT");
    verb->add_flag("--json", arguments->json, "print all parameters as JSON instead of the table");
    verb->callback([arguments, &exit_code] { exit_code = tornado(*arguments); });
}

}  // namespace lmsim::cli
