#pragma once

#include "sim/profile/profile.hpp"

namespace lmsim::sim {

/// Lays what a profile's text says over `profile`, which holds its base; mistakes go into
/// profile.errors, with their places.
void read_profile(const Value& root, Profile& profile);

}  // namespace lmsim::sim
