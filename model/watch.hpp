#pragma once

#include <cstddef>
#include <cstdint>

// Which parts of a state are looked at: so that a search need not do again what was done with the
// same parts before. Parts that somebody may watch stand in Watched arrays, and nothing else leads
// to them.
namespace lmsim {

/// Whom a thread tells. Nobody, most of the time.
struct Watch {
    const std::uint8_t* state = nullptr;
    std::size_t bytes = 0;
    const std::uint8_t* unit_of = nullptr;  // a number below 32 for each byte of the state
    std::uint32_t seen = 0;                 // a bit for each

    std::size_t offset(const void* part) const {
        return static_cast<std::size_t>(reinterpret_cast<std::uintptr_t>(part) -
                                        reinterpret_cast<std::uintptr_t>(state));
    }
};
inline thread_local Watch watch;

/// Somebody looks at the part that begins here, or changes it.
inline void look_at(const void* part) {
    const std::size_t offset = watch.offset(part);
    if (offset < watch.bytes) {
        watch.seen |= 1U << watch.unit_of[offset];
    }
}

/// Was it looked at since the watch began? Always, if nobody watches.
inline bool was_seen(const void* part) {
    const std::size_t offset = watch.offset(part);
    return offset >= watch.bytes || (watch.seen >> watch.unit_of[offset] & 1) != 0;
}

/// An array whose items are looked at one by one.
template <class T, std::size_t N>
class Watched {
  public:
    constexpr T& operator[](std::size_t i) { return seen(items_[i]); }
    constexpr const T& operator[](std::size_t i) const { return seen(items_[i]); }

    /// Without being seen: for whoever does nothing that depends on an item that nobody saw.
    constexpr const T& peek(std::size_t i) const { return items_[i]; }

    static constexpr std::size_t size() { return N; }
    constexpr T* begin() { return all(items_); }
    constexpr T* end() { return items_ + N; }
    constexpr const T* begin() const { return all(items_); }
    constexpr const T* end() const { return items_ + N; }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.items_);
    }

  private:
    template <class Item>
    static constexpr Item& seen(Item& item) {
        if (!__builtin_is_constant_evaluated()) {
            look_at(&item);
        }
        return item;
    }
    template <class Item>
    static constexpr Item* all(Item* items) {
        for (std::size_t i = 0; i < N; ++i) {
            seen(items[i]);
        }
        return items;
    }

    T items_[N] = {};
};

}  // namespace lmsim
