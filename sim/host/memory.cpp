#include "sim/host/memory.hpp"

#include <algorithm>
#include <cstring>

#include "sim/core/huge_pages.hpp"
#include "sim/host/page_bits.hpp"

namespace lmsim::sim {

namespace {

constexpr std::size_t usual = std::size_t{64} << 20U;  // bytes that a memory has at most, mostly

/// Of 64: mostly none, or all.
std::uint64_t count_of(std::uint64_t bits) {
    return ~bits == 0 ? 64 : static_cast<std::uint64_t>(__builtin_popcountll(bits));
}

}  // namespace

Memory::Memory(std::uint64_t pages)
    : pages_(pages),
      versions_block_(pages * sizeof(std::uint32_t)),
      versions_(reinterpret_cast<std::uint32_t*>(versions_block_.data())),
      dirty_((pages + 63) / 64, 0) {
    prefer_huge_pages(versions_, versions_block_.size());
}

Memory::~Memory() {
    versions_block_.set_used(content_end_ * sizeof(std::uint32_t));
    if (backed_ != 0 && !has_region_ && (!zeros_.empty() || says_of_bytes_)) {
        clean_bytes();
        backing_.set_used(0);
    }
}

/// Pages that may hold something else than zeros hold zeros.
void Memory::clean_bytes() {
    for (std::uint64_t page = 0; page < backed_ / page_size; ++page) {
        const bool zeros =
            zeros_.empty() ? !may_hold_bytes(page) : (zeros_[page / 64] >> (page % 64) & 1) != 0;
        if (!zeros) std::memset(base_ + page * page_size, 0, page_size);
    }
}

/// Of a memory whose writers say so. Pages that come from another host with nothing but its
/// fill() have been received, and nobody has written to them since.
bool Memory::may_hold_bytes(std::uint64_t page) const {
    if (!says_of_bytes_) {
        return true;
    }
    if (page < cleared_.size() && cleared_[page] != 0 && cleared_[page] == versions_[page]) {
        return false;
    }
    return versions_[page] > 1 || (versions_[page] > filled_ && is_dirty(page));
}

void Memory::clear(std::uint64_t address, std::uint64_t length) {
    std::uint8_t* const all = bytes(address, length);
    const std::uint64_t end = address + length;
    for (std::uint64_t at = address; at < end;) {
        const std::uint64_t part = std::min(end - at, page_size - at % page_size);
        const std::uint64_t page = at / page_size;
        const bool zeros = !may_hold_bytes(page);
        if (!zeros) std::memset(all + (at - address), 0, part);
        wrote_page(page);
        if (zeros || part == page_size) holds_zeros(page);
        at += part;
    }
}

/// With the version that it has now.
void Memory::holds_zeros(std::uint64_t page) {
    if (!says_of_bytes_) {
        return;
    }
    if (cleared_.size() <= page) cleared_.resize(std::max(page + 1, backed_ / page_size), 0);
    cleared_[page] = versions_[page];
}

void Memory::fill(std::uint64_t pages) {
    LMSIM_ASSERT(content_end_ <= pages && pages <= pages_);
    says_of_bytes_ = !has_region_ && zeros_.empty() && content_end_ == 0;
    filled_ = says_of_bytes_ ? 1 : 0;
    for (std::uint64_t page = 0; page < pages; ++page) ++versions_[page];
    content_end_ = pages;
    std::fill_n(dirty_.begin(), pages / 64, ~std::uint64_t{0});
    if (pages % 64 != 0) {
        dirty_[pages / 64] |= (std::uint64_t{1} << pages % 64) - 1;
    }
}

std::uint64_t Memory::give(std::uint64_t word, std::uint64_t pages, Memory& to) const {
    const std::uint64_t first = word * 64;
    const std::uint64_t count = count_of(pages);
    const bool bytes = first * page_size < std::max(backed_, to.backed_);
    if (!bytes && first >= content_end_ && first >= to.content_end_) {
        return count;
    }
    std::uint64_t zeros = 0;
    if (!bytes) {
        to.content_end_ = std::max(to.content_end_, std::min(first + 64, content_end_));
    }
    if (!bytes && count == 64) {
        std::uint32_t all = 0;
        for (std::uint32_t i = 0; i < 64; ++i) all += versions_[first + i] == 0 ? 1U : 0U;
        std::memcpy(to.versions_ + first, versions_ + first, 64 * sizeof(std::uint32_t));
        return all;
    }
    for (std::uint64_t left = pages; left != 0; left &= left - 1) {
        const std::uint64_t page = first + static_cast<std::uint64_t>(__builtin_ctzll(left));
        zeros += is_zero(page) ? 1 : 0;
        if (bytes) {
            to.receive(page, *this);
        } else {
            to.versions_[page] = versions_[page];
        }
    }
    return zeros;
}

Memory::Memory(std::uint64_t pages, std::uint8_t* region) : Memory(pages) {
    base_ = region;
    has_region_ = true;
    backed_ = pages * page_size;
    unwatched_ = backed_;
}

void Memory::back(std::uint64_t bytes) {
    if (bytes > backing_.size()) {
        // What is not touched takes no memory: most are never moved.
        const std::size_t room = std::max<std::size_t>({bytes, 2 * backing_.size(), usual});
        ZeroedBlock larger(std::min<std::size_t>(room, pages_ * page_size));
        prefer_huge_pages(larger.data(), larger.size());
        if (backed_ != 0) std::memcpy(larger.data(), backing_.data(), backed_);
        backing_ = std::move(larger);
    }
    base_ = backing_.data();
    backed_ = bytes;
    backing_.set_used(backed_);
    unwatched_ = is_plain() ? backed_ : 0;
}

void Memory::know_zeros() {
    LMSIM_ASSERT(!has_region_ && backed_ == 0);
    backing_ = ZeroedBlock(pages_ * page_size);
    zeros_.assign((pages_ + 63) / 64, ~std::uint64_t{0});
}

bool Memory::known_zeros(std::uint64_t address, std::uint64_t length) const {
    if (zeros_.empty()) {
        return false;
    }
    const std::uint64_t end = (address + length + page_size - 1) / page_size;
    std::uint64_t page = address / page_size;
    while (page < end && (zeros_[page / 64] >> (page % 64) & 1) != 0) ++page;
    return page >= end;
}

/// Somebody gets at these bytes, and may write.
void Memory::touch(std::uint64_t address, std::uint64_t length) {
    if (zeros_.empty() || length == 0) {
        return;
    }
    const std::uint64_t last = (address + length - 1) / page_size;
    for (std::uint64_t page = address / page_size; page <= last; ++page) {
        zeros_[page / 64] &= ~(std::uint64_t{1} << (page % 64));
    }
}

void Memory::put(std::uint64_t address, const std::uint8_t* from, std::uint64_t some,
                 std::uint64_t length) {
    if (some != 0) {
        std::memcpy(bytes(address, some), from, some);
    }
    const std::uint64_t end = address + length;
    for (std::uint64_t at = address + some; at < end;) {
        const std::uint64_t part = std::min(end - at, page_size - at % page_size);
        if (!known_zeros(at, part)) std::memset(bytes(at, part), 0, part);
        at += part;
    }
}

SparseBytes Memory::piece(std::uint64_t address, std::uint64_t length) const {
    std::uint64_t some = length;
    while (some != 0) {
        const std::uint64_t page = (address + some - 1) / page_size * page_size;
        const std::uint64_t first = std::max(page, address);
        if (!known_zeros(first, address + some - first)) break;
        some = first - address;
    }
    return {look(address, length), some, length};
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
    for (std::size_t i = first_with_pages(dirty_, 0); i < dirty_.size();
         i = first_with_pages(dirty_, i + 1)) {
        fresh += count_of(dirty_[i] & ~to[i]);
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
    const bool were_zeros = versions_[page] == 0 || !may_hold_bytes(page);
    versions_[page] = from.versions_[page];
    if (page >= content_end_ && versions_[page] != 0) {
        content_end_ = page + 1;
    }
    const std::uint64_t address = page * page_size;
    if (!from.has_bytes(address, page_size)) {
        return;
    }
    const bool zeros = says_of_bytes_ && !from.may_hold_bytes(page);
    if (!zeros || !were_zeros) {
        from.reach(address, page_size);
        std::memcpy(bytes(address, page_size), from.base_ + address, page_size);
    }
    if (zeros) {
        holds_zeros(page);
    } else if (page < cleared_.size()) {
        cleared_[page] = 0;
    }
}

void Memory::lay_out_like(const Memory& other) {
    LMSIM_ASSERT(pages() == other.pages());
    next_page_ = other.next_page_;
    if (has_region_) {
        std::memset(bytes(0, backed_), 0, backed_);
    } else {
        backing_ = ZeroedBlock();
        backed_ = 0;
        cleared_.clear();
        back(other.backed_);
        says_of_bytes_ = other.says_of_bytes_ && zeros_.empty() && content_end_ == 0;
    }
}

std::uint64_t Memory::differences(const Memory& other) const {
    std::uint64_t count = 0;
    const std::uint64_t real = std::min(backed_ / page_size, pages());
    for (std::uint64_t page = 0; page < real; ++page) {
        count += differences_in(page, other);
    }
    const std::uint64_t end = std::max({real, content_end_, other.content_end_});
    constexpr std::uint64_t some = 1024;
    for (std::uint64_t page = real; page < end; page += some) {
        const std::uint64_t length = std::min(some, end - page);
        if (std::memcmp(versions_ + page, other.versions_ + page, length * sizeof(*versions_)) ==
            0) {
            continue;
        }
        for (std::uint64_t i = page; i < page + length; ++i) {
            count += versions_[i] == other.versions_[i] ? 0 : 1;
        }
    }
    return count;
}

/// 1 if this page, which has bytes, differs from the other host's.
std::uint64_t Memory::differences_in(std::uint64_t page, const Memory& other) const {
    if (versions_[page] != other.versions_[page]) {
        return 1;
    }
    if (!may_hold_bytes(page) && !other.may_hold_bytes(page)) {
        return 0;
    }
    const std::uint64_t address = page * page_size;
    reach(address, page_size);
    other.reach(address, page_size);
    return std::memcmp(base_ + address, other.base_ + address, page_size) == 0 ? 0 : 1;
}

}  // namespace lmsim::sim
