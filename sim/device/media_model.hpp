#pragma once

#include <cstdint>

#include "model/nvme/step.hpp"
#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// An I/O command at the media.
struct MediaWork {
    nvme::MediaOp op = nvme::MediaOp::Read;
    std::uint16_t function = 0;  // 0: the host's own, past the VFs
    std::uint32_t ticket = 0;
    std::uint32_t bytes = 0;
    std::uint64_t lba = 0;
    Ps extra = 0;  // what logging it costs
};

/// Media of somebody else's making, in the place of those that a scenario describes. Such a run is
/// as reproducible as the model is: it may look at no clock, and draws from streams of its own
/// (sim/core/random.hpp).
class MediaModel {
  public:
    virtual ~MediaModel() = default;
    /// How long it is from `now` until the media are done with that, in picoseconds, not less than
    /// 0. Asked once for each command, in the order in which they reach the media; what commands
    /// have to wait for one another is the model's to say. MediaWork::extra comes on top of it.
    virtual Ps takes(const MediaWork& work, Ps now) = 0;
};

}  // namespace lmsim::sim
