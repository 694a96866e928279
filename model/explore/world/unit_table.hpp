#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace lmsim::explore::world {

/// Byte strings of one size, each once, with numbers from 1: what a unit of a state has been.
/// Threads share it. Which number a string gets is up to who comes first, and nothing may depend
/// on it; how many there are is not.
class UnitTable {
  public:
    /// `size` in bytes: a multiple of 8.
    explicit UnitTable(std::size_t size);

    std::size_t size() const { return size_; }
    std::uint32_t number(const std::uint8_t* bytes);
    /// Of a number that this thread has been given, by the table or by another thread.
    const std::uint8_t* bytes(std::uint32_t number) const {
        return blocks_[number / block].load(std::memory_order_acquire) + number % block * size_;
    }
    /// In memory; to be asked while nobody adds.
    std::uint64_t memory() const;

  private:
    static constexpr std::uint32_t block = 256;
    static constexpr std::uint32_t most_blocks = 1U << 16;

    void grow();

    const std::size_t size_;
    std::mutex lock_;
    std::uint32_t count_ = 1;
    std::vector<std::uint32_t> slots_;  // by hash; 0 is free
    std::vector<std::unique_ptr<std::uint8_t[]>> owned_;
    std::unique_ptr<std::atomic<std::uint8_t*>[]> blocks_;
};

}  // namespace lmsim::explore::world
