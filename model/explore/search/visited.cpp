#include "model/explore/search/visited.hpp"

#include <utility>

#include "model/assert.hpp"

namespace lmsim::explore {

namespace {

constexpr std::uint64_t first_room = 16;
constexpr unsigned shard_bits = 6;
static_assert(VisitedSet::shards == 1u << shard_bits);

std::unique_ptr<std::uint64_t[]> cleared(std::uint64_t count) {
    return std::unique_ptr<std::uint64_t[]>(new std::uint64_t[count]());
}

/// The upper half of the product: a number below `room` in proportion to `value`.
std::uint64_t scaled(std::uint64_t value, std::uint64_t room) {
    __extension__ typedef unsigned __int128 Wide;
    return static_cast<std::uint64_t>((static_cast<Wide>(value) * room) >> 64);
}

}  // namespace

FingerprintShard::FingerprintShard() : slots_(cleared(first_room + tail)), room_(first_room) {}

std::uint64_t FingerprintShard::home(std::uint64_t value) const {
    return scaled(value << shard_bits, room_);
}

bool FingerprintShard::contains(std::uint64_t value) const {
    const std::uint64_t* slot = &slots_[home(value)];
    // The last slot is never taken, so the walk ends. 0 is free.
    while (*slot != 0 && *slot < value) {
        ++slot;
    }
    return *slot == value;
}

bool FingerprintShard::insert(std::uint64_t value) {
    const std::uint64_t before = size_;
    if (size_ + size_ / 7 >= room_) {
        if (contains(value)) {
            return false;
        }
        grow();
    }
    while (!place(value)) {
        grow();
    }
    return size_ != before;
}

/// False if the entries pushed behind do not fit.
bool FingerprintShard::place(std::uint64_t value) {
    const std::uint64_t end = room_ + tail - 1;
    std::uint64_t at = home(value);
    while (slots_[at] != 0 && slots_[at] < value) {
        ++at;
    }
    if (slots_[at] == value) {
        return true;
    }
    std::uint64_t free = at;
    while (slots_[free] != 0) {
        ++free;
    }
    if (free >= end) {
        return false;
    }
    for (; free > at; --free) {
        slots_[free] = slots_[free - 1];
    }
    slots_[at] = value;
    ++size_;
    return true;
}

void FingerprintShard::grow() {
    const std::uint64_t old_count = room_ + tail;
    const std::unique_ptr<std::uint64_t[]> old = std::move(slots_);
    room_ += room_ / 4;
    slots_ = cleared(room_ + tail);
    std::uint64_t next_free = 0;
    for (std::uint64_t i = 0; i < old_count; ++i) {
        if (old[i] == 0) {
            continue;
        }
        const std::uint64_t wanted = home(old[i]);
        next_free = wanted > next_free ? wanted : next_free;
        LMSIM_ASSERT(next_free + 1 < room_ + tail);
        slots_[next_free++] = old[i];
    }
}

std::uint64_t VisitedSet::mix(std::uint64_t fingerprint) {
    std::uint64_t x = fingerprint;
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
    x ^= x >> 33;
    // 0 is a free slot; the value that is given up for it is one in 2^64.
    return x == 0 ? 1 : x;
}

std::uint64_t VisitedSet::size() const {
    std::uint64_t sum = 0;
    for (const FingerprintShard& shard : shard_) {
        sum += shard.size();
    }
    return sum;
}

std::uint64_t VisitedSet::bytes() const {
    std::uint64_t sum = 0;
    for (const FingerprintShard& shard : shard_) {
        sum += shard.bytes();
    }
    return sum;
}

double omission_probability(std::uint64_t states) {
    constexpr double two_to_65 = 36893488147419103232.0;
    const double count = static_cast<double>(states);
    const double bound = states < 2 ? 0.0 : count * (count - 1) / two_to_65;
    return bound > 1 ? 1 : bound;
}

}  // namespace lmsim::explore
