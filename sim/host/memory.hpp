#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "model/assert.hpp"
#include "model/sparse_bytes.hpp"
#include "sim/core/zeroed.hpp"
#include "sim/host/dma_log.hpp"

namespace lmsim::sim {

constexpr std::uint64_t page_size = 4096;

/// Whoever wants to know when somebody is about to look at bytes of a memory, or to change them.
class MemoryWatch {
  public:
    virtual ~MemoryWatch() = default;
    virtual void reached(std::uint64_t address, std::uint64_t length) = 0;
};

/// A VM's memory on one host. Payload is a version per page: two hosts hold the same content where
/// the versions are equal, and 0 is the zero page. Pages at the bottom, where rings and PRP lists
/// live, have bytes as well. (Copying payload would cost more than a whole simulated command.)
class Memory {
  public:
    explicit Memory(std::uint64_t pages);
    ~Memory();
    /// All of it has bytes: those of `region`, which holds zeros, is as long and outlives this. So
    /// somebody else can reach them: another process, a device.
    Memory(std::uint64_t pages, std::uint8_t* region);
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    std::uint64_t pages() const { return pages_; }

    /// Memory that devices and drivers read and write byte by byte. Returns its address.
    std::uint64_t allocate_bytes(std::uint64_t length);
    /// Memory whose content is only a version: data buffers. Call after all allocate_bytes().
    std::uint64_t allocate_pages(std::uint64_t count);
    std::uint64_t allocated_pages() const { return next_page_; }

    /// The bytes at an address inside allocate_bytes() memory; the length must not leave it.
    std::uint8_t* bytes(std::uint64_t address, std::uint64_t length) {
        if (__builtin_expect(address + length > unwatched_, 0)) {
            reach(address, length);
            touch(address, length);
        }
        return base_ + address;
    }
    /// The same for who only reads.
    const std::uint8_t* look(std::uint64_t address, std::uint64_t length) const {
        reach(address, length);
        return base_ + address;
    }
    /// From now on it is known which pages hold nothing but zeros: of a memory without any bytes so
    /// far, which is not to be moved by such a lot.
    void know_zeros();
    /// Is all of it known to be zeros?
    bool known_zeros(std::uint64_t address, std::uint64_t length) const;
    /// Writes `length` bytes, of which `from` holds `some`; the others are zeros.
    void put(std::uint64_t address, const std::uint8_t* from, std::uint64_t some,
             std::uint64_t length);
    SparseBytes piece(std::uint64_t address, std::uint64_t length) const;
    /// Is told of every bytes() before it returns. A pointer is good until the next call of a port
    /// or a rig: later changes through it are not seen. It outlives its use; nullptr: nobody.
    void set_watch(MemoryWatch* watch) {
        watch_ = watch;
        unwatched_ = is_plain() ? backed_ : 0;
    }
    bool has_bytes(std::uint64_t address, std::uint64_t length) const {
        return address < backed_ && length <= backed_ - address;
    }

    /// Everybody who writes says so: the page has new content and is dirty for whoever logs.
    void wrote(std::uint64_t address, std::uint64_t length) {
        const std::uint64_t last = (address + length - 1) / page_size;
        for (std::uint64_t page = address / page_size; page <= last; ++page) {
            wrote_page(page);
        }
    }
    /// Writes zeros, and says so.
    void clear(std::uint64_t address, std::uint64_t length);
    /// Somebody is about to write there: the first look at a version takes long.
    void will_write(std::uint64_t page) const { __builtin_prefetch(&versions_[page], 1); }
    void wrote_page(std::uint64_t page) {
        new_version(page);
        dirty_[page / 64] |= std::uint64_t{1} << (page % 64);
    }
    /// A device wrote: as wrote(), unless what devices write is logged elsewhere.
    void dma_wrote(std::uint64_t address, std::uint64_t length) {
        const std::uint64_t last = (address + length - 1) / page_size;
        for (std::uint64_t page = address / page_size; page <= last; ++page) {
            new_version(page);
            dirty_[page / 64] |= dma_dirties_ << (page % 64);
            if (dma_log_ != nullptr) dma_log_->wrote(page);
        }
    }
    /// What devices write goes into this log, too; nullptr: into none. It outlives its use.
    void set_dma_log(DmaLog* log) { dma_log_ = log; }
    /// Is the log of writes on, and has nobody written to the page since it was read? Then the next
    /// write of a vCPU faults.
    bool is_protected(std::uint64_t page) const {
        return logged_ && (dirty_[page / 64] >> (page % 64) & 1) == 0;
    }
    void protect(bool on) { logged_ = on; }
    /// Do the writes of devices go into the dirty log by themselves?
    void log_dma(bool on) { dma_dirties_ = on ? 1 : 0; }
    /// Dirty, by what somebody else has logged.
    void mark_dirty(std::uint64_t address, std::uint64_t length) {
        const std::uint64_t end = (address + length + page_size - 1) / page_size;
        for (std::uint64_t page = address / page_size; page < end; ++page) {
            dirty_[page / 64] |= std::uint64_t{1} << (page % 64);
        }
    }
    bool is_zero(std::uint64_t page) const { return versions_[page] == 0; }
    std::uint32_t version(std::uint64_t page) const { return versions_[page]; }
    /// Of all pages, from the first one on.
    const std::uint32_t* versions() const { return versions_; }
    /// The first pages have content, and nobody has ever written bytes there: a guest before it
    /// boots. From then on who writes bytes says so, and only he.
    void fill(std::uint64_t pages);

