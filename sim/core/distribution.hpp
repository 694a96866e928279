#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/core/inverse_cdf.hpp"
#include "sim/core/units.hpp"

namespace lmsim::sim {

/// A point of the cumulative distribution that a file may give: "p50" is the median, "p999" is 99.9
/// %.
struct QuantileName {
    const char* name;
    std::uint32_t ppm;
};
inline constexpr std::array<QuantileName, 14> quantile_names{{{"min", 0},
                                                              {"p1", 10'000},
                                                              {"p5", 50'000},
                                                              {"p10", 100'000},
                                                              {"p25", 250'000},
                                                              {"p50", 500'000},
                                                              {"p75", 750'000},
                                                              {"p90", 900'000},
                                                              {"p95", 950'000},
                                                              {"p99", 990'000},
                                                              {"p999", 999'000},
                                                              {"p9999", 999'900},
                                                              {"p99999", 999'990},
                                                              {"max", 1'000'000}}};

/// A distribution of times as people publish it: some of its quantiles. What is not given follows
/// from what is: straight lines between neighbours; without "min" (or "max") nothing is below the
/// lowest (above the highest) point given; "min" and "max" alone are the uniform distribution.
struct Quantiles {
    std::array<Time, quantile_names.size()> at{};
    std::uint32_t given = 0;  // bit i: at[i] was given

    bool has(std::size_t i) const { return ((given >> i) & 1U) != 0; }
    Quantiles& set(std::string_view name, Time value);
    bool is_fixed() const;
    Time lowest() const;
    Time highest() const;

    friend bool operator==(const Quantiles& a, const Quantiles& b) {
        return a.given == b.given && a.at == b.at;
    }
    friend bool operator!=(const Quantiles& a, const Quantiles& b) { return !(a == b); }
};

Quantiles fixed(Time value);
Quantiles uniform(Time min, Time max);

/// An empty text, or why the points are no distribution: none given, one below its predecessor,
/// beyond Distribution::longest.
std::string check(const Quantiles& quantiles);

/// Times drawn by inversion of the piecewise-linear distribution function, in integers only: the
/// same draw is the same time on every machine.
class Distribution {
  public:
    static constexpr Time longest = 1000_s;

    Distribution() : Distribution(fixed(0_s)) {}
    explicit Distribution(const Quantiles& quantiles);

    /// The time for one 64-bit draw; O(1).
    Time at(std::uint64_t random) const {
        return Time{static_cast<std::int64_t>(inverse_(random))};
    }
    template <class Generator>
    Time draw(Generator& random) const {
        return at(random.next());
    }

    /// The mean of the distribution, exact, rounded down to a picosecond.
    Time mean() const { return Time{static_cast<std::int64_t>(inverse_.mean())}; }

  private:
    InverseCdf inverse_;
};

}  // namespace lmsim::sim
