#include "tools/cli/sweep_slurm.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "sim/core/text.hpp"
#include "sim/metrics/display.hpp"
#include "tools/cli/complain.hpp"
#include "tools/runs/slurm.hpp"

namespace lmsim::cli {

namespace {

constexpr const char* only_slurm[] = {"--points-per-task", "--retries", "--slurm-options"};

}  // namespace

void add_executor_options(CLI::App& verb, ExecutorArguments& arguments) {
    verb.add_option("--executor", arguments.executor,
                    "who runs the points: local: this machine; slurm: the nodes of a cluster, as "
                    "job arrays. STUDY, DIR and lmsim have to lie where all nodes see them")
        ->check(CLI::IsMember({"local", "slurm"}))
        ->capture_default_str();
    verb.add_option("--points-per-task", arguments.points_per_task,
                    "of slurm: points that each task of an array does; without it 1000, or more "
                    "where that would be more than 1000 tasks")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 40U))
        ->type_name("N");
    verb.add_option("--retries", arguments.retries,
                    "of slurm: times that a task is handed in again if it was lost")
        ->check(CLI::Range(0U, 100U))
        ->type_name("N")
        ->capture_default_str();
    verb.add_option("--slurm-options", arguments.slurm_options,
                    "of slurm: more options of sbatch, as in \"--partition=big --time=2:00:00\"")
        ->type_name("TEXT");
}

int check_executor(const CLI::App& verb, const ExecutorArguments& arguments) {
    for (const char* option : only_slurm) {
        if (!arguments.slurm() && verb.get_option(option)->count() != 0) {
            return complain(fmt::format("{} is for --executor slurm", option));
        }
    }
    return Ok;
}

int check_slurm(const ExecutorArguments& arguments) {
    if (!arguments.slurm()) {
        return Ok;
    }
    const auto options = runs::slurm_words(arguments.slurm_options);
    if (!options) {
        return complain("--slurm-options " + options.error());
    }
    const auto slurm = runs::Slurm::find();
    return slurm ? static_cast<int>(Ok)
                 : complain("--executor slurm: " + slurm.error(), Environment);
}

int settle_tasks(const ExecutorArguments& arguments, const std::string& folder, bool drop) {
    if (drop) {
        const std::string problem = runs::drop_slurm_tasks(folder);
        return problem.empty()
                   ? static_cast<int>(Ok)
                   : complain(fmt::format("{}/tasks: tasks in it may still be with Slurm: {}; to "
                                          "forget them, remove that folder",
                                          folder, problem),
                              Environment);
    }
    const std::size_t open = arguments.slurm() ? 0 : runs::open_slurm_tasks(folder);
    if (open == 0) {
        return Ok;
    }
    return complain(
        fmt::format("{} has {} with Slurm; expected --executor slurm --resume to wait "
                    "for them, or --anew to end and drop them",
                    folder, sim::metrics::plural(open, "task")));
}

int sweep_with_slurm(const ExecutorArguments& arguments, runs::SlurmWork work,
                     runs::ResultTable& table) {
    work.points_per_task = arguments.points_per_task;
    work.retries = arguments.retries;
    work.sbatch_options = arguments.slurm_options;
    const runs::SlurmEnd end = runs::sweep_by_slurm(work, table);
    for (const runs::SlurmLoss& loss : end.losses) {
        complain(fmt::format(
            "points {} to {} have no rows after {}: {}", loss.points.first, loss.points.last - 1,
            work.retries == 0 ? "1 try" : fmt::format("{} tries", work.retries + 1), loss.why));
        if (!loss.last_lines.empty()) {
            complain(fmt::format("  {} ends with", sim::printable(loss.log)));
        }
        for (const std::string& line : loss.last_lines) {
            complain("    " + line);
        }
    }
    if (!end.problem.empty()) {
        complain("--executor slurm: " + end.problem);
    }
    return end.code == Ok && !end.losses.empty() ? static_cast<int>(Failed) : end.code;
}

}  // namespace lmsim::cli
