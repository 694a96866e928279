#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "sim/core/text.hpp"
#include "sim/core/units.hpp"
#include "sim/fault/fault_class.hpp"
#include "sim/fault/fault_params.hpp"
#include "sim/trace/output_file.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/data_files.hpp"
#include "tools/cli/interrupts.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/cli/watch.hpp"
#include "tools/runs/swarm.hpp"
#include "tools/runs/swarm_abort.hpp"
#include "tools/runs/swarm_canaries.hpp"
#include "tools/runs/swarm_shrink.hpp"

namespace lmsim::cli {

namespace {

namespace fs = std::filesystem;

struct SwarmArguments {
    runs::SwarmEffort effort;
    runs::SwarmWish wish;
    std::string time;
    std::vector<std::string> files;
    std::string keep;
    bool shrink = false;
    bool print = false;
    bool docs = false;
    bool canaries = false;
    bool abort = false;
    bool some = false;  // --seeds was given
    bool json = false;
};

constexpr const char* swarm_verb = "swarm";
constexpr std::size_t most_shrunk = 5;

int find_jobs(runs::SwarmWish& wish) {
    wish.folder = find_data("scenarios/regress");
    std::error_code ignored;
    if (fs::is_directory(wish.folder, ignored)) {
        return Ok;
    }
    return complain(
        swarm_verb,
        "there is no folder scenarios/regress with the fio jobs of the guests; expected "
        "to be called where lmsim's sources are, or to be installed",
        Environment);
}

int check_wish(SwarmArguments& arguments) {
    for (const std::string& name : arguments.wish.only) {
        if (sim::find_fault(name) == nullptr) {
            std::vector<std::string> names;
            for (const sim::FaultClass& one : sim::fault_classes()) {
                names.emplace_back(one.name);
            }
            const std::string near = sim::nearest(name, names);
            return complain(swarm_verb,
                            fmt::format("--fault: there is no fault {}; {}", sim::in_quotes(name),
                                        near.empty() ? "lmsim swarm --faults lists them"
                                                     : "did you mean " + near + "?"));
        }
    }
    if (!arguments.time.empty()) {
        const auto time = sim::parse<sim::Time>(arguments.time);
        if (!time) {
            return complain(swarm_verb, "--time: " + time.error());
        }
        arguments.effort.seconds = static_cast<double>(time.value().ps) * 1e-12;
    }
    return find_jobs(arguments.wish);
}

int print_drawn(const SwarmArguments& arguments) {
    const runs::SwarmDraw draw = runs::draw_sound(arguments.effort.first, arguments.wish);
    if (!draw.prepared.loaded.ok()) {
        fmt::print(stderr, "{}", draw.prepared.loaded.error_text());
        return Usage;
    }
    fmt::print("# Drawn by lmsim swarm; fio files are in scenarios/regress.\n{}", draw.text);
    return Ok;
}

std::string comment_of(const runs::SwarmRow& row, const runs::SwarmWish& wish) {
    std::string text = row.text.substr(0, row.text.find('\n'));
    return fmt::format("# Found by `{}`, and made smaller:\n# {}: {}\n\n",
                       runs::again(row.seed, wish), row.kind, text);
}

/// Failures of the same kind are told once.
int shrink_failures(const SwarmArguments& arguments, const runs::Swarm& swarm) {
    std::vector<std::string> kinds;
    std::error_code ignored;  // writing tells
    fs::create_directories(arguments.keep, ignored);
    for (const runs::SwarmRow& row : swarm.failures) {
        const bool known = std::find(kinds.begin(), kinds.end(), row.kind) != kinds.end();
        if (known || kinds.size() == most_shrunk || was_interrupted()) {
            continue;
        }
        kinds.push_back(row.kind);
        const runs::SwarmDraw draw = runs::draw_sound(row.seed, arguments.wish);
        const runs::Shrunk small =
            runs::shrink(draw.parts, row, arguments.wish, [] { return was_interrupted(); });
        runs::SwarmRow told = small.row;
        told.seed = row.seed;
        const std::string text = runs::swarm_toml(small.scenario, comment_of(told, arguments.wish));
        if (arguments.keep.empty()) {
            fmt::print("\n{}", text);
            continue;
        }
        const std::string file = fmt::format("{}/{}-{}.toml", arguments.keep, row.kind, row.seed);
        const std::string problem = sim::trace::write_file(file, text);
        if (!problem.empty()) {
            return complain(swarm_verb, problem, Environment);
        }
        fmt::print("{}\n", sim::printable(file));
    }
    return Failed;
}

/// Scenarios as a swarm judges them: those of scenarios/regress.
int run_files(const SwarmArguments& arguments) {
    std::size_t failed = 0;
    for (const std::string& file : arguments.files) {
        PreparedRun prepared = prepare({find_data(file), arguments.wish.set, {}});
        const runs::SwarmRow row = runs::run_alone(prepared);
        failed += row.well() ? 0 : 1;
        fmt::print("{}: {}\n", sim::printable(file),
                   row.well() ? "well, " + row.outcome : row.kind + ": " + row.text);
        if (row.kind == "refused") {
            return Usage;
        }
    }
    return failed == 0 ? Ok : Failed;
}

int abort_everywhere(const SwarmArguments& arguments) {
    const runs::AbortMatrix matrix = runs::run_abort_matrix(
        arguments.effort.jobs, arguments.wish, arguments.some ? arguments.effort.seeds : 0);
    if (matrix.interrupted) {
        return Interrupted;
    }
    fmt::print("{}", arguments.json ? matrix.json() : matrix.markdown());
    for (const runs::AbortCase* one : matrix.failures()) {
        fmt::print(stderr, "{}, {}, {} after {}: {}: {}\n", one->engine, one->architecture,
                   one->what, one->after, one->row.kind, one->row.text);
    }
    return matrix.failures().empty() ? Ok : Failed;
}

int swarm(SwarmArguments arguments) {
    if (arguments.docs) {
        fmt::print("{}", sim::fault_docs());
        return Ok;
    }
    const int code = check_wish(arguments);
    if (code != Ok) {
        return code;
    }
    if (arguments.print) {
        return print_drawn(arguments);
    }
    if (!arguments.files.empty()) {
        return run_files(arguments);
    }
    if (arguments.canaries) {
        const runs::Canaries canaries = runs::run_canaries(arguments.effort, arguments.wish);
        fmt::print("{}", arguments.json ? canaries.json() : canaries.text());
        return canaries.all_found() ? Ok : Failed;
    }
    if (arguments.abort) {
        return abort_everywhere(arguments);
    }
    const runs::Swarm swarm = runs::run_swarm(arguments.effort, arguments.wish);
    fmt::print("{}", arguments.json ? runs::swarm_json(swarm, arguments.wish)
                                    : runs::swarm_text(swarm, arguments.wish));
    if (swarm.interrupted) {
        return Interrupted;
    }
    if (arguments.shrink && !swarm.failures.empty()) {
        return shrink_failures(arguments, swarm);
    }
    return swarm.failures.empty() ? Ok : Failed;
}

void add_draw_options(CLI::App& verb, SwarmArguments& arguments) {
    runs::SwarmWish& wish = arguments.wish;
    verb.add_option("--fault", wish.only, "only faults of this class (several: one of them)")
        ->type_name("CLASS")
        ->allow_extra_args(false);
    verb.add_flag("--no-faults", wish.no_faults, "nothing goes wrong");
    verb.add_option("--set", wish.set, "set one parameter, whatever was drawn")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
}

}  // namespace

void add_swarm(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<SwarmArguments>();
    runs::SwarmEffort& effort = arguments->effort;
    effort.jobs = std::max(1U, std::thread::hardware_concurrency());
    CLI::App* verb = app.add_subcommand(
        swarm_verb, "Draw scenarios with faults, and see that all comes to rest well");
    verb->add_option("FILE", arguments->files,
                     "instead of drawing any: judge these scenarios in the same way");
    CLI::Option* const seeds = verb->add_option(
        "--seeds", effort.seeds, "so many scenarios; default 1000, with --abort all");
    seeds->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))->type_name("N");
    verb->add_option("--seed", effort.first, "the first seed; default 1")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 62))
        ->type_name("FIRST");
    verb->add_option("--time", arguments->time, "begin no more after so long (\"10min\", \"60s\")")
        ->type_name("T");
    verb->add_option("--jobs", effort.jobs, "runs at once; no result depends on them")
        ->check(CLI::Range(1U, 1024U))
        ->type_name("J");
    add_draw_options(*verb, *arguments);
    verb->add_flag("--shrink", arguments->shrink,
                   "make what fails smaller as long as it fails, and print it: one of each kind");
    verb->add_option("--keep", arguments->keep, "with --shrink: a folder for that instead")
        ->type_name("DIR");
    verb->add_flag("--print", arguments->print, "print the scenario of --seed, and run nothing");
    verb->add_flag("--faults", arguments->docs, "print the classes of faults (docs/faults.md)");
    verb->add_flag("--canaries", arguments->canaries,
                   "plant one known defect after the other: each has to be found");
    verb->add_flag("--abort", arguments->abort,
                   "cancel and crash at every step of the protocol, and print a table");
    verb->add_flag("--json", arguments->json, "print the result as JSON");
    add_watch_option(*verb, effort.watch);
    verb->callback([arguments, seeds, &exit_code] {
        arguments->some = seeds->count() != 0;
        exit_code = swarm(*arguments);
    });
}

}  // namespace lmsim::cli
