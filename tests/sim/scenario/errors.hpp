#pragma once

#include <string>
#include <vector>

#include "sim/scenario/load.hpp"

/// What a user sees for this scenario text and these --set options; empty if all is well.
inline std::string errors_of(const std::string& text,
                             const std::vector<std::string>& options = {}) {
    return lmsim::sim::load_scenario_text(text, "q.toml", options).error_text();
}
