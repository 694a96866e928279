#include "sim/host/memory.hpp"

#include <algorithm>
#include <cstring>

namespace lmsim::sim {

Memory::Memory(std::uint64_t pages) : versions_(pages, 0), dirty_((pages + 63) / 64, 0) {}

std::uint64_t Memory::allocate_bytes(std::uint64_t length) {
    LMSIM_ASSERT(backing_.size() == next_page_ * page_size);
    const std::uint64_t count = (length + page_size - 1) / page_size;
    const std::uint64_t address = allocate_pages(count);
    backing_.resize(next_page_ * page_size, 0);
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

void Memory::clear_dirty() { std::fill(dirty_.begin(), dirty_.end(), 0); }

void Memory::receive(std::uint64_t page, const Memory& from) {
    versions_[page] = from.versions_[page];
    const std::uint64_t address = page * page_size;
    if (from.has_bytes(address, page_size)) {
        std::memcpy(bytes(address, page_size), from.backing_.data() + address, page_size);
    }
}

void Memory::lay_out_like(const Memory& other) {
    LMSIM_ASSERT(pages() == other.pages());
    next_page_ = other.next_page_;
    backing_.assign(other.backing_.size(), 0);
}

std::uint64_t Memory::first_difference(const Memory& other) const {
    const auto mismatch =
        std::mismatch(versions_.begin(), versions_.end(), other.versions_.begin());
    if (mismatch.first != versions_.end()) {
        return static_cast<std::uint64_t>(mismatch.first - versions_.begin());
    }
    const auto byte = std::mismatch(backing_.begin(), backing_.end(), other.backing_.begin());
    if (byte.first != backing_.end()) {
        return static_cast<std::uint64_t>(byte.first - backing_.begin()) / page_size;
    }
    return pages();
}

}  // namespace lmsim::sim
