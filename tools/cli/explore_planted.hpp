#pragma once

#include "tools/cli/explore_run.hpp"
#include "tools/cli/spec_print.hpp"

namespace lmsim::cli {

/// Searches for each planted defect (explore_planted.def) and prints what was found. Failed if one
/// was not found, something else fell, or a model falls without any.
int explore_planted(const ExploreEffort& effort, SpecFormat format);

}  // namespace lmsim::cli
