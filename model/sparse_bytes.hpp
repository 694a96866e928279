#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "model/assert.hpp"
#include "model/pack.hpp"

namespace lmsim {

/// Bytes of which a beginning is stored; behind it are zeros, which take no memory. The state of a
/// controller is megabytes, most of which say nothing.
class SparseBytes {
  public:
    SparseBytes() = default;
    explicit SparseBytes(std::vector<std::uint8_t> bytes)
        : stored_(std::move(bytes)), size_(stored_.size()) {}
    /// `length` bytes, of which `from` holds `some`.
    SparseBytes(const std::uint8_t* from, std::size_t some, std::size_t length)
        : stored_(from, from + some), size_(length) {
        LMSIM_ASSERT(some <= length);
    }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    void clear() { resize(0); }
    /// What is new is zero.
    void resize(std::size_t size) {
        size_ = size;
        stored_.resize(std::min(stored_.size(), size));
    }

    const std::uint8_t* stored() const { return stored_.data(); }
    std::size_t stored_size() const { return stored_.size(); }
    /// How many of `length` bytes from `at` on are stored.
    std::size_t stored_of(std::size_t at, std::size_t length) const {
        return at < stored_.size() ? std::min(length, stored_.size() - at) : 0;
    }

    std::uint8_t operator[](std::size_t at) const { return at < stored_.size() ? stored_[at] : 0; }
    /// A byte to be changed: all before it are stored from now on.
    std::uint8_t& at(std::size_t at) {
        LMSIM_ASSERT(at < size_);
        if (at >= stored_.size()) {
            stored_.resize(at + 1, 0);
        }
        return stored_[at];
    }

    /// All of them, zeros included.
    std::vector<std::uint8_t> all() const {
        std::vector<std::uint8_t> bytes = stored_;
        bytes.resize(size_, 0);
        return bytes;
    }
    /// Equal bytes have equal hashes, however many are stored.
    std::uint64_t hash() const {
        constexpr std::size_t few = std::size_t{64} << 10U;
        if (size_ <= few) {
            const std::vector<std::uint8_t> bytes = all();
            return hash_bytes(bytes.data(), bytes.size());
        }
        return hash_bytes(stored_.data(), last_of_content()) ^ size_;
    }

    friend bool operator==(const SparseBytes& a, const SparseBytes& b) {
        const std::size_t used = a.last_of_content();
        return a.size_ == b.size_ && used == b.last_of_content() &&
               std::equal(a.stored_.begin(), a.stored_.begin() + static_cast<std::ptrdiff_t>(used),
                          b.stored_.begin());
    }
    friend bool operator!=(const SparseBytes& a, const SparseBytes& b) { return !(a == b); }

  private:
    /// Bytes up to the last one that is not zero.
    std::size_t last_of_content() const {
        const auto last = std::find_if(stored_.rbegin(), stored_.rend(),
                                       [](std::uint8_t byte) { return byte != 0; });
        return static_cast<std::size_t>(stored_.rend() - last);
    }

    std::vector<std::uint8_t> stored_;
    std::size_t size_ = 0;
};

}  // namespace lmsim
