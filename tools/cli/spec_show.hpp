#pragma once

#include <string>
#include <vector>

#include "sim/profile/profile.hpp"
#include "tools/cli/spec_print.hpp"

namespace lmsim::cli {

/// Rows that belong to this one: the status it answers with, the conditions that answer with it,
/// and what the same section of the same document states.
std::vector<const spec::Row*> related_rows(const spec::Row& row);

/// Prints the row of this requirement id or symbol as the profile has it; tells near names and ends
/// with Usage if there is none.
int spec_show(const std::string& name, const sim::Profile& profile, SpecFormat format);

}  // namespace lmsim::cli
