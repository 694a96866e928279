#pragma once

#include <cstddef>
#include <cstdint>

#include "model/assert.hpp"

namespace lmsim::explore::world {

/// A canonical form on its way to be hashed: 64-bit words.
class Words {
  public:
    static constexpr std::size_t capacity = 512;

    void put(std::uint64_t word) {
        LMSIM_ASSERT(size_ < capacity);
        words_[size_++] = word;
    }
    std::size_t size() const { return size_; }
    const std::uint64_t* begin() const { return words_; }
    std::uint64_t* end() { return words_ + size_; }
    void clear() { size_ = 0; }

    std::uint64_t hash() const {
        std::uint64_t lane[2] = {size_ * 0x9e37'79b9'7f4a'7c15 + 1, 0xd1b5'4a32'd192'ed03};
        std::size_t i = 0;
        for (; i + 2 <= size_; i += 2) {
            lane[0] = mix(lane[0], words_[i]);
            lane[1] = mix(lane[1], words_[i + 1]);
        }
        if (i < size_) {
            lane[0] = mix(lane[0], words_[i]);
        }
        return mix(lane[0], lane[1]);
    }

    /// Depends on the order; two words that differ give two that differ.
    static std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
        hash = (hash ^ word) * 0x9e37'79b9'7f4a'7c15;
        return hash ^ hash >> 29;
    }

  private:
    std::uint64_t words_[capacity];
    std::size_t size_ = 0;
};

/// Small numbers side by side in one word, the first lowest.
class Bits {
  public:
    template <class T>
    Bits& add(T value, unsigned width) {
        word_ |= (static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << width) - 1)) << used_;
        used_ += width;
        LMSIM_ASSERT(used_ <= 64);
        return *this;
    }
    operator std::uint64_t() const { return word_; }

  private:
    std::uint64_t word_ = 0;
    unsigned used_ = 0;
};

}  // namespace lmsim::explore::world
