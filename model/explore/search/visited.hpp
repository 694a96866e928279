#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace lmsim::explore {

/// A set of 64-bit fingerprints in order of their value, with gaps: an entry stands at the place
/// that its value has in proportion, or as near behind it as is free. In order, because a look-up
/// ends at the first larger one and growing is one pass from front to back. At most 7/8 full, and
/// a quarter larger each time: 9.1 to 11.5 bytes an entry.
class FingerprintShard {
  public:
    FingerprintShard();

    bool contains(std::uint64_t value) const;
    /// True if it was not there.
    bool insert(std::uint64_t value);
    void prefetch(std::uint64_t value) const { __builtin_prefetch(&slots_[home(value)]); }

    std::uint64_t size() const { return size_; }
    std::uint64_t bytes() const { return (room_ + tail) * sizeof(std::uint64_t); }

  private:
    /// Entries pushed behind the last place. Growing makes room if even these run out.
    static constexpr std::uint64_t tail = 128;

    std::uint64_t home(std::uint64_t value) const;
    bool place(std::uint64_t value);
    void grow();

    std::unique_ptr<std::uint64_t[]> slots_;
    std::uint64_t room_;
    std::uint64_t size_ = 0;
};

/// The visited states: 64 shards by the first 6 bits. Different threads may insert into different
/// shards; nobody may look up while somebody inserts.
class VisitedSet {
  public:
    static constexpr unsigned shards = 64;

    /// Bijective, so fingerprints that differ stay different; 0 is the one value that is taken.
    static std::uint64_t mix(std::uint64_t fingerprint);
    static unsigned shard_of(std::uint64_t value) { return static_cast<unsigned>(value >> 58); }

    bool contains(std::uint64_t value) const { return shard_[shard_of(value)].contains(value); }
    bool insert(std::uint64_t value) { return shard_[shard_of(value)].insert(value); }
    void prefetch(std::uint64_t value) const { shard_[shard_of(value)].prefetch(value); }

    std::uint64_t size() const;
    std::uint64_t bytes() const;

  private:
    std::array<FingerprintShard, shards> shard_;
};

/// An upper bound of the probability that two of `states` different states had the same
/// fingerprint, and one of them was left out: n (n - 1) / 2^65, if fingerprints are random.
double omission_probability(std::uint64_t states);

}  // namespace lmsim::explore
