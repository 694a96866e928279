#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/explore/search/visited.hpp"

namespace lmsim::explore {

/// A set of byte strings, each with a hash of its bytes: the visited states without fingerprints.
/// 2 bytes and 4.6 to 5.7 of the table beside the string's own.
class FullShard {
  public:
    FullShard() : slots_(16, 0) {}

    /// True if these bytes were not there. At most 65,535 of them.
    bool insert(std::uint64_t hash, const std::uint8_t* data, std::size_t size);

    std::uint64_t size() const { return size_; }
    std::uint64_t bytes() const {
        return blocks_.size() * block_bytes + slots_.size() * sizeof(std::uint32_t);
    }

  private:
    static constexpr std::uint64_t block_bytes = 1u << 17;

    const std::uint8_t* entry(std::uint32_t slot) const;
    std::uint64_t home(std::uint64_t hash) const;
    std::uint32_t store(const std::uint8_t* data, std::size_t size);
    void grow();

    std::vector<std::uint32_t> slots_;  // 0 is free, otherwise 1 more than where the entry is
    std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;
    std::uint64_t used_ = block_bytes;  // of the last block
    std::uint64_t size_ = 0;
};

/// Sharded as VisitedSet is, by the mixed hash.
class FullSet {
  public:
    static std::uint64_t value_of(const std::uint8_t* data, std::size_t size);

    bool insert(std::uint64_t value, const std::uint8_t* data, std::size_t size) {
        return shard_[VisitedSet::shard_of(value)].insert(value, data, size);
    }
    std::uint64_t bytes() const;

  private:
    std::array<FullShard, VisitedSet::shards> shard_;
};

}  // namespace lmsim::explore
