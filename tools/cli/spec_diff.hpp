#pragma once

#include <string>

#include "tools/cli/scenario_options.hpp"
#include "tools/cli/spec_print.hpp"

namespace lmsim::cli {

/// Prints what two profiles state otherwise, with where it comes from; and, if `measure` names a
/// scenario, what a run of it costs under each.
int spec_diff(const std::string& first, const std::string& second, const ScenarioOptions& measure,
              SpecFormat format);

}  // namespace lmsim::cli
