#pragma once

#include <cstdint>
#include <vector>

namespace lmsim::sim::vfio_user {

/// The features of VFIO that migrate a function, for clients that ask (DEVICE_FEATURE,
/// MIG_DATA_READ, MIG_DATA_WRITE). Each call answers 0 or an errno.
class Migration {
  public:
    virtual ~Migration() = default;
    /// `request` begins with argsz and flags (struct vfio_device_feature); `reply` begins likewise.
    virtual int feature(const std::vector<std::uint8_t>& request,
                        std::vector<std::uint8_t>& reply) = 0;
    /// At most `most` bytes of the stream are appended; none: it has ended.
    virtual int read(std::uint32_t most, std::vector<std::uint8_t>& to) = 0;
    virtual int write(const std::uint8_t* from, std::size_t size) = 0;
    /// The function was reset.
    virtual void was_reset() = 0;
};

}  // namespace lmsim::sim::vfio_user
