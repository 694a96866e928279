#pragma once

#include <cstdint>
#include <string_view>

#include "sim/core/units.hpp"

namespace lmsim::sim::fio {

/// A stream of 64-bit draws (SplitMix64) whose start follows from a seed and a name.
class Draws {
  public:
    Draws() = default;
    Draws(std::uint64_t seed, std::string_view name) : state_(seed) {
        for (const char c : name) {  // FNV-1a over the name
            state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        }
        next();
    }

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t z = state_;
        z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27U) * 0x94d049bb133111eb;
        return z ^ z >> 31U;
    }

    /// A number below `limit`, which is not 0.
    std::uint64_t below(std::uint64_t limit) {
        return static_cast<std::uint64_t>(static_cast<Uint128>(next()) * limit >> 64U);
    }

  private:
    std::uint64_t state_ = 0;
};

}  // namespace lmsim::sim::fio
