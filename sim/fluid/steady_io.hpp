#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/device/nvme_device.hpp"
#include "sim/guest/guest.hpp"
#include "sim/metrics/guest_meter.hpp"

namespace lmsim::sim {

/// Time that guest I/O keeps the parts of both sides' devices busy: links up, down, and media.
using IoBusy = std::array<Ps, 6>;
IoBusy io_busy(const NvmeDevice& source, const NvmeDevice& destination);

/// What the guest's I/O does while nothing else happens, measured over some time: what it
/// completes, what it keeps busy, and which pages it writes how often.
class SteadyIo {
  public:
    /// A measurement begins: `now` and what was busy so far.
    void begin(Ps now, const Guest& guest, const IoBusy& busy);
    /// Half of it is over.
    void half(const Guest& guest);
    /// It is over. True if there was enough to see and both halves were alike.
    bool end(Ps now, const Guest& guest, const IoBusy& busy);

    /// Where completions are counted meanwhile.
    metrics::GuestSample& sample() { return sample_; }
    const metrics::GuestSample& sample() const { return sample_; }

    /// After this time I/O that began anew is as steady as before.
    Ps settling() const;
    /// Of what is busy, the part of a time of this length.
    IoBusy busy_in(Ps span) const;
    /// Writes into the memory what I/O would have in a time of this length.
    void write_pages(Memory& memory, Ps span);

  private:
    struct Group {
        IoPages pages;
        std::uint64_t writes = 0;  // into all of them, in the measured time
        std::uint64_t used = 0;    // pages that were ever written
        std::uint64_t late = 0;    // that the second half wrote and the first did not
    };

    void look_at(Group& group, const Memory& memory) const;
    std::uint64_t in_use(const Group& group, Ps span) const;

    metrics::GuestSample sample_;
    std::array<std::uint64_t, 2> half_{};
    Ps began_ = 0;
    Ps ended_ = 0;
    IoBusy busy_{};
    std::vector<std::uint32_t> versions_;  // of pages when it began
    std::vector<std::uint32_t> halfway_;
    std::vector<Group> groups_;
    std::uint64_t turn_ = 0;
};

}  // namespace lmsim::sim
