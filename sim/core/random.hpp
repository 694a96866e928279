#pragma once

#include <cstdint>
#include <string_view>

#include "sim/core/units.hpp"

namespace lmsim::sim {

/// A named stream of 64-bit draws (SplitMix64): where it starts follows from the run's seed and the
/// path of the component that draws, so that one component's draws never shift another's.
class Random {
  public:
    Random() = default;
    Random(std::uint64_t seed, std::string_view path) : state_(seed * 0x9e3779b97f4a7c15U) {
        for (const char c : path) {  // FNV-1a over the path
            state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        }
        next();
    }

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }

    /// A number below `limit`, which is not 0; the bias is below limit / 2^64.
    std::uint64_t below(std::uint64_t limit) {
        return static_cast<std::uint64_t>(static_cast<Uint128>(next()) * limit >> 64);
    }

  private:
    std::uint64_t state_ = 0;
};

}  // namespace lmsim::sim
