#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/cli/exit_code.hpp"
#include "tools/runs/result_table.hpp"
#include "tools/runs/slurm_tasks.hpp"

namespace lmsim::runs {

/// What of a study is to be done by Slurm, and how.
struct SlurmWork {
    std::string study;   // its file
    std::string name;    // for people who look into the queue
    std::string folder;  // of the results
    std::string fingerprint;
    PointRange points;
    /// Of some points, which are to be done: those that have no row, unless nobody wants them.
    std::function<std::vector<bool>(const PointRange& points)> missing;
    std::size_t whole = 1;            // points that one task has to do together
    std::size_t points_per_task = 0;  // 0: 1000, or more if there would be too many tasks
    unsigned jobs = 0;                // runs at once in a task; 0: as Slurm gives processors
    unsigned retries = 2;             // times that a lost task is handed in again
    std::string sbatch_options;
    std::vector<std::string> sweep_options;  // of each task
    bool watch = false;
};

/// Points that no task got done.
struct SlurmLoss {
    PointRange points;
    std::string why;
    std::string log;                      // a file; empty if there is none
    std::vector<std::string> last_lines;  // of it
};

struct SlurmEnd {
    cli::ExitCode code = cli::Ok;  // Ok also if there are losses
    std::string problem;           // what to say if it is another
    std::vector<SlurmLoss> losses;
};

/// Has Slurm do what has no row in the table yet, and takes each task's rows into it as soon as the
/// task has ended. Tasks that are with Slurm from before are awaited, not doubled.
SlurmEnd sweep_by_slurm(const SlurmWork& work, ResultTable& table);

/// How many tasks of a folder may still be with Slurm.
std::size_t open_slurm_tasks(const std::string& folder);

/// Ends the tasks of a folder that are still with Slurm, and forgets them. A text says what is
/// left.
std::string drop_slurm_tasks(const std::string& folder);

}  // namespace lmsim::runs
