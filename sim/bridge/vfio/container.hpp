#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/fd.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim::vfio {

/// Which piece of memory functions reach at which I/O virtual address: a VFIO container with an
/// IOMMU of type 1 (version 2), and the groups in it (Linux, Documentation/driver-api/vfio.rst).
/// The functions that were opened through it end before it does.
class Container {
  public:
    /// In words what this machine lacks.
    static Result<std::unique_ptr<Container>> open();

    /// Opens the function, "0000:01:00.0", which vfio-pci has; its group joins the container. The
    /// token, a UUID, is for functions that have one: PFs with VFs.
    Result<Fd> open_device(const std::string& bdf, const std::string& vf_token = {});

    /// The functions reach `size` bytes at `address`, in pieces of `piece` bytes (0: in one); all
    /// three are multiples of 4 KiB. After the first open_device(). An error in words: then none is
    /// mapped.
    std::string map(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size,
                    std::uint64_t piece = 0);
    /// Whatever is mapped in the range is no longer; a range that was never mapped is none of an
    /// error. How many bytes were mapped.
    Result<std::uint64_t> unmap(std::uint64_t address, std::uint64_t size);

  private:
    explicit Container(Fd fd) : fd_(std::move(fd)) {}
    Result<int> group_of(const std::string& bdf);

    struct Group {
        std::string number;
        Fd fd;
    };
    // Before the groups: they leave it first.
    Fd fd_;
    std::vector<Group> groups_;
};

}  // namespace lmsim::sim::vfio
