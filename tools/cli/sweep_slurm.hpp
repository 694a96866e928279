#pragma once

#include <cstddef>
#include <string>

#include "tools/runs/slurm_sweep.hpp"

namespace CLI {
class App;
}

namespace lmsim::cli {

/// Who runs the points of a study, and what only Slurm needs to know.
struct ExecutorArguments {
    std::string executor = "local";
    std::size_t points_per_task = 0;
    unsigned retries = 2;
    std::string slurm_options;

    bool slurm() const { return executor == "slurm"; }
};

void add_executor_options(CLI::App& verb, ExecutorArguments& arguments);

/// Do they, and what lies in the folder from before, go together? Else says so; the exit code.
int check_executor(const CLI::App& verb, const ExecutorArguments& arguments);

/// Is there a Slurm, if it is asked for? Else says what is missing; the exit code.
int check_slurm(const ExecutorArguments& arguments);

/// Tasks in a folder that are still with Slurm: with `drop` they are ended and forgotten, and else
/// they are in the way of who is not Slurm's.
int settle_tasks(const ExecutorArguments& arguments, const std::string& folder, bool drop);

/// Does what is left, and says what could not be done. `work` knows all but what is in `arguments`.
int sweep_with_slurm(const ExecutorArguments& arguments, runs::SlurmWork work,
                     runs::ResultTable& table);

}  // namespace lmsim::cli
