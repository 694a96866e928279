#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/host/memory.hpp"

namespace lmsim::sim {

/// The migration's view of guest memory: which pages still have to go, and the pass over them
/// (QEMU 10.1 migration/ram.c: the dirty bitmap and find_dirty_block()).
class RamSender {
  public:
    /// Bytes that precede each page on the wire: offset and flags; a zero page adds one byte.
    static constexpr std::uint64_t page_header = 8;

    /// What went out, in pages of 4 KiB: those of zeros are a header alone.
    struct Sent {
        std::uint64_t normal = 0;  // pages
        std::uint64_t zero = 0;
        std::uint64_t pages() const { return normal + zero; }
        std::uint64_t bytes() const {
            return normal * (page_size + page_header) + zero * (page_header + 1);
        }
    };

    RamSender(Memory& from, Memory& to)
        : from_(from), to_(to), dirty_((from.pages() + 63) / 64, 0) {}

    /// Everything has to be sent, and from now on writes are logged.
    void start() {
        from_.clear_dirty();
        from_.protect(true);
        for (std::uint64_t page = 0; page < from_.pages(); page += 64) {
            const std::uint64_t rest = from_.pages() - page;
            dirty_[page / 64] = rest >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << rest) - 1;
        }
        left_ = from_.pages();
        cursor_ = 0;
        begin_round();
    }
    /// Pages that the log of writes has and that were to be sent anyway.
    std::uint64_t written_again() const {
        const std::vector<std::uint64_t> log = from_.dirty_log(from_.pages());
        std::uint64_t pages = 0;
        for (std::size_t i = 0; i < log.size(); ++i) {
            pages += static_cast<std::uint64_t>(__builtin_popcountll(log[i] & dirty_[i]));
        }
        return pages;
    }
    /// Takes the log of writes over; returns how many pages became dirty by it.
    std::uint64_t sync() {
        const std::uint64_t fresh = from_.collect_dirty(dirty_);
        left_ += fresh;
        begin_round();
        return fresh;
    }
    /// From now on the log of so many pages (0: none, else a multiple of 64) is cleared before the
    /// first of them is sent in a round: what was written to them up to then goes with it (QEMU
    /// 8.2 migration/ram.c, migration_clear_memory_region_dirty_bitmap).
    void clear_before_sending(std::uint64_t pages) {
        LMSIM_ASSERT(pages % 64 == 0);
        chunk_ = pages;
        cleared_.assign(pages == 0 ? 0 : (from_.pages() + pages - 1) / pages, false);
    }
    /// Writes are logged no more.
    void stop() { from_.protect(false); }
    /// Sends at most `pages` pages from where the pass stands.
    Sent send(std::uint64_t pages);

    std::uint64_t left() const { return left_; }

  private:
    void begin_round() { std::fill(cleared_.begin(), cleared_.end(), false); }
    void clear_log();
    bool find_next();
    void send_word(std::uint64_t most, Sent& sent);

    Memory& from_;
    Memory& to_;
    std::vector<std::uint64_t> dirty_;
    std::uint64_t chunk_ = 0;    // pages
    std::vector<bool> cleared_;  // in this round, by chunk
    std::uint64_t left_ = 0;
    std::uint64_t cursor_ = 0;
};

}  // namespace lmsim::sim
