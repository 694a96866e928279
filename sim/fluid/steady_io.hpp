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
    /// Another of its `looks` parts of the same length is over, but for the last one.
    void look(const Guest& guest);
    /// It is over. True if there was enough to see and both halves were alike, and if a longer one
    /// would see hardly another page written, unless that is to be no reason.
    bool end(Ps now, const Guest& guest, const IoBusy& busy, bool whatever_grows);
    static constexpr unsigned looks = 16;

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
    static constexpr unsigned spans = 5;  // 1, 2, 4, 8 and 16 parts of the measured time

    struct Group {
        IoPages pages;
        std::uint64_t writes = 0;  // into all of them, in the measured time, in 2^-16
        // Pages, in sixteenths, that are written within so many parts, on average.
        std::array<std::uint64_t, spans> distinct{};
        std::uint64_t carry = 0;   // pages that the marks so far have left over, in 2^-32
        std::uint64_t filled = 0;  // of a ring's newest page, entries in 2^-32
    };

    void see(const Memory& memory);
    void look_at(Group& group, const Memory& memory) const;
    static void share_out(std::vector<Group>& rings);
    void find_groups(const Guest& guest);
    bool grows() const;
    // How many, in 2^-32.
    std::uint64_t writes_in(const Group& group, Ps span) const;
    std::uint64_t buffers_in(const Group& group, Ps span) const;
    std::uint64_t ring_pages_in(Group& group, Ps span) const;  // whole ones
    std::uint32_t written(std::uint64_t page, const Memory& memory) const;
    std::uint64_t filled(const Group& group, const Memory& memory) const;
    std::size_t newest(const Group& group, const Memory& memory) const;
    void write_page(Memory& memory, std::uint64_t page);
    void write_ring(Memory& memory, const Group& group, std::uint64_t count);

    metrics::GuestSample sample_;
    std::array<std::uint64_t, 2> half_{};
    Ps began_ = 0;
    IoBusy busy_{};
    std::vector<std::uint32_t> versions_;  // of pages when it began
    std::vector<std::uint32_t> seen_;      // and at the last look
    std::vector<std::uint16_t> in_part_;   // a bit for each part that wrote to the page
    unsigned parts_ = 0;
    std::vector<Group> groups_;
    std::vector<std::uint32_t> marked_;  // how often write_pages() wrote to the page
    std::uint64_t turn_ = 0;
};

}  // namespace lmsim::sim
