#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/result.hpp"

namespace lmsim::sim::vfio_kernel {

/// Where sysfs has PCI functions, below the root.
inline const std::string pci_devices = "sys/bus/pci/devices/";

/// A namespace that the kernel's nvme driver offers as a disk.
struct Disk {
    std::string name;  // "nvme0n1"
    std::uint64_t bytes = 0;
    /// By whom it is used, a sentence each: "nvme0n1p2 is mounted at /home". None: it is idle.
    std::vector<std::string> uses;
};

/// Another function of an IOMMU group.
struct Neighbour {
    std::string bdf;
    std::string driver;  // empty: none
    std::uint32_t class_code = 0;
};

/// A PCI function as sysfs shows it.
struct PciFunction {
    std::string bdf;  // "0000:01:00.0"
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::uint32_t class_code = 0;            // 0x010802: an NVMe controller
    std::string driver;                      // "nvme"; empty: none
    std::string driver_override;             // empty: none
    std::string group;                       // number of its IOMMU group; empty: no IOMMU
    std::vector<Neighbour> neighbours;       // what else is in that group
    std::optional<unsigned> sriov_totalvfs;  // nothing: no SR-IOV capability
    unsigned sriov_numvfs = 0;
    std::vector<std::string> vfs;  // addresses of its VFs, in their order
    std::string physfn;            // the address of its PF; empty: it is no VF
    std::string controller;        // "nvme0", as the kernel's nvme driver calls it; empty: none
    std::vector<Disk> disks;
};

constexpr std::uint32_t nvme_class = 0x010802;
constexpr const char* vfio_driver = "vfio-pci";
constexpr const char* kernel_driver = "nvme";

/// "0000:01:00.0" of that or of "01:00.0"; in words what was expected.
Result<std::string> pci_address(const std::string& text);

/// What Linux says of PCI functions, in files below a root folder that tests replace, and how it is
/// told to change something.
class System {
  public:
    explicit System(std::string root = "/");
    virtual ~System() = default;

    /// `below` without a slash in front: "sys/bus/pci/devices".
    std::string path(const std::string& below) const { return root_ + below; }
    bool exists(const std::string& below) const;
    /// A file's first line; nothing if it cannot be read.
    std::optional<std::string> line(const std::string& below) const;

    bool has_function(const std::string& bdf) const;
    /// All of it, or that there is no such function.
    Result<PciFunction> function(const std::string& bdf) const;
    /// The driver, now, of a PCI function or of a mediated device, whose name is a UUID; empty:
    /// none.
    std::string driver(const std::string& device) const;
    /// Has one of VFIO's drivers the function? vfio-pci, or one that adds migration to it.
    bool vfio_has(const std::string& bdf) const;
    /// The name of VFIO's character device of it, "vfio3"; empty: it has none.
    std::string vfio_device(const std::string& bdf) const;
    /// Addresses of all NVMe controllers.
    std::vector<std::string> nvme_functions() const;
    /// Is there an IOMMU that anything is behind?
    bool has_iommu() const;
    bool has_driver(const std::string& name) const;
    /// Has any process the function, or its group, open through VFIO?
    bool is_open(const PciFunction& function) const;

    /// Tells the kernel; 0 or errno.
    virtual int write(const std::string& below, const std::string& text) const;
    /// Whether a file can be opened for reading and writing: 0 or errno. Of a VFIO group, EBUSY
    /// says that somebody has it.
    virtual int try_open(const std::string& below) const;
    /// Whether this process may write to it: 0 or errno. Nothing is written.
    virtual int try_write(const std::string& below) const;
    /// Whether nobody has claimed the disk for himself: 0 or errno.
    virtual int try_claim(const std::string& disk) const;
    /// modprobe; in words why it could not.
    virtual std::string load_module(const std::string& name) const;

  private:
    std::optional<std::string> link(const std::string& below) const;
    std::vector<std::string> list(const std::string& below) const;
    void look_at_group(PciFunction& function) const;
    void look_at_sriov(PciFunction& function) const;
    void look_at_disks(PciFunction& function) const;
    Disk disk(const std::string& name) const;
    void find_uses(const std::string& block, Disk& disk) const;

    std::string root_;  // with a slash at its end
};

}  // namespace lmsim::sim::vfio_kernel
