#pragma once

#include <string>

#include "sim/core/param.hpp"

namespace lmsim::sim {

/// A JSON Schema (2020-12) of files that hold these parameters.
std::string params_schema(const GroupInfo& params, const std::string& title);

/// All parameters as Markdown: a heading, then a table for each group.
std::string params_docs(const GroupInfo& params, const std::string& title);

}  // namespace lmsim::sim
