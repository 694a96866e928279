#include "sim/host/memory.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "sim/core/huge_pages.hpp"

namespace lmsim::sim {

Memory::Memory(std::uint64_t pages)
    : pages_(pages),
      versions_(static_cast<std::uint32_t*>(std::calloc(pages, sizeof(std::uint32_t)))),
      dirty_((pages + 63) / 64, 0) {
    if (versions_ == nullptr && pages != 0) {
        throw std::bad_alloc();
    }
}

Memory::Memory(std::uint64_t pages, std::uint8_t* region) : Memory(pages) {
    base_ = region;
    has_region_ = true;
    backed_ = pages * page_size;
    unwatched_ = backed_;
}

void Memory::back(std::uint64_t bytes) {
    if (bytes > backing_.capacity()) {
        backing_.reserve(std::max<std::size_t>(bytes, 2 * backing_.capacity()));
        prefer_huge_pages(backing_.data(), backing_.capacity());
    }
    backing_.resize(bytes, 0);
    base_ = backing_.data();
    backed_ = bytes;
    unwatched_ = watch_ == nullptr ? backed_ : 0;
}

void Memory::reach(std::uint64_t address, std::uint64_t length) const {
    LMSIM_ASSERT(address + length <= backed_);
    if (watch_ != nullptr) {
        watch_->reached(address, length);
    }
}

std::uint64_t Memory::allocate_bytes(std::uint64_t length) {
    LMSIM_ASSERT(has_region_ || backed_ == next_page_ * page_size);
    const std::uint64_t count = (length + page_size - 1) / page_size;
    const std::uint64_t address = allocate_pages(count);
    if (!has_region_) {
        back(next_page_ * page_size);
    }
    return address;
}

std::uint64_t Memory::allocate_pages(std::uint64_t count) {
    LMSIM_ASSERT(count <= pages() - next_page_);
    const std::uint64_t address = next_page_ * page_size;
    next_page_ += count;
    return address;
}

std::uint64_t Memory::collect_dirty(std::vector<std::uint64_t>& to) {
    LMSIM_ASSERT(to.size() == dirty_.size());
    std::uint64_t fresh = 0;
    for (std::size_t i = 0; i < dirty_.size(); ++i) {
        fresh += static_cast<std::uint64_t>(__builtin_popcountll(dirty_[i] & ~to[i]));
        to[i] |= dirty_[i];
        dirty_[i] = 0;
    }
    return fresh;
}

void Memory::hand_over_since(const std::vector<std::uint64_t>& before, Memory& there) {
    for (std::size_t i = 0; i < before.size(); ++i) {
        for (std::uint64_t fresh = dirty_[i] & ~before[i]; fresh != 0; fresh &= fresh - 1) {
            there.receive(i * 64 + static_cast<std::uint64_t>(__builtin_ctzll(fresh)), *this);
        }
        dirty_[i] &= before[i];
    }
}

void Memory::clear_dirty() { std::fill(dirty_.begin(), dirty_.end(), 0); }

void Memory::receive(std::uint64_t page, const Memory& from) {
    versions_[page] = from.versions_[page];
    const std::uint64_t address = page * page_size;
    if (from.has_bytes(address, page_size)) {
        from.reach(address, page_size);
        std::memcpy(bytes(address, page_size), from.base_ + address, page_size);
    }
}

void Memory::receive_zeros(std::uint64_t page) {
    LMSIM_ASSERT(!has_bytes(page * page_size, page_size));
    if (!are_zero(page)) {
        std::fill_n(versions_.get() + page, 64, 0);
    }
}

void Memory::lay_out_like(const Memory& other) {
    LMSIM_ASSERT(pages() == other.pages());
    next_page_ = other.next_page_;
    if (has_region_) {
        std::memset(bytes(0, backed_), 0, backed_);
    } else {
        backing_.clear();
        back(other.backed_);
    }
}

std::uint64_t Memory::differences(const Memory& other) const {
    std::uint64_t count = 0;
    for (std::uint64_t page = 0; page < pages(); ++page) {
        const std::uint64_t address = page * page_size;
        const bool real = has_bytes(address, page_size);
        if (real) {
            reach(address, page_size);
            other.reach(address, page_size);
        }
        const bool same_bytes =
            !real || std::memcmp(base_ + address, other.base_ + address, page_size) == 0;
        count += versions_[page] == other.versions_[page] && same_bytes ? 0 : 1;
    }
    return count;
}

}  // namespace lmsim::sim
