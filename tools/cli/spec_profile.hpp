#pragma once

#include <optional>
#include <string>

#include "sim/profile/profile.hpp"
#include "tools/cli/spec_print.hpp"

namespace lmsim::cli {

/// Reads the profile that an option names; complains and is empty if it cannot be used.
std::optional<sim::Profile> profile_or_complain(const std::string& name);

/// The row as the rules have it: its number, its place, its status.
spec::Row effective(const spec::Row& row, const spec::Rules& rules);

/// What a row says under the rules, in one cell; "off" where it is not in force.
std::string says(const spec::Row& row, const spec::Rules& rules);

/// Do both state the row alike?
bool same(spec::Id id, const spec::Rules& a, const spec::Rules& b);

/// `lmsim spec profiles`: what the program brings along.
int spec_profiles(SpecFormat format);

}  // namespace lmsim::cli
