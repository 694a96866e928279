#pragma once

#include <cstdint>

namespace lmsim::sim {

/// A change of user data by a command of a VF.
struct MediaChange {
    std::uint16_t function = 0;
    std::uint32_t nsid = 0;
    std::uint64_t slba = 0;
    std::uint64_t blocks = 0;
    bool deallocated = false;
    std::uint32_t ticket = 0;  // of the command
};

/// Who keeps or copies the content of a device's namespaces.
class MediaListener {
  public:
    virtual ~MediaListener() = default;
    /// The media have it; its completion follows.
    virtual void changed(const MediaChange& change) = 0;
    /// A write goes to the media. True: it is not complete before NvmeDevice::mirrored() is called
    /// with the same function and ticket.
    virtual bool mirrors(std::uint16_t function, std::uint32_t ticket, std::uint32_t nsid,
                         std::uint64_t slba, std::uint64_t bytes) = 0;
};

}  // namespace lmsim::sim
