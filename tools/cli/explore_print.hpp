#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/cli/explore_run.hpp"

namespace lmsim::cli {

/// A line for each model, under a heading; what was found, and what differs from what is recorded,
/// below.
std::string explore_table(const std::vector<Explored>& all);

/// {"models": [...]}: see docs/explore.md.
nlohmann::ordered_json explore_json(const std::vector<Explored>& all);

/// The steps, a line each.
std::string steps_text(const Counterexample& found);

}  // namespace lmsim::cli
