#pragma once

#include <memory>
#include <string>

#include "sim/bridge/vfio_user/client_port.hpp"
#include "sim/conform/target.hpp"

namespace lmsim::sim::conform {

struct VfioUserTarget {
    std::string path;  // of the sockets, without ".pf", ".vf0"...
    vfio_user::ClientPort::Options port;
    std::uint64_t trackable = 0;  // see Target
};

/// A device that another process serves, in real time: the PF at PATH.pf, and the VFs at PATH.vf0,
/// PATH.vf1... as many as there are. At least one VF; else in words what is missing.
Result<std::unique_ptr<Target>> connect_target(const VfioUserTarget& options);

}  // namespace lmsim::sim::conform
