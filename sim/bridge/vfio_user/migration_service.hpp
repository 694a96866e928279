#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/bridge/pace.hpp"
#include "sim/bridge/vfio_user/migration.hpp"
#include "sim/bridge/vfio_user/migration_log.hpp"
#include "sim/device/nvme_device.hpp"
#include "sim/host/host_driver.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim::vfio_user {

/// The migration of VFs whose PF nobody else drives: the server is their host, with a VFIO driver
/// on the PF, and what the driver of a kernel answers to ioctl(), read() and write() on a device
/// goes to the client of the VF. Where a client has the PF, that client is the migration manager
/// (NVMe Base 2.3, 8.1.13) and there is no such service: two of them would take each other's
/// controllers away.
///
/// The features are STOP_COPY alone. vfio-user knows no RUNNING_P2P: a suspended controller sends
/// nothing to peers either, so nobody needs it.
class MigrationService {
  public:
    /// All of them outlive it; nobody has used the PF yet.
    MigrationService(sc_core::sc_module_name name, Kernel& kernel, NvmeDevice& device,
                     const DeviceTiming& timing, const spec::Rules& rules, Pace& pace);
    ~MigrationService();

    /// The driver takes the PF and brings the VFs online. In words why they cannot be migrated.
    std::string open();
    /// Of a VF, from 0 on, as its client sees it.
    Migration& vf(std::uint16_t vf);

  private:
    class OfVf;

    spec::Rules rules_;  // as the driver takes them
    Pace& pace_;
    Memory memory_;  // of the driver
    HostDriver driver_;
    std::optional<bool> ready_;
    std::vector<std::unique_ptr<OfVf>> vfs_;
};

}  // namespace lmsim::sim::vfio_user
