#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/vfio/container.hpp"
#include "sim/bridge/vfio/migration.hpp"
#include "sim/bridge/vfio/system.hpp"

namespace lmsim::sim::vfio_kernel {

/// A device whose migration the kernel's own driver serves through VFIO: "mdev:UUID", a mediated
/// device (Linux, Documentation/driver-api/vfio-mediated-device.rst), or "vfio:BDF", a PCI function
/// that a VFIO driver has already, as mlx5-vfio-pci. It is opened as it is: nothing is bound or
/// unbound for it. Only what every device of VFIO has.
class Migratable {
  public:
    /// How they are opened; tests have other files, containers and calls.
    struct Opening {
        Access access = Access::Auto;
        std::string vf_token;  // of the PF of a VF, where VFIO has that, too
        std::shared_ptr<const System> system = std::make_shared<System>();
        std::function<Result<std::unique_ptr<Container>>(Access)> container = Container::open;
        const Calls& calls = system_calls();
    };

    /// Has it one of the two prefixes?
    static bool is_named(const std::string& device);
    /// In words why this is the name of none; empty: it may be one.
    static std::string badly_named(const std::string& device);
    /// All of them, in their order. In words what is wrong: then none is open. Functions of one
    /// IOMMU group share a container.
    static Result<std::vector<std::unique_ptr<Migratable>>> open(
        const std::vector<std::string>& devices, const Opening& opening);

    /// As the user wrote it.
    const std::string& name() const { return name_; }
    /// The kernel's driver of it, "mtty".
    const std::string& driver() const { return driver_; }
    int fd() const { return fd_.get(); }
    Migration migration() const { return Migration(fd_.get(), calls_); }
    Container& container() { return *container_; }
    /// In words that its driver has no VFIO migration; empty: it has.
    std::string cannot_migrate() const;

  private:
    Migratable(std::string name, const Calls& calls) : name_(std::move(name)), calls_(calls) {}

    std::string name_;
    std::string driver_;
    std::string group_;  // of a PCI function
    const Calls& calls_;
    std::shared_ptr<Container> container_;
    Fd fd_;  // ends first
};

}  // namespace lmsim::sim::vfio_kernel
