#pragma once

#include <string>
#include <vector>

#include "tools/cli/explore_run.hpp"

namespace lmsim::cli {

/// A counterexample as a scenario for `lmsim run`, or why there cannot be one.
struct CounterexampleScenario {
    std::string toml;                   // empty: there is none
    std::string why;                    // there is none
    std::vector<std::string> iologs;    // by VF: the guest's commands, for files beside it
    std::vector<std::string> unpinned;  // steps whose order matters and cannot be asked for
};

/// It will stand in `folder`, beside the guest's commands of VF n in a file iolog_name(base, n).
CounterexampleScenario scenario_of(const Explored& explored, const Counterexample& found,
                                   const sim::RuleOptions& options, const std::string& base,
                                   const std::string& folder);

std::string iolog_name(const std::string& base, unsigned vf);

}  // namespace lmsim::cli