    /// Moves the dirty log into `to` (a bit a page) and clears it; returns how many bits became set
    /// in `to` that were not set before.
    std::uint64_t collect_dirty(std::vector<std::uint64_t>& to);
    void clear_dirty();
    /// Takes those pages of 64 out of the dirty log that `pages` names, a bit each.
    void forget_dirty(std::uint64_t word, std::uint64_t pages) { dirty_[word] &= ~pages; }
    /// The dirty log of the first pages, a bit each, rounded up to 64.
    std::vector<std::uint64_t> dirty_log(std::uint64_t pages) const {
        return {dirty_.begin(), dirty_.begin() + static_cast<std::ptrdiff_t>((pages + 63) / 64)};
    }
    /// What was written since the log was `before` counts as sent: `there` has it, and it is not
    /// dirty.
    void hand_over_since(const std::vector<std::uint64_t>& before, Memory& there);

    /// Takes a page's content from another host: what a migration stream carries.
    void receive(std::uint64_t page, const Memory& from);
    /// Gives those pages of 64 to another host that `pages` names, a bit each; returns how many of
    /// them are zero.
    std::uint64_t give(std::uint64_t word, std::uint64_t pages, Memory& to) const;
    /// The same layout as another host's memory, all of it zero.
    void lay_out_like(const Memory& other);

    /// Pages whose content differs from the other host's.
    std::uint64_t differences(const Memory& other) const;

  private:
    /// So many bytes of the memory's own, the first ones as they were.
    void back(std::uint64_t bytes);
    void reach(std::uint64_t address, std::uint64_t length) const;
    void touch(std::uint64_t address, std::uint64_t length);
    bool is_plain() const { return watch_ == nullptr && zeros_.empty(); }

    void new_version(std::uint64_t page) {
        ++versions_[page];
        if (page >= content_end_) content_end_ = page + 1;
    }
    bool is_dirty(std::uint64_t page) const { return (dirty_[page / 64] >> (page % 64) & 1) != 0; }
    bool may_hold_bytes(std::uint64_t page) const;
    void holds_zeros(std::uint64_t page);
    std::uint64_t differences_in(std::uint64_t page, const Memory& other) const;
    void clean_bytes();

    std::uint64_t pages_;
    // Pages that nobody writes to take no memory here (most of a large guest).
    ZeroedBlock versions_block_;
    std::uint32_t* versions_;
    std::uint64_t content_end_ = 0;  // pages from there on have version 0
    std::uint32_t filled_ = 0;       // the version of pages that fill() has given content
    bool says_of_bytes_ = false;     // who writes bytes says so
    // By page, as far as any was cleared: its version then. With that version it holds zeros.
    std::vector<std::uint32_t> cleared_;
    std::vector<std::uint64_t> dirty_;
    bool logged_ = false;
    std::uint64_t dma_dirties_ = 1;
    DmaLog* dma_log_ = nullptr;
    ZeroedBlock backing_;               // from address 0, unless there is a region
    std::vector<std::uint64_t> zeros_;  // a bit for each page that is known to be zeros
    std::uint8_t* base_ = nullptr;      // of either
    std::uint64_t backed_ = 0;          // bytes from there on
    std::uint64_t unwatched_ = 0;       // the same, or 0 if bytes() is to be known of
    MemoryWatch* watch_ = nullptr;
    bool has_region_ = false;
    std::uint64_t next_page_ = 0;
};

}  // namespace lmsim::sim
