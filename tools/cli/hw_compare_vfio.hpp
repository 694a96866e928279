#pragma once

#include <string>

#include "sim/bridge/vfio/migratable.hpp"

namespace lmsim::cli {

/// What `lmsim hw compare` of mdev:UUID or vfio:BDF is told.
struct VfioCompare {
    std::string device;
    sim::vfio_kernel::Migratable::Opening opening;
    bool all = false;  // every call, and not only what differs
    bool json = false;
};

/// Drives the device's VFIO migration beside the model's machine, call by call; the exit code.
int compare_vfio(const VfioCompare& request);

}  // namespace lmsim::cli
