#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/core/result.hpp"

namespace lmsim::runs {

/// Points of a study: from `first` to the one before `last`.
struct PointRange {
    std::size_t first = 0;
    std::size_t last = 0;

    std::size_t size() const { return last - first; }
    /// "1000:2000", as `lmsim sweep --points` reads it.
    std::string text() const;
};

/// A part of a study that is, or will be, with Slurm.
struct SlurmTask {
    std::size_t number = 0;  // its folder's name; each try has another
    PointRange points;
    unsigned tries = 1;     // this one included
    std::string array;      // the name of the array that it is in; empty: in none yet
    std::size_t index = 0;  // in the array
    bool cancelled = false;
};

/// What is with Slurm, in a folder's tasks/: it outlives whoever waits for it.
class SlurmTasks {
  public:
    explicit SlurmTasks(const std::string& folder);

    /// Are there any from before?
    bool exist() const;
    /// Takes those from before. A text says what is wrong with the file, and below.
    std::string load();
    /// Whatever ends this process, the file is the one before or this one.
    std::string save() const;
    /// Forgets all, with all that they left in their folder.
    std::string remove();

    /// A new one, in no array yet.
    void add(const PointRange& points, unsigned tries);
    /// The names of all arrays, once each.
    std::vector<std::string> arrays() const;
    /// A name for an array that nothing else with this Slurm has.
    std::string new_array(const std::string& study);

    std::string path(const std::string& name) const;
    /// Where a task puts its results, what says that it has done all its points, what it says.
    std::string results(const SlurmTask& task) const;
    std::string mark(const SlurmTask& task) const;
    std::string log(const SlurmTask& task) const;

    std::string fingerprint;  // of the study that they are of
    std::vector<SlurmTask> open;

  private:
    std::string folder_;
    std::string key_;
    std::size_t next_task_ = 0;
    std::size_t next_array_ = 0;
};

/// Splits what is missing, of the points from `first` on, into tasks of at most `most` points,
/// which are cut at multiples of `whole` only. What is not missing may be among them, but never at
/// an end.
std::vector<PointRange> task_ranges(const std::vector<bool>& missing, std::size_t first,
                                    std::size_t most, std::size_t whole);

/// So many points for each task, if nobody says: 1000, or more if `most_tasks` would not do.
std::size_t points_per_task(std::size_t missing, std::size_t most_tasks, std::size_t whole);

/// What a task does beside its points.
struct SlurmScript {
    std::string program;
    std::string study;
    std::string folder;  // the current one of who asked
    unsigned jobs = 0;   // 0: as many as Slurm gives processors
    std::vector<std::string> options;
};

/// The script of an array of these tasks, for a POSIX shell. All paths are whole.
std::string slurm_script(const SlurmScript& what, const SlurmTasks& tasks,
                         const std::vector<SlurmTask>& array);

}  // namespace lmsim::runs
