#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/metrics/display.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/data_files.hpp"
#include "tools/cli/sweep_slurm.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/cli/watch.hpp"
#include "tools/runs/result_table.hpp"
#include "tools/runs/study.hpp"
#include "tools/runs/study_size.hpp"
#include "tools/runs/sweep_run.hpp"

namespace lmsim::cli {

namespace {

struct SweepArguments {
    std::string file;
    std::string out;
    std::vector<std::string> set;
    unsigned jobs = 1;
    std::string points;  // "A:B"; empty: all
    bool resume = false;
    bool anew = false;
    bool csv = false;
    bool json = false;
    bool watch = false;
    bool jobs_given = false;
    ExecutorArguments executor;
};

constexpr const char* table_name = "results.sqlite";
constexpr const char* csv_name = "results.csv";
constexpr std::size_t errors_shown = 10;

std::string in(const std::string& folder, const char* name) {
    return (std::filesystem::path(folder) / name).string();
}

/// Holds a folder against a second sweep into it, until its end.
class Lock {
  public:
    explicit Lock(const std::string& folder)
        : descriptor_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        // Runs of a sweep that was killed a moment ago may still be on their way out.
        for (int tries = 0; tries < 30 && !held_; ++tries) {
            held_ = descriptor_ >= 0 && flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
            if (!held_) {
                usleep(100'000);
            }
        }
    }
    ~Lock() {
        if (descriptor_ >= 0) {
            close(descriptor_);
        }
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    bool held() const { return held_; }

  private:
    int descriptor_;
    bool held_ = false;
};

/// A part of a study: from the first point to the one before the last.
struct Range {
    std::size_t first = 0;
    std::size_t last = 0;

