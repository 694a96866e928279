#pragma once

#include <string>
#include <vector>

#include "sim/scenario/load.hpp"
#include "tools/cli/scenario_options.hpp"
#include "tools/runs/settings.hpp"

namespace lmsim::runs {

/// A value a little away from the one at hand.
struct Step {
    std::string value;   // behind --set KEY=; empty: it cannot go there
    double percent = 0;  // how far it really is: whole numbers cannot go by one percent
};

/// A parameter that is a number, and the two values beside its own.
struct Lever {
    std::string key;
    std::string value;
    std::string source;  // of the value: what the documents say, or the file that gives it
    bool estimate = false;
    Step up;
    Step down;
};

/// Parameters that are left alone, and why.
struct LeftAlone {
    std::string key;
    std::string reason;
};

struct Levers {
    std::vector<Lever> levers;
    std::vector<LeftAlone> left_alone;
};

/// What can be moved by `percent` in this scenario, which must be sound: numbers with a dimension,
/// whole numbers and distributions (all their points together), except what is a matter of choice
/// (how long to watch, the seed) and not of the machines. What is equal on both hosts moves on
/// both. A value that the scenario would not take is left out of its lever.
Levers find_levers(const cli::ScenarioOptions& options, const sim::LoadedScenario& loaded,
                   double percent);

}  // namespace lmsim::runs
