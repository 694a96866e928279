#pragma once

#include <string>
#include <vector>

#include "tools/cli/spec_print.hpp"

namespace lmsim::cli {

/// Prints the rows of a kind ("limits"), of one command ("fields", "Suspend") or structure
/// ("layout", "I/O SQ state"), grouped by subject. Unknown names end with Usage, and are told with
/// what there is.
int spec_table(const std::string& what, const std::string& of, const spec::Rules& rules,
               SpecFormat format);

/// The names of all kinds, as `spec table` takes them.
std::vector<std::string> kind_names();

}  // namespace lmsim::cli
