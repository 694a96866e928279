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
    template <class Visit>
    void for_each(Visit&& visit) {
        for (T& item : items) visit(item);
    }
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const T& item : items) visit(item);
    }

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

/// The same of bytes. The first ones stand in the table itself: most VFs have a queue or two, and
/// use the same few identifiers again and again.
template <class T, std::size_t First>
class ByteTable {
    static_assert(sizeof(T) == 1);

  public:
    T& at(std::size_t i) {
        if (__builtin_expect(i >= size_, 0)) {
            grow(i + 1);
        }
        return i < First ? first_[i] : others_[i - First];
    }
    std::size_t size() const { return size_; }
    template <class Visit>
    void for_each(Visit&& visit) {
        for (std::size_t i = 0; i < size_; ++i) {
            visit(at(i));
        }
    }
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (std::size_t i = 0; i < size_; ++i) {
            visit(i < First ? first_[i] : others_[i - First]);
        }
    }

  private:
    __attribute__((noinline)) void grow(std::size_t size) {
        size_ = static_cast<std::uint32_t>(size);
        others_.resize(size > First ? size - First : 0);
    }

    T first_[First] = {};
    std::uint32_t size_ = 0;
    std::vector<T> others_;
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
    static constexpr std::size_t line = 8;  // bytes that what is used together is aligned to
    template <class T, std::size_t N>
    using Table = FixedTable<T, N>;
    template <class T>
    using OfQueues = FixedTable<T, queues>;
    template <class T>
    using OfCids = FixedTable<T, cids>;
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
    static constexpr std::size_t line = 64;
    template <class T, std::size_t>
    using Table = GrowingTable<T>;
    template <class T>
    using OfQueues = ByteTable<T, 4>;
    template <class T>
    using OfCids = ByteTable<T, 36>;
    using Blocks = BlockJournal;
    using Digest = std::uint64_t;
    using Slot = std::uint32_t;
};

}  // namespace lmsim::check
