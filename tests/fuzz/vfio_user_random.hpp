#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace lmsim::fuzz {

/// Choices of a session with a server: of one seed always the same.
class Choices {
  public:
    explicit Choices(std::uint64_t seed) : state_((seed + 1) * 0x9e3779b97f4a7c15U) {}

    std::uint64_t next() {  // xorshift64*: any fixed sequence will do
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545F4914F6CDD1D;
    }
    /// 0 to bound - 1.
    std::uint64_t below(std::uint64_t bound) { return (next() >> 16) % bound; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    template <class T>
    T pick(std::initializer_list<T> from) {
        return from.begin()[below(from.size())];
    }
    template <class T>
    const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }
    /// Mostly small, or near a power of two, where limits are.
    std::uint64_t number() {
        switch (below(8)) {
            case 0: return next();
            case 1: return (std::uint64_t{1} << below(64)) - below(3);
            case 2: return 4096 * below(64);
            case 3: return ~std::uint64_t{0} - below(3);
            default: return below(20);
        }
    }
    std::uint32_t number32() { return static_cast<std::uint32_t>(number()); }

  private:
    std::uint64_t state_;
};

}  // namespace lmsim::fuzz
