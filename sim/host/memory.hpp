#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "model/assert.hpp"
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
        }
        return base_ + address;
    }
    /// Is told of every bytes() before it returns. A pointer is good until the next call of a port
    /// or a rig: later changes through it are not seen. It outlives its use; nullptr: nobody.
    void set_watch(MemoryWatch* watch) {
        watch_ = watch;
        unwatched_ = watch == nullptr ? backed_ : 0;
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
    void wrote_page(std::uint64_t page) {
        ++versions_[page];
        dirty_[page / 64] |= std::uint64_t{1} << (page % 64);
    }
    /// A device wrote: as wrote(), unless what devices write is logged elsewhere.
    void dma_wrote(std::uint64_t address, std::uint64_t length) {
        const std::uint64_t last = (address + length - 1) / page_size;
        for (std::uint64_t page = address / page_size; page <= last; ++page) {
            ++versions_[page];
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
    /// Are these 64 pages all zero? `page` is a multiple of 64.
    bool are_zero(std::uint64_t page) const {
        std::uint32_t any = 0;
        for (std::uint64_t i = page; i < page + 64; ++i) any |= versions_[i];
        return any == 0;
    }
    std::uint32_t version(std::uint64_t page) const { return versions_[page]; }

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
    /// The same for 64 zero pages without bytes; `page` is a multiple of 64.
    void receive_zeros(std::uint64_t page);
    /// The same layout as another host's memory, all of it zero.
    void lay_out_like(const Memory& other);

    /// Pages whose content differs from the other host's.
    std::uint64_t differences(const Memory& other) const;

  private:
    /// So many bytes of the memory's own, the first ones as they were.
    void back(std::uint64_t bytes);
    void reach(std::uint64_t address, std::uint64_t length) const;

    struct Free {
        void operator()(std::uint32_t* versions) const { std::free(versions); }
    };

    std::uint64_t pages_;
    // From calloc: pages that nobody writes to take no memory here (most of a large guest).
    std::unique_ptr<std::uint32_t[], Free> versions_;
    std::vector<std::uint64_t> dirty_;
    bool logged_ = false;
    std::uint64_t dma_dirties_ = 1;
    DmaLog* dma_log_ = nullptr;
    std::vector<std::uint8_t> backing_;  // from address 0, unless there is a region
    std::uint8_t* base_ = nullptr;       // of either
    std::uint64_t backed_ = 0;           // bytes from there on
    std::uint64_t unwatched_ = 0;        // the same, or 0 if somebody watches
    MemoryWatch* watch_ = nullptr;
    bool has_region_ = false;
    std::uint64_t next_page_ = 0;
};

}  // namespace lmsim::sim
