#pragma once

#include <cstdint>

#include "model/assert.hpp"

namespace lmsim::sim::fio {

/// A random order of the numbers 0 .. count-1 that needs no memory: a keyed bijection on the next
/// power of two, repeated until the result is below count (twice on average at most).
class Permutation {
  public:
    Permutation() = default;

    Permutation(std::uint64_t count, std::uint64_t key) : count_(count), key_(key) {
        LMSIM_ASSERT(count != 0 && count <= 1ULL << 62);
        const unsigned bits =
            count == 1 ? 0 : 64U - static_cast<unsigned>(__builtin_clzll(count - 1));
        mask_ = (1ULL << bits) - 1;
        shift_ = bits < 2 ? 1 : (bits + 1) / 2;
    }

    std::uint64_t count() const { return count_; }

    /// The number at `index`, which is below count().
    std::uint64_t at(std::uint64_t index) const {
        std::uint64_t x = index;
        do {
            x = (x + key_) & mask_;
            x ^= x >> shift_;
            x = (x * 0x9e3779b97f4a7c15) & mask_;
            x ^= x >> shift_;
            x = (x + (key_ >> 32U)) * 0xbf58476d1ce4e5b9 & mask_;
            x ^= x >> shift_;
            x = x * 0x94d049bb133111eb & mask_;
            x ^= x >> shift_;
        } while (x >= count_);
        return x;
    }

  private:
    std::uint64_t count_ = 1;
    std::uint64_t key_ = 0;
    std::uint64_t mask_ = 0;
    unsigned shift_ = 1;
};

}  // namespace lmsim::sim::fio
