#pragma once

#include <string>
#include <vector>

#include "sim/scenario/load.hpp"
#include "tests/catch.hpp"

/// What a user sees for this scenario text and these --set options; empty if all is well.
inline std::string errors_of(const std::string& text,
                             const std::vector<std::string>& options = {}) {
    return lmsim::sim::load_scenario_text(text, "q.toml", options).error_text();
}

/// Is that among it?
inline bool says(const std::string& text, const std::vector<std::string>& options,
                 const std::string& what) {
    const std::string errors = errors_of(text, options);
    INFO(errors);
    return errors.find(what) != std::string::npos;
}
