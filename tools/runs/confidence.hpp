#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace lmsim::runs {

/// An estimate with the interval that holds the true value with the confidence asked for.
struct Estimate {
    double value = 0;
    double lower = 0;
    double upper = 0;
};

/// Half the width of that interval, in standard errors of a mean of `n` values (3 or more):
/// Student's t for n - 1 degrees of freedom. `confidence` in parts per million. Not by libm: what
/// is decided by it is decided the same way on every machine.
double student_t(std::size_t n, std::uint32_t confidence);

/// Nothing for fewer than three values.
std::optional<Estimate> mean_of(const std::vector<std::int64_t>& values, std::uint32_t confidence);

/// The percentile (in parts per million) by nearest rank of ascending values, between two of them:
/// whatever the distribution is, the interval holds the true one with at least that confidence
/// (Hahn, Meeker, Statistical Intervals, 1991, 5.2). Nothing if there are too few values for one.
std::optional<Estimate> percentile_of(const std::vector<std::int64_t>& sorted,
                                      std::uint32_t percentile, std::uint32_t confidence);

/// The value that so much of all does not exceed, by nearest rank. `sorted` has some.
std::int64_t ranked_ppm(const std::vector<std::int64_t>& sorted, std::uint32_t percentile);

}  // namespace lmsim::runs
