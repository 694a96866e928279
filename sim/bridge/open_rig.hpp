#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/rig.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim {

/// What is opened, and how.
struct RigRequest {
    /// A PCI address, "0000:01:00.0", of a PF or of a function alone; or "vfio-user:PATH".
    std::string device;
    /// Addresses of functions that are its VFs, although they are functions of their own.
    std::vector<std::string> vfs;
    std::uint64_t memory_pages = 16384;  // 64 MiB: what three controllers hand out
    std::uint64_t vm_pages = 0;  // memory of the VFs alone, which the PF does not reach; 0: one of
                                 // `memory_pages` for all functions
};

/// In words what is wrong, or missing on this machine.
Result<std::unique_ptr<Rig>> open_rig(const RigRequest& request);

}  // namespace lmsim::sim
