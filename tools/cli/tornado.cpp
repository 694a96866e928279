#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>

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

int tornado(const TornadoArguments& arguments) {
    runs::Tornado tornado;
    const ExitCode code = runs::find_worth(arguments.wish, tornado);
    if (code != Ok) {
        return code;
    }
    if (arguments.json) {
        fmt::print("{}\n", runs::tornado_json(tornado).dump(2, ' ', false,
                                                            runs::Json::error_handler_t::replace));
    } else {
        fmt::print("{}", runs::tornado_text(tornado, arguments.top, arguments.format == "md"));
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
    add_scenario_options(*verb, wish.scenario);
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
