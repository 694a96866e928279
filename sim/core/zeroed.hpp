#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace lmsim::sim {

/// Memory that holds zeros at first. A large block costs nothing until somebody writes to it; and
/// where run follows run in a process, what one has used is cleaned and handed to the next.
class ZeroedBlock {
  public:
    ZeroedBlock() = default;
    explicit ZeroedBlock(std::size_t bytes);
    ~ZeroedBlock() { release(); }
    ZeroedBlock(ZeroedBlock&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          used_(std::exchange(other.used_, 0)) {}
    ZeroedBlock& operator=(ZeroedBlock&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(used_, other.used_);
        return *this;
    }

    std::uint8_t* data() const { return data_; }
    std::size_t size() const { return size_; }
    /// Only so many bytes from the begin hold something else than zeros: what has to be cleaned.
    /// All, unless somebody says so.
    std::size_t used() const { return used_; }
    void set_used(std::size_t bytes) { used_ = bytes; }

    /// From now on blocks that are released are kept for who wants some of the same size.
    static void keep_blocks();

  private:
    void release();

    std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t used_ = 0;
};

/// A buffer that grows. Behind what was put there are zeros, as far as anybody may look.
class ZeroedBytes {
  public:
    /// The first `length` bytes, of which those from used() on are zeros and stay so.
    std::uint8_t* look(std::size_t length) {
        if (block_.size() < length) grow(length);
        return block_.data();
    }
    /// The same for who may write to all of them.
    std::uint8_t* room(std::size_t length) {
        std::uint8_t* const bytes = look(length);
        block_.set_used(std::max(used(), length));
        return bytes;
    }
    /// Replaces `length` bytes from `at` on: `from` holds `some` of them, the others are zeros.
    void put(std::size_t at, const std::uint8_t* from, std::size_t some, std::size_t length);
    /// All from there on are zeros.
    void clear_from(std::size_t at);
    std::size_t used() const { return block_.used(); }
    /// Of `length` bytes from `at` on: how many lie before the zeros.
    std::size_t used_of(std::size_t at, std::size_t length) const {
        return at >= used() ? 0 : std::min(used() - at, length);
    }

  private:
    void grow(std::size_t length);

    ZeroedBlock block_;
};

}  // namespace lmsim::sim
