#include "model/explore/search/full_set.hpp"

#include <algorithm>
#include <utility>

#include "model/assert.hpp"
#include "model/pack.hpp"

namespace lmsim::explore {

namespace {

constexpr std::size_t length_bytes = 2;

std::size_t length_of(const std::uint8_t* entry) {
    return static_cast<std::size_t>(entry[0]) | static_cast<std::size_t>(entry[1]) << 8;
}

}  // namespace

std::uint64_t FullSet::value_of(const std::uint8_t* data, std::size_t size) {
    return VisitedSet::mix(hash_bytes(data, size));
}

std::uint64_t FullSet::bytes() const {
    std::uint64_t sum = 0;
    for (const FullShard& shard : shard_) {
        sum += shard.bytes();
    }
    return sum;
}

const std::uint8_t* FullShard::entry(std::uint32_t slot) const {
    const std::uint64_t at = slot - 1;
    return &blocks_[at / block_bytes][at % block_bytes];
}

/// The first 6 bits chose the shard; the next 32 are enough for a table of 2^32 bytes of entries.
std::uint64_t FullShard::home(std::uint64_t hash) const {
    return ((hash << 6 >> 32) * slots_.size()) >> 32;
}

bool FullShard::insert(std::uint64_t hash, const std::uint8_t* data, std::size_t size) {
    if (size_ + size_ / 7 >= slots_.size() - 1) {
        grow();
    }
    std::uint64_t at = home(hash);
    for (; slots_[at] != 0; at = at + 1 == slots_.size() ? 0 : at + 1) {
        const std::uint8_t* const other = entry(slots_[at]);
        if (length_of(other) == size && std::equal(data, data + size, other + length_bytes)) {
            return false;
        }
    }
    slots_[at] = store(data, size);
    ++size_;
    return true;
}

std::uint32_t FullShard::store(const std::uint8_t* data, std::size_t size) {
    const std::uint64_t needed = size + length_bytes;
    LMSIM_ASSERT(needed <= block_bytes && size <= 0xffff);
    if (used_ + needed > block_bytes) {
        blocks_.emplace_back(new std::uint8_t[block_bytes]);
        used_ = 0;
    }
    const std::uint64_t at = (blocks_.size() - 1) * block_bytes + used_;
    LMSIM_ASSERT(at + needed < 0xffffffff);
    std::uint8_t* const out = &blocks_.back()[used_];
    out[0] = static_cast<std::uint8_t>(size);
    out[1] = static_cast<std::uint8_t>(size >> 8);
    std::copy(data, data + size, out + length_bytes);
    used_ += needed;
    return static_cast<std::uint32_t>(at) + 1;
}

void FullShard::grow() {
    const std::vector<std::uint32_t> old = std::move(slots_);
    slots_.assign(old.size() + old.size() / 4, 0);
    for (const std::uint32_t slot : old) {
        if (slot == 0) {
            continue;
        }
        const std::uint8_t* const data = entry(slot);
        std::uint64_t at = home(FullSet::value_of(data + length_bytes, length_of(data)));
        while (slots_[at] != 0) {
            at = at + 1 == slots_.size() ? 0 : at + 1;
        }
        slots_[at] = slot;
    }
}

}  // namespace lmsim::explore
