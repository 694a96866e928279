#pragma once

#include <memory>
#include <string>

#include "sim/bridge/vfio/container.hpp"
#include "sim/bridge/vfio/migration.hpp"

namespace lmsim::sim::vfio {

/// "mdev:UUID" is how users name a mediated device.
bool is_mdev(const std::string& device);

/// A device of VFIO that is no PCI function of this machine: a mediated device, opened by its UUID
/// (Linux, Documentation/driver-api/vfio-mediated-device.rst). Only what every device of VFIO has.
class Mdev {
  public:
    /// "mdev:UUID". In words what is wrong.
    static Result<std::unique_ptr<Mdev>> open(const std::string& device,
                                              Access access = Access::Auto);

    /// As the user wrote it.
    const std::string& name() const { return name_; }
    /// The kernel's driver of it, "mtty".
    const std::string& driver() const { return driver_; }
    int fd() const { return fd_.get(); }
    Migration migration() const { return Migration(fd_.get()); }
    Container& container() { return *container_; }

  private:
    Mdev() = default;

    std::string name_;
    std::string driver_;
    std::unique_ptr<Container> container_;
    Fd fd_;  // ends first
};

}  // namespace lmsim::sim::vfio
