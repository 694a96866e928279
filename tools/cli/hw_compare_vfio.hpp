#pragma once

#include <string>

#include "sim/bridge/vfio/container.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

/// --access auto|group|cdev: by which of VFIO's two ways devices are opened.
void add_access_option(CLI::App& verb, sim::vfio::Access& access);

/// What `lmsim hw compare mdev:UUID` is told.
struct VfioCompare {
    std::string device;
    sim::vfio::Access access = sim::vfio::Access::Auto;
    bool all = false;  // every call, and not only what differs
    bool json = false;
};

/// Drives the device's VFIO migration beside the model's machine, call by call; the exit code.
int compare_vfio(const VfioCompare& request);

}  // namespace lmsim::cli
