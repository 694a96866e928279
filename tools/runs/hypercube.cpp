#include "tools/runs/hypercube.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/core/random.hpp"
#include "sim/core/text.hpp"

namespace lmsim::runs {

namespace {

/// base to the power of a share of 1, by square roots: the same on every machine, as pow() is not.
double fractional_power(double base, double share) {
    constexpr int bits = 40;
    double result = 1;
    for (int i = 0; i < bits && share > 0; ++i) {
        base = std::sqrt(base);
        share *= 2;
        if (share >= 1) {
            result *= base;
            share -= 1;
        }
    }
    return result;
}

/// To six digits, which nobody takes for a measured value.
std::uint64_t rounded(double value) {
    double unit = 1;
    while (value / unit >= 1e6) {
        unit *= 10;
    }
    return static_cast<std::uint64_t>(value / unit + 0.5) * static_cast<std::uint64_t>(unit);
}

std::uint64_t to_step(double value, std::uint64_t step) {
    return static_cast<std::uint64_t>(value / static_cast<double>(step) + 0.5) * step;
}

}  // namespace

std::string CubeAxis::value(double share) const {
    if (!values.empty()) {
        const auto index = static_cast<std::size_t>(share * static_cast<double>(values.size()));
        return values[std::min(index, values.size() - 1)];
    }
    const auto low = static_cast<double>(from);
    const auto high = static_cast<double>(to);
    // Of whole numbers the last one is as likely as the others.
    const double more = dimension == nullptr && step == 0 && !is_log ? 1 : 0;
    const double at = is_log ? low * fractional_power(high / low, share)
                             : low + share * (high - low + more) - more / 2;
    const std::uint64_t raw = step != 0              ? to_step(at, step)
                              : dimension == nullptr ? static_cast<std::uint64_t>(at + 0.5)
                                                     : rounded(at);
    const std::uint64_t within = std::clamp(raw, from, to);
    return dimension == nullptr ? std::to_string(within)
                                : sim::in_quotes(sim::format_quantity(*dimension, within));
}

Hypercube::Hypercube(std::vector<CubeAxis> axes, std::size_t samples, std::uint64_t seed)
    : axes_(std::move(axes)), samples_(samples) {
    for (const CubeAxis& axis : axes_) {
        sim::Random random(seed, "hypercube." + axis.key);
        auto& parts = parts_.emplace_back(samples);
        std::iota(parts.begin(), parts.end(), 0U);
        for (std::size_t i = samples; i > 1; --i) {
            std::swap(parts[i - 1], parts[random.below(i)]);
        }
        within_.push_back(random.next());
    }
}

std::string Hypercube::value(std::size_t sample, std::size_t axis) const {
    constexpr double of_53_bits = 1.0 / 9007199254740992.0;
    const std::uint64_t bits = sim::Random(within_[axis] + sample).next() >> 11U;
    const double share = (parts_[axis][sample] + static_cast<double>(bits) * of_53_bits) /
                         static_cast<double>(samples_);
    return axes_[axis].value(share);
}

}  // namespace lmsim::runs
