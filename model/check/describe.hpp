#pragma once

#include <string>

#include "model/check/observation.hpp"

namespace lmsim::check {

/// "source VF 1: completion posted, queue 2 command 5": for messages and counterexamples.
std::string describe(const Observation& observation);

/// What its fields would have to be, if a Monitor cannot take them; empty if it can. For those that
/// come from outside.
std::string_view expected_of(const Observation& observation);

}  // namespace lmsim::check
