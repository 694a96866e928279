#pragma once

#include <cstdint>
#include <vector>

#include "sim/scenario/scenario.hpp"

namespace lmsim::sim {

/// One of the namespaces of a VF.
struct VfNamespace {
    Bytes size;
    std::uint64_t used_bytes = 0;  // that hold data from the start
    bool shared = false;           // both hosts reach it
};

/// Those that each VF has, by their number from 0 on: the list of the scenario, or the one that the
/// device's parameters describe.
std::vector<VfNamespace> vf_namespaces(const Scenario& scenario);

}  // namespace lmsim::sim
