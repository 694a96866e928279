#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <thread>

#include "sim/core/text.hpp"
#include "sim/trace/output_file.hpp"
#include "tools/cli/data_files.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/runs/comparison.hpp"
#include "tools/runs/study_report.hpp"

namespace lmsim::cli {

namespace {

constexpr std::size_t most_runs = 10'000;

struct CompareArguments {
    std::vector<std::string> files;
    ScenarioOptions scenario;
    std::vector<std::string> vary;
    unsigned seeds = 1;
    unsigned jobs = 1;
    std::string format = "text";
    std::string out;
    bool json = false;
};

/// What every column is: its scenario and what is varied; or an exit code.
int read_axes(const CompareArguments& arguments, std::vector<runs::Axis>& axes) {
    std::set<std::string> keys;
    for (const std::string& text : arguments.vary) {
        const sim::Result<runs::Axis> axis = runs::read_axis(text);
        if (!axis) {
            fmt::print(stderr, "--vary {}: {}\n", text, axis.error());
            return Usage;
        }
        if (!keys.insert(axis.value().key).second) {
            fmt::print(stderr, "--vary {}: {} is varied twice; name all its values in one --vary\n",
                       text, axis.value().key);
            return Usage;
        }
        axes.push_back(axis.value());
    }
    if (axes.empty() && arguments.files.size() < 2) {
        fmt::print(stderr,
                   "nothing to compare; expected two scenarios or more, or --vary KEY[=A,B,...]\n");
        return Usage;
    }
    return Ok;
}

/// Names for the columns of several scenarios: what they call themselves, or their files if that
/// does not tell them apart.
std::vector<std::string> names_of(const CompareArguments& arguments,
                                  const std::vector<std::string>& own_names) {
    const std::set<std::string> different(own_names.begin(), own_names.end());
    return different.size() == own_names.size() && different.count("") == 0 ? own_names
                                                                            : arguments.files;
}

/// The command line once more, without where its results go.
std::string command_of(const CompareArguments& arguments) {
    std::string command = "lmsim compare";
    const auto add = [&command](const std::string& word) {
        command += " " + sim::shell_word(word);
    };
    const auto add_all = [&add](const char* option, const std::vector<std::string>& values) {
        for (const std::string& value : values) {
            add(option);
            add(value);
        }
    };
    for (const std::string& file : arguments.files) add(file);
    add_all("--set", arguments.scenario.set);
    if (arguments.scenario.seed) add_all("--seed", {std::to_string(*arguments.scenario.seed)});
    if (!arguments.scenario.profile.empty()) add_all("--profile", {arguments.scenario.profile});
    add_all("--vary", arguments.vary);
    if (arguments.seeds != 1) add_all("--seeds", {std::to_string(arguments.seeds)});
    return command;
}

/// The columns without their outcomes, and the runs for them, seed by seed.
int plan(const CompareArguments& arguments, runs::Comparison& comparison,
         std::vector<ScenarioOptions>& points) {
    std::vector<runs::Axis> axes;
    const int code = read_axes(arguments, axes);
    if (code != Ok) {
        return code;
    }
    std::vector<std::string> names;
    std::vector<std::uint64_t> first_seeds;
    for (const std::string& file : arguments.files) {
        ScenarioOptions options = arguments.scenario;
        options.file = file;
        const sim::LoadedScenario loaded = prepare(options).loaded;
        if (!loaded.ok()) {
            fmt::print(stderr, "{}", loaded.error_text());
            return Usage;
        }
        names.push_back(loaded.scenario.name);
        first_seeds.push_back(loaded.scenario.seed);
        comparison.name = loaded.scenario.name;
        comparison.description = loaded.scenario.description;
    }
    if (arguments.files.size() > 1) {
        comparison.name.clear();
        comparison.description.clear();
    }
    comparison.command = command_of(arguments);
    names = names_of(arguments, names);
    for (std::size_t i = 0; i < arguments.files.size(); ++i) {
        for (const auto& settings : runs::combinations(axes)) {
            comparison.columns.push_back(
                {arguments.files.size() > 1 ? names[i] : "", settings, {}});
            ScenarioOptions options = arguments.scenario;
            options.file = arguments.files[i];
            for (const runs::Setting& setting : settings) {
                options.set.push_back(setting.text());
            }
            for (unsigned seed = 0; seed < arguments.seeds; ++seed) {
                options.seed = first_seeds[i] + seed;
                points.push_back(options);
            }
        }
    }
    if (points.size() > most_runs) {
        fmt::print(stderr, "{} runs; expected at most {}: `lmsim sweep` is for more\n",
                   points.size(), most_runs);
        return Usage;
    }
    return Ok;
}

/// False: told that the directory cannot be had.
bool make_compare_folder(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) {
        fmt::print(stderr, "--out {}: {}\n", sim::printable(path), error.message());
    }
    return !error;
}

std::string comparison_text_json(const runs::Comparison& comparison) {
    return runs::comparison_json(comparison)
               .dump(2, ' ', false, runs::Json::error_handler_t::replace) +
           "\n";
}

/// False: told that it cannot be written.
bool keep_comparison(const std::string& folder, const runs::Comparison& comparison) {
    for (const auto& [name, text] :
         {std::make_pair(runs::compare_file, comparison_text_json(comparison)),
          std::make_pair(runs::report_text, runs::comparison_text(comparison, true))}) {
        const std::string problem = sim::trace::write_file(folder + "/" + name, text);
        if (!problem.empty()) {
            fmt::print(stderr, "{}\n", problem);
            return false;
        }
    }
    return true;
}

int compare(const CompareArguments& arguments) {
    runs::Comparison comparison;
    std::vector<ScenarioOptions> points;
    const int code = plan(arguments, comparison, points);
    if (code != Ok) {
        return code;
    }
    if (!arguments.out.empty() && !make_compare_folder(arguments.out)) {
        return Usage;
    }
    auto outcomes = runs::run_all(points, arguments.jobs);
    if (!outcomes) {
        return Interrupted;
    }
    for (std::size_t i = 0; i < outcomes->size(); ++i) {
        comparison.columns[i / arguments.seeds].outcomes.push_back(std::move((*outcomes)[i]));
    }
    if (arguments.json) {
        fmt::print("{}", comparison_text_json(comparison));
    } else {
        fmt::print("{}", runs::comparison_text(comparison, arguments.format == "md"));
    }
    if (!arguments.out.empty() && !keep_comparison(arguments.out, comparison)) {
        return Environment;
    }
    return comparison.well() ? Ok : Failed;
}

}  // namespace

