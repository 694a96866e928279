#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tools/cli/scenario_options.hpp"
#include "tools/runs/study.hpp"

namespace lmsim::runs {

/// Makes points of a study ready to run. The first one is read as `lmsim run` reads it; the next
/// ones only get what differs, through the same parameters and the same checks. Whatever that
/// cannot decide, or finds fault with, is read as a whole: there is one place for the words.
class PointReader {
  public:
    /// `study` must outlive it.
    explicit PointReader(const Study& study);

    /// Good until the next call; loaded.errors says if the point is not sound. A fluid point has
    /// the workload with sources of any seed: nothing is drawn from them.
    cli::PreparedRun& read(std::size_t point);

    /// Reads a point for each workload of a study of fluid ones, so that processes forked from
    /// this one find them.
    void warm_up();

  private:
    using Targets = std::vector<std::pair<const sim::ParamInfo*, void*>>;
    /// A key that varies.
    struct Key {
        std::string name;
        std::size_t dimension = 0;
        std::size_t place = 0;     // among the dimension's keys
        bool for_workload = true;  // the guest's I/O may depend on it
        bool for_dialects = true;  // so may rules, or what these do to other values
        Targets bound;             // what it stands for in bound_
        Targets ready;             // and in ready_
        std::unordered_map<std::size_t, sim::Value> values;  // of steps that were needed
        std::size_t at = SIZE_MAX;                           // the step that bound_ has
    };

    bool start(std::size_t point);
    bool resolve();
    bool follow(std::size_t point);
    const sim::Value& value_of(Key& key, std::size_t step) const;
    bool fit();
    bool fit_workload();
    std::string workload_name() const;

    const Study& study_;
    std::vector<Key> keys_;
    std::vector<std::size_t> steps_;
    bool started_ = false;
    bool never_ = false;         // a key is one of those that only a whole reading knows
    bool refit_ = false;         // ready_ has to be made of bound_ again
    sim::LoadedScenario bound_;  // as files and options say
    cli::PreparedRun ready_;     // and as profiles and the VMM leave it
    cli::PreparedRun whole_;     // of a point that was read as a whole
    std::string workload_name_;  // whose sources ready_ has, if they serve others
    std::map<std::string, sim::Workload> workloads_;  // of other points, for fluid ones
};

}  // namespace lmsim::runs
