#pragma once

#include <string>

#include "tools/cli/scenario_options.hpp"
#include "tools/cli/spec_print.hpp"

namespace lmsim::cli {

/// What one scenario costs under two profiles. The table's columns are what, the first, the
/// second, the change; only what differs stands there, besides outcome and downtime.
struct Comparison {
    SpecTable table;
    nlohmann::ordered_json json;
};

/// Runs the scenario under both, each in a process of its own (SystemC has one kernel per process).
/// Ok; Usage, which has been complained of; Bug, if a run ended without a result.
int compare(const std::string& first, const std::string& second, const ScenarioOptions& scenario,
            Comparison& comparison);

}  // namespace lmsim::cli
