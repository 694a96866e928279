#pragma once

#include <string>

#include "sim/core/result.hpp"

namespace lmsim::sim {

/// The text of a file that a user wrote, at most 1 MiB of it, or why it cannot be read; `what` was
/// expected there: "a scenario file".
Result<std::string> read_input(const std::string& file, const char* what);

}  // namespace lmsim::sim
