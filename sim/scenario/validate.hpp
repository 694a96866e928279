#pragma once

#include <string>
#include <vector>

#include "sim/scenario/scenario.hpp"

namespace lmsim::sim {

/// Something that no single parameter is to blame for. The first of `paths` is what is wrong; the
/// position shown is that of the first one that was written at all.
struct Problem {
    std::vector<std::string> paths;
    std::string message;
};

/// What cannot be, though each parameter alone could: topology, sizes that do not fit, combinations
/// that the VMM refuses.
std::vector<Problem> validate(const Scenario& scenario);

}  // namespace lmsim::sim