void add_compare(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<CompareArguments>();
    arguments->jobs = std::max(1U, std::thread::hardware_concurrency());
    CLI::App* verb =
        app.add_subcommand("compare", "Run scenarios, or one with other values, side by side");
    with_installed_data(
        *verb->add_option("SCENARIO", arguments->files, "scenario files (TOML), one or more")
             ->required());
    add_scenario_settings(*verb, arguments->scenario);
    verb->add_option("--vary", arguments->vary,
                     "a column for each of these values; without values all that the parameter can "
                     "have; of several --vary all combinations")
        ->type_name("KEY[=A,B,...]")
        ->allow_extra_args(false);
    verb->add_option("--seeds", arguments->seeds,
                     "run each with so many seeds, from the scenario's on; print the median and "
                     "the range")
        ->check(CLI::Range(1U, 10000U))
        ->type_name("N");
    verb->add_option("--jobs", arguments->jobs, "runs at once; no result depends on them")
        ->check(CLI::Range(1U, 1024U))
        ->type_name("N");
    verb->add_option("--format", arguments->format, "text or md (Markdown)")
        ->check(CLI::IsMember({"text", "md"}))
        ->type_name("FORMAT");
    verb->add_option("--out", arguments->out,
                     "a directory for all figures (compare.json) and the table (report.md); lmsim "
                     "report makes a page of it")
        ->type_name("DIR");
    verb->add_flag("--json", arguments->json, "print all figures as JSON instead of the table");
    verb->callback([arguments, &exit_code] { exit_code = compare(*arguments); });
}

}  // namespace lmsim::cli
