#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/fd.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim::vfio_kernel {

/// How the kernel gives devices away: groups in a container with an IOMMU of type 1, or each by a
/// character device of its own with iommufd (Linux, Documentation/driver-api/vfio.rst).
enum class Access : std::uint8_t {
    Auto,  // by a character device where the kernel has them
    Group,
    Cdev,
};

/// Which piece of memory functions reach at which I/O virtual address: an address space and the
/// devices in it. The devices that were opened through it end before it does.
class Container {
  public:
    /// In words what this machine lacks.
    static Result<std::unique_ptr<Container>> open(Access access = Access::Auto);
    virtual ~Container() = default;

    /// Opens a PCI function, "0000:01:00.0", which vfio-pci has, or a mediated device by its UUID.
    /// The token, a UUID, is for functions that have one: VFs, and PFs with VFs.
    virtual Result<Fd> open_device(const std::string& device, const std::string& vf_token) = 0;
    Result<Fd> open_device(const std::string& device) { return open_device(device, {}); }

    /// The devices reach `size` bytes at `address`, in pieces of `piece` bytes (0: in one); all
    /// three are multiples of 4 KiB. After the first open_device(). An error in words: then none is
    /// mapped.
    std::string map(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size,
                    std::uint64_t piece = 0);
    /// Whatever is mapped in the range is no longer; a range that was never mapped is none of an
    /// error. How many bytes were mapped.
    virtual Result<std::uint64_t> unmap(std::uint64_t address, std::uint64_t size) = 0;

    virtual Access access() const = 0;

  protected:
    /// In one piece; false: errno says why.
    virtual bool map_piece(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size) = 0;
};

/// Where sysfs has the device: a PCI function, or a mediated device, whose name is a UUID.
std::string sysfs_folder(const std::string& device);
/// Has it the form of a UUID?
bool is_uuid(const std::string& text);
/// The bytes of a UUID in the order in which it is written, as the kernel's uuid_t has them.
std::array<std::uint8_t, 16> uuid_bytes(const std::string& text);

}  // namespace lmsim::sim::vfio_kernel
