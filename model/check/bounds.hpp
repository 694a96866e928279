#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/assert.hpp"
#include "model/check/block_journal.hpp"

namespace lmsim::check {

/// Exactly N items: part of a state that memcpy may move.
template <class T, std::size_t N>
struct FixedTable {
    T items[N] = {};

    T& at(std::size_t i) {
        LMSIM_ASSERT(i < N);
        return items[i];
    }
    std::size_t size() const { return N; }
    T* begin() { return items; }
    T* end() { return items + N; }
    const T* begin() const { return items; }
    const T* end() const { return items + N; }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.items);
    }
};

/// As many as were asked for: grows, and never shrinks.
template <class T>
class GrowingTable {
  public:
    T& at(std::size_t i) {
        if (__builtin_expect(i >= items_.size(), 0)) {
            grow(i + 1);
        }
        return items_[i];
    }
    std::size_t size() const { return items_.size(); }
    auto begin() { return items_.begin(); }
    auto end() { return items_.end(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }

  private:
    __attribute__((noinline)) void grow(std::size_t size) { items_.resize(size); }

    std::vector<T> items_;
};

/// A set of blocks: of at most 64, a bit each.
struct BlockMask {
    std::uint64_t bits = 0;

    void add(std::uint64_t first, std::uint64_t count) { bits |= mask(first, count); }
    void remove(std::uint64_t first, std::uint64_t count) { bits &= ~mask(first, count); }
    void clear() { bits = 0; }
    bool empty() const { return bits == 0; }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.bits);
    }

  private:
    static std::uint64_t mask(std::uint64_t first, std::uint64_t count) {
        LMSIM_ASSERT(first < 64 && count <= 64 - first);
        const std::uint64_t ones =
            count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
        return ones << first;
    }
};

/// For searches: as small as shows the protocol.
struct ProofBounds {
    static constexpr std::size_t vfs = 2;
    static constexpr std::size_t queues = 2;  // the admin queue is 0
    static constexpr std::size_t cids = 4;
    static constexpr std::size_t buffers = 8;
    static constexpr std::size_t pages = 8;
    static constexpr std::size_t cdqs = 2;
    template <class T, std::size_t N>
    using Table = FixedTable<T, N>;
    using Blocks = BlockMask;
    using Digest = std::uint16_t;
    using Slot = std::uint8_t;
};

/// For runs and traces: takes what comes.
struct WideBounds {
    static constexpr std::size_t vfs = 0;
    static constexpr std::size_t queues = 0;
    static constexpr std::size_t cids = 0;
    static constexpr std::size_t buffers = 0;
    static constexpr std::size_t pages = 0;
    static constexpr std::size_t cdqs = 0;
    template <class T, std::size_t>
    using Table = GrowingTable<T>;
    using Blocks = BlockJournal;
    using Digest = std::uint64_t;
    using Slot = std::uint32_t;
};

}  // namespace lmsim::check
