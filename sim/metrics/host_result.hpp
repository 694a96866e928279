#pragma once

#include <string>
#include <vector>

#include "model/host/architecture.hpp"
#include "sim/host/host_use.hpp"

namespace lmsim::sim::metrics {

/// What the scenario asked for and the architecture went without.
struct LeftOut {
    std::string path;
    std::string text;
};

/// Where the logic of the migration lived, what that took, and what it means.
struct HostResult {
    host::Architecture architecture = host::Architecture::VfioNvme;
    host::CdqPlace cdq = host::CdqPlace::Driver;
    HostUse source;
    HostUse destination;
    std::vector<host::Grant> access;
    std::vector<host::Lack> cannot;
    std::vector<LeftOut> left_out;
};

}  // namespace lmsim::sim::metrics
