#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/param_value.hpp"
#include "sim/core/units.hpp"

namespace lmsim::runs {

/// What one key of a hypercube takes: values of a list, each equally often, or those of a range.
struct CubeAxis {
    std::string key;
    std::vector<std::string> values;            // a list, if there are some
    const sim::Dimension* dimension = nullptr;  // of a range; nullptr: whole numbers
    std::uint64_t from = 0;                     // in base units
    std::uint64_t to = 0;
    std::uint64_t step = 0;  // values are whole multiples of it; 0: six digits are enough
    bool is_log = false;     // each factor is equally likely, not each difference

    /// The value below which so much of the range is, from 0 on and less than 1.
    std::string value(double share) const;
    /// As a study file has it.
    std::string text() const;
};

/// What stands behind a key of [hypercube]; each value is checked as a scenario's is.
CubeAxis read_cube_axis(const std::string& key, const sim::Value& value,
                        std::vector<sim::Diagnostic>& problems);

/// Samples of all axes at once such that each axis, cut into as many equal parts as there are
/// samples, has one sample in each part: a Latin hypercube (McKay, Beckman, Conover, Technometrics
/// 21, 1979). The draws of an axis depend on the seed and its key alone, in integers and in what
/// IEEE 754 rounds the same everywhere.
class Hypercube {
  public:
    static constexpr std::int64_t most_samples = 10'000'000;

    Hypercube() = default;
    Hypercube(std::vector<CubeAxis> axes, std::size_t samples, std::uint64_t seed);

    std::size_t samples() const { return samples_; }
    const std::vector<CubeAxis>& axes() const { return axes_; }
    std::string value(std::size_t sample, std::size_t axis) const;

  private:
    std::vector<CubeAxis> axes_;
    std::size_t samples_ = 0;
    std::vector<std::vector<std::uint32_t>> parts_;  // by axis and sample
    std::vector<std::uint64_t> within_;              // where the draws within parts start
};

}  // namespace lmsim::runs
