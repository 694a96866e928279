#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/spec/rules.hpp"
#include "model/step.hpp"
#include "model/wire/track.hpp"

namespace lmsim::nvme {

/// Is the memory that this effect writes among what is tracked? Interrupts never are: MSI-X
/// addresses may or may not be reported (NVMe Base 2.3, 5.2.28.1.2).
bool is_tracked_write(EffectKind kind, const spec::Rules& rules);

/// Which granules of the tracked ranges of one MC were written since they were last reported.
class TrackedMemory {
  public:
    bool on() const { return !areas_.empty(); }

    /// Forgets everything and begins. `granularity`: n of granules of 2^n * 4 KiB. Ranges begin at
    /// a granule and end within 64 bits; they may overlap, and then count once.
    void start(std::uint32_t granularity, const wire::MemoryRange* ranges, std::size_t count);
    void stop();

    /// These bytes were written.
    void mark(std::uint64_t address, std::uint64_t length) {
        if (on() && length != 0) {
            mark_granules(address >> shift_, (address + (length - 1)) >> shift_);
        }
    }

    /// Granules written and not reported.
    std::uint64_t written() const { return written_; }

    /// Visits runs of written granules as ranges, neighbours merged, at most `limit` of them.
    struct Order {
        bool forget = true;  // what it visits
        bool turns = true;   // begin where the last visit ended, else at the lowest address
    };
    template <class Visitor>
    void report(std::uint64_t limit, Order order, Visitor&& visit);

  private:
    /// Granules in a row, none of them in another area, nor next to it.
    struct Area {
        std::uint64_t first = 0;  // address / granule
        std::uint64_t count = 0;
        std::uint64_t bit = 0;  // of its first granule
    };
    struct Run {
        std::uint64_t bit = 0;
        std::uint64_t count = 0;  // 0: there is none
    };

    void mark_granules(std::uint64_t first, std::uint64_t last);
    void set_bits(std::uint64_t first, std::uint64_t count);
    void clear_bits(Run run);
    /// The first run of written granules within [from, end), in one area.
    Run find(std::uint64_t from, std::uint64_t end) const;
    wire::MemoryRange range_of(Run run) const;

    std::uint32_t shift_ = 0;
    std::vector<Area> areas_;  // by address
    std::vector<std::uint64_t> bits_;
    std::uint64_t size_ = 0;     // bits in use
    std::uint64_t written_ = 0;  // bits set
    std::uint64_t turn_ = 0;     // the bit to begin at
};

template <class Visitor>
void TrackedMemory::report(std::uint64_t limit, Order order, Visitor&& visit) {
    const std::uint64_t begin = order.turns ? turn_ : 0;
    std::uint64_t from = begin;
    std::uint64_t end = size_;
    while (limit != 0) {
        const Run run = find(from, end);
        if (run.count == 0) {
            if (end == begin || begin == 0) {
                return;
            }
            from = 0;  // once around
            end = begin;
            continue;
        }
        visit(range_of(run));
        --limit;
        from = run.bit + run.count;
        turn_ = from < size_ ? from : 0;
        if (order.forget) {
            clear_bits(run);
        }
    }
}

}  // namespace lmsim::nvme
