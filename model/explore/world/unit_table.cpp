#include "model/explore/world/unit_table.hpp"

#include <cstring>

#include "model/assert.hpp"
#include "model/explore/world/field_mask.hpp"

namespace lmsim::explore::world {

UnitTable::UnitTable(std::size_t size)
    : size_(size), slots_(64, 0), blocks_(new std::atomic<std::uint8_t*>[most_blocks]()) {
    LMSIM_ASSERT(size % 8 == 0);
}

std::uint32_t UnitTable::number(const std::uint8_t* wanted) {
    const std::uint64_t hash = hash_words(wanted, size_ / 8);
    const std::lock_guard<std::mutex> guard(lock_);
    std::size_t at = hash & (slots_.size() - 1);
    for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
        if (std::memcmp(bytes(slots_[at]), wanted, size_) == 0) {
            return slots_[at];
        }
    }
    const std::uint32_t number = count_++;
    slots_[at] = number;
    if (number / block >= owned_.size()) {
        LMSIM_ASSERT(owned_.size() < most_blocks);
        owned_.emplace_back(new std::uint8_t[block * size_]);
        blocks_[owned_.size() - 1].store(owned_.back().get(), std::memory_order_release);
    }
    std::memcpy(owned_[number / block].get() + number % block * size_, wanted, size_);
    if (count_ > slots_.size() / 2) {
        grow();
    }
    return number;
}

void UnitTable::grow() {
    slots_.assign(slots_.size() * 2, 0);
    for (std::uint32_t number = 1; number < count_; ++number) {
        std::size_t at = hash_words(bytes(number), size_ / 8) & (slots_.size() - 1);
        while (slots_[at] != 0) {
            at = (at + 1) & (slots_.size() - 1);
        }
        slots_[at] = number;
    }
}

std::uint64_t UnitTable::memory() const {
    return owned_.size() * block * size_ + slots_.size() * sizeof(std::uint32_t);
}

}  // namespace lmsim::explore::world