    std::size_t size() const { return last - first; }
};

/// Reads "A:B"; an empty text means all points.
sim::Result<Range> read_range(const std::string& text, const runs::Study& study) {
    const std::size_t count = study.size();
    if (text.empty()) {
        return Range{0, count};
    }
    Range range;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, range.first);
    const bool colon = first.ec == std::errc() && first.ptr != end && *first.ptr == ':';
    const auto last = std::from_chars(colon ? first.ptr + 1 : end, end, range.last);
    if (!colon || last.ec != std::errc() || last.ptr != end || range.first >= range.last ||
        range.last > count) {
        return sim::Failure{
            fmt::format("--points {}: expected FIRST:END, 0 <= FIRST < END <= {}; the first point "
                        "is 0 and END is left out",
                        sim::printable(text), count)};
    }
    const bool stops = !study.params.stop.figure.empty();
    if (stops && (range.first % study.seeds != 0 || range.last % study.seeds != 0)) {
        return sim::Failure{fmt::format(
            "--points {}: a study with [stop] is cut between combinations only; expected multiples "
            "of seeds = {}",
            sim::printable(text), study.seeds)};
    }
    return range;
}

/// May this study go into what is there already? An exit code other than Ok, with the reason, if
/// not.
int agree(const SweepArguments& arguments, const runs::Study& study,
          const runs::ResultTable& table) {
    if (table.fingerprint().empty()) {
        return Ok;
    }
    const std::size_t done = table.tally().all();
    if (table.fingerprint() != study.fingerprint) {
        return complain(
            fmt::format("{} has {} of another study, or of this one before it "
                        "or its scenario changed; expected --anew to drop them, "
                        "or another --out",
                        arguments.out, sim::metrics::plural(done, "run")));
    }
    if (!arguments.resume) {
        return complain(
            fmt::format("{} has {} of the {} runs of this study; expected "
                        "--resume to do the others, or --anew to drop them",
                        arguments.out, done, study.size()));
    }
    return Ok;
}

/// Runs what has no row yet.
int run_rest(const SweepArguments& arguments, const runs::Study& study, const Range& range,
             runs::ResultTable& table) {
    runs::SweepRun sweep;
    sweep.first = range.first;
    sweep.last = range.last;
    sweep.jobs = arguments.jobs;
    sweep.watch = arguments.watch;
    std::string problem;
    const bool whole = runs::run_sweep(study, sweep, table, problem);
    if (!problem.empty()) {
        return complain(in(arguments.out, table_name) + ": " + problem, Environment);
    }
    return whole ? Ok : Interrupted;
}

/// The same on the nodes of a cluster.
int run_rest_by_slurm(const SweepArguments& arguments, const runs::Study& study, const Range& range,
                      runs::ResultTable& table) {
    runs::SlurmWork work;
    work.study = arguments.file;
    work.name = study.params.name;
    work.folder = arguments.out;
    work.fingerprint = study.fingerprint;
    work.points = {range.first, range.last};
    work.missing = [&](const runs::PointRange& points) {
        return runs::missing_points(study, table, points.first, points.last);
    };
    work.whole = study.seeds;
    work.jobs = arguments.jobs_given ? arguments.jobs : 0;
    work.watch = arguments.watch;
    for (const std::string& set : arguments.set) {
        work.sweep_options.insert(work.sweep_options.end(), {"--set", set});
    }
    return sweep_with_slurm(arguments.executor, work, table);
}

/// What stands in the table beside the rows, when they are all there or no more come.
std::string complete(const runs::Study& study, bool whole, runs::ResultTable& table) {
    const std::string problem = table.write_points(study);
    return problem.empty() && whole ? table.set_count(table.tally().all()) : problem;
}

std::string write_csv(const SweepArguments& arguments, const runs::ResultTable& table) {
    return table.write_csv(in(arguments.out, csv_name));
}

void print_summary(const SweepArguments& arguments, const runs::Study& study, const Range& range,
                   const runs::ResultTable& table) {
    const runs::Tally tally = table.tally(range.first, range.last);
    const auto errors =
        table.errors(range.first, range.last, arguments.json ? SIZE_MAX : errors_shown);
    if (arguments.json) {
        runs::Json json = {{"schema", sim::schema::Sweep},
                           {"study", study.params.name},
                           {"fingerprint", study.fingerprint},
                           {"out", arguments.out},
                           {"runs", range.size()},
                           {"ok", tally.well},
                           {"unexpected", tally.unexpected},
                           {"errors", tally.errors}};
        json["failed"] = runs::Json::array();
        for (const auto& error : errors) {
            json["failed"].push_back({{"point", error.point}, {"error", error.text}});
        }
        json["points"] = table.points();
        fmt::print("{}\n", json.dump(2, ' ', false, runs::Json::error_handler_t::replace));
        return;
    }
    const char* const most = study.params.stop.figure.empty() ? "" : "at most ";
    fmt::print("{}{}{} of {}{} runs done: {} well, {} not as expected, {} without a result\n",
               sim::printable(study.params.name), study.params.name.empty() ? "" : ": ",
               tally.all(), most, range.size(), tally.well, tally.unexpected, tally.errors);
    for (const auto& error : errors) {
        fmt::print("  run {}: {}\n", error.point, sim::printable(error.text));
    }
    if (errors.size() < tally.errors) {
        fmt::print("  and {} more\n", tally.errors - errors.size());
    }
    fmt::print("{}\n{}\n", in(arguments.out, table_name), in(arguments.out, csv_name));
}

/// The folder with its table, locked; `table` is empty if that was not to be had.
int open_table(const SweepArguments& arguments, const runs::Study& study,
               std::optional<runs::ResultTable>& table) {
    const std::string path = in(arguments.out, table_name);
    if (arguments.anew) {
        for (const char* end : {"", "-journal"}) {
            std::error_code error;
            std::filesystem::remove(path + end, error);
            if (error) {
                return complain(fmt::format("{}{}: {}", path, end, error.message()));
            }
        }
    }
    auto opened = runs::ResultTable::open(path);
    if (!opened) {
        return complain(opened.error());
    }
    table.emplace(std::move(opened.value()));
    const int code = agree(arguments, study, *table);
    if (code != Ok) {
        return code;
    }
    const std::string problem = table->fingerprint().empty() ? table->begin(study) : "";
    return problem.empty() ? static_cast<int>(Ok) : complain(path + ": " + problem, Environment);
}

/// What there is so far, while a sweep goes on or not.
int export_only(const SweepArguments& arguments) {
    const std::string path = in(arguments.out, table_name);
    if (!std::filesystem::exists(path)) {
        return complain(path + ": no such file; --csv is for a sweep that has begun");
    }
    const auto table = runs::ResultTable::open(path);
    if (!table) {
        return complain(table.error());
    }
    if (table.value().fingerprint().empty()) {
        return complain(path + ": has no results yet");
    }
    const std::string problem = write_csv(arguments, table.value());
    if (!problem.empty()) {
        return complain(problem, Environment);
    }
    fmt::print("{}\n", in(arguments.out, csv_name));
    return Ok;
}

int sweep(SweepArguments arguments) {
    if (arguments.out.empty()) {
        arguments.out = std::filesystem::path(arguments.file).stem().string() + ".sweep";
    }
    if (arguments.csv) {
        return export_only(arguments);
    }
    const runs::Study study = runs::load_study(arguments.file, arguments.set);
    if (!study.ok()) {
        fmt::print(stderr, "{}", study.error_text());
        return Usage;
    }
    const auto range = read_range(arguments.points, study);
    if (!range) {
        return complain(range.error());
    }
    // What the nodes of a cluster have, they know.
    const unsigned jobs = arguments.executor.slurm() ? 1 : arguments.jobs;
    const std::string full = runs::no_room(runs::size_of(study, range.value().size(), jobs),
                                           runs::room_for(arguments.out), jobs);
    if (!full.empty()) {
        return complain(fmt::format("{}: {}", arguments.file, full), Environment);
    }
    const int ready = check_slurm(arguments.executor);
    if (ready != Ok) {
        return ready;
    }
    std::error_code error;
    std::filesystem::create_directories(arguments.out, error);
    if (error) {
        return complain(fmt::format("--out {}: {}", arguments.out, error.message()));
    }
    const Lock lock(arguments.out);
    if (!lock.held()) {
        return complain(arguments.out + ": another sweep writes into it");
    }
    std::optional<runs::ResultTable> table;
    int code = settle_tasks(arguments.executor, arguments.out, arguments.anew);
    code = code != Ok ? code : open_table(arguments, study, table);
    if (code != Ok) {
        return code;
    }
    code = arguments.executor.slurm() ? run_rest_by_slurm(arguments, study, range.value(), *table)
                                      : run_rest(arguments, study, range.value(), *table);
    const bool whole = code == Ok && range.value().size() == study.size();
    std::string problem = complete(study, whole, *table);
    problem = problem.empty() ? write_csv(arguments, *table) : problem;
    if (!problem.empty()) {
        return complain(problem, Environment);
    }
    const runs::Tally tally = table->tally(range.value().first, range.value().last);
    print_summary(arguments, study, range.value(), *table);
    if (code == Interrupted) {
        fmt::print(stderr, "interrupted; --resume does the others\n");
    }
    return code == Ok && tally.well != tally.all() ? static_cast<int>(Failed) : code;
}

}  // namespace

void add_sweep(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<SweepArguments>();
    arguments->jobs = std::max(1U, std::thread::hardware_concurrency());
    CLI::App* verb =
        app.add_subcommand("sweep", "Run a scenario at all points of a study, into SQLite and CSV");
    with_installed_data(
        *verb->add_option("STUDY", arguments->file, "the study file (TOML): docs/sweep.md")
             ->required());
    verb->add_option("--out", arguments->out,
                     "the folder for results.sqlite and results.csv; default: STUDY.sweep here")
        ->type_name("DIR");
    verb->add_option("--set", arguments->set,
                     "set one parameter of all points, instead of what the study's [set] says")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb->add_option("--jobs", arguments->jobs, "runs at once; no result depends on them")
        ->check(CLI::Range(1U, 1024U))
        ->type_name("N");
    verb->add_option("--points", arguments->points,
                     "only the points from FIRST on, up to the one before END; numbers and "
                     "fingerprint stay those of the whole study")
        ->type_name("FIRST:END");
    CLI::Option* resume = verb->add_flag("--resume", arguments->resume,
                                         "go on with what is there, if the study is the same");
    verb->add_flag("--anew", arguments->anew, "drop what is there")->excludes(resume);
    verb->add_flag("--csv", arguments->csv,
                   "only write results.csv of the runs that have ended, also while they go on");
    verb->add_flag("--json", arguments->json, "print the summary as JSON");
    add_watch_option(*verb, arguments->watch);
    add_executor_options(*verb, arguments->executor);
    verb->callback([arguments, verb, &exit_code] {
        arguments->jobs_given = verb->get_option("--jobs")->count() != 0;
        exit_code = check_executor(*verb, arguments->executor);
        exit_code = exit_code == Ok ? sweep(*arguments) : exit_code;
    });
}

}  // namespace lmsim::cli
