#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/core/units.hpp"

namespace lmsim::sim {

/// A stream of random draws that belongs to one component. Its start depends on the seed of the run
/// and the component's path only: a new component elsewhere does not change what this one draws.
/// xoshiro256** (Blackman and Vigna, ACM TOMS 47, 2021), its state filled by SplitMix64.
class Random {
  public:
    Random(std::uint64_t seed, std::string_view path);
    explicit Random(std::uint64_t start);

    /// 64 random bits.
    std::uint64_t next() {
        const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }

    /// A number below `limit` (not 0), each equally likely: Lemire's multiplication (ACM TOMACS 29,
    /// 2019), which divides only when a draw could be biased.
    std::uint64_t below(std::uint64_t limit) {
        LMSIM_ASSERT(limit != 0);
        Uint128 product = static_cast<Uint128>(next()) * limit;
        if (static_cast<std::uint64_t>(product) < limit) {
            const std::uint64_t threshold = (0 - limit) % limit;
            while (static_cast<std::uint64_t>(product) < threshold) {
                product = static_cast<Uint128>(next()) * limit;
            }
        }
        return static_cast<std::uint64_t>(product >> 64U);
    }

    /// True in `share` of the calls.
    bool chance(Share share) { return below(1'000'000) < share.ppm; }

  private:
    static constexpr std::uint64_t rotate(std::uint64_t x, unsigned by) {
        return (x << by) | (x >> (64U - by));
    }
    std::array<std::uint64_t, 4> state_{};
};

/// Draws for what happens again and again, as commands do: a stream that begins anew with each
/// epoch of time, from seed, path and the number of the epoch alone. What it gives at a time does
/// not depend on all that was drawn in a run so far, but on what was drawn a moment ago: runs that
/// come to the same moment in different ways go on alike (docs/fidelity.md).
class EpochRandom {
  public:
    static constexpr Time epoch = 1_ms;

    EpochRandom(std::uint64_t seed, std::string_view path);

    /// The stream as it stands at a time from 0 on. Time may go back.
    Random& at(Time time) {
        // Before it began is as far off as can be.
        if (static_cast<std::uint64_t>(time.ps) - began_ >= length) {
            begin(static_cast<std::uint64_t>(time.ps));
        }
        return random_;
    }

  private:
    static constexpr auto length = static_cast<std::uint64_t>(epoch.ps);
    void begin(std::uint64_t time);

    std::uint64_t key_;
    std::uint64_t began_;
    Random random_;
};

}  // namespace lmsim::sim
