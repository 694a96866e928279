#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/core/result.hpp"

namespace lmsim::runs {

/// Where Slurm says that a task of an array is.
struct SlurmState {
    std::string name;  // of its array
    std::string job;   // the array's number
    std::size_t index = 0;
    std::string state;  // "PENDING", "RUNNING", "NODE_FAIL", ...
    std::string reason;
    std::string nodes;

    /// It has ended, and Slurm will not begin it again by itself.
    bool ended() const;
    /// "CANCELLED on node a", "FAILED (NonZeroExitCode) on node b".
    std::string text() const;
};

/// What sbatch is asked for.
struct SlurmArray {
    std::string name;
    std::string script;  // a file
    std::string folder;  // where the tasks' logs go, as NAME-INDEX.log
    std::size_t tasks = 0;
    unsigned cpus = 0;                 // of each; 0: as Slurm has it
    std::vector<std::string> options;  // the user's own
};

/// The programs of Slurm, by which alone it is spoken to. No accounting is needed.
class Slurm {
  public:
    /// Refused: one of the programs is missing, or no controller answers.
    static sim::Result<Slurm> find();

    /// Tasks that an array may have; at most 1000, as a script names them all.
    std::size_t most_tasks() const { return most_tasks_; }
    /// Hands in an array; its number, or what sbatch says.
    sim::Result<std::string> submit(const SlurmArray& array) const;
    /// The user's tasks in arrays of these names, as far as Slurm still knows them.
    sim::Result<std::vector<SlurmState>> look(const std::vector<std::string>& names) const;
    /// Ends all that is left of them; an empty text, or what scancel says.
    std::string cancel(const std::vector<std::string>& names) const;

  private:
    std::size_t most_tasks_ = 1;
};

/// Reads what `squeue` prints in the form that look() asks for.
std::vector<SlurmState> read_slurm_states(const std::string& text);
/// Of what `scontrol show config` prints; 1001, Slurm's default, if it does not say.
std::size_t read_slurm_array_limit(const std::string& text);
/// The words of options, as a POSIX shell has them, without commands.
sim::Result<std::vector<std::string>> slurm_words(const std::string& options);

}  // namespace lmsim::runs
