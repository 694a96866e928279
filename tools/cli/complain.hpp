#pragma once

#include <string>

#include "tools/cli/exit_code.hpp"

namespace lmsim::cli {

/// Says what is wrong, as a line of its own, after all that was printed. The exit code comes back.
int complain(const std::string& text, int code = Usage);
/// The same with "lmsim VERB: " before it.
int complain(const char* verb, const std::string& text, int code = Usage);

}  // namespace lmsim::cli
