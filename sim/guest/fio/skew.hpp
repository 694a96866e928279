#pragma once

#include <cstdint>

#include "sim/core/inverse_cdf.hpp"
#include "sim/guest/fio/job.hpp"

namespace lmsim::sim::fio {

/// The ranks 0 .. count-1 of a skewed distribution, 0 the most frequent. Zipf: weight of rank r is
/// (r + 1)^-theta. Pareto: rank = count * u^(log h / log(1 - h)), as fio draws it, so that h of the
/// ranks get 1 - h of the draws. Exact for the first 64 ranks, then flat within steps of 1/32 of
/// the rank. Integers only.
class SkewedRanks {
  public:
    /// `skew` is theta or h in millionths; `count` is 1 to 2^48. The distribution is not Uniform.
    SkewedRanks(Distribution distribution, std::uint64_t skew, std::uint64_t count);

    std::uint64_t operator()(std::uint64_t random) const { return inverse_(random); }

  private:
    InverseCdf inverse_;
};

/// log2 of a number that is not 0, with 40 bits after the point.
std::uint64_t log2_fixed(std::uint64_t number);

/// 2^-(exponent / 2^40) times 2^62.
std::uint64_t exp2_negative(std::uint64_t exponent);

}  // namespace lmsim::sim::fio
