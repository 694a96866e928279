#include "tools/runs/confidence.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "model/assert.hpp"

namespace lmsim::runs {

namespace {

/// base to a power of halves, by multiplication and square roots.
double half_power(double base, std::size_t halves) {
    double result = halves % 2 == 0 ? 1 : std::sqrt(base);
    for (std::size_t exponent = halves / 2; exponent != 0; exponent /= 2, base *= base) {
        result *= exponent % 2 == 0 ? 1 : base;
    }
    return result;
}

/// With t = sqrt(v) sin a / cos a, the share of |t| below a limit is that of cos^(v - 1) below an
/// angle: of (1 - s^2)^((v - 2) / 2) below s = sin a. Simpson's rule over s.
double t_of_degrees(std::size_t degrees, double confidence) {
    // Beyond some 40 standard deviations there is nothing that a double could tell.
    const double end = std::min(1.0, 40 / std::sqrt(static_cast<double>(degrees)));
    constexpr int pieces = 1 << 14;
    const double step = end / pieces;
    const auto density = [degrees](double s) {
        return half_power(std::max(0.0, 1 - s * s), degrees - 2);
    };
    std::vector<double> below{0};
    for (int i = 0; i < pieces; ++i) {
        const double at = i * step;
        const double area = density(at) + 4 * density(at + step / 2) + density(at + step);
        below.push_back(below.back() + area);
    }
    const double wanted = confidence * below.back();
    const auto after = std::lower_bound(below.begin() + 1, below.end(), wanted);
    const double part = (wanted - *(after - 1)) / (*after - *(after - 1));
    const double s = (static_cast<double>(after - below.begin() - 1) + part) * step;
    return s * std::sqrt(static_cast<double>(degrees) / (1 - s * s));
}

/// Of n draws, how likely is it that so many are below the percentile: for 0 to n, by ratios of
/// neighbours from the likeliest number on, which neither overflow nor vanish where it matters.
std::vector<double> binomial(std::size_t n, double p) {
    std::vector<double> all(n + 1, 0.0);
    const auto mode = std::min(n, static_cast<std::size_t>(static_cast<double>(n + 1) * p));
    all[mode] = 1;
    const double odds = p / (1 - p);
    for (std::size_t k = mode; k < n; ++k) {
        all[k + 1] = all[k] * odds * static_cast<double>(n - k) / static_cast<double>(k + 1);
    }
    for (std::size_t k = mode; k > 0; --k) {
        all[k - 1] = all[k] / odds * static_cast<double>(k) / static_cast<double>(n - k + 1);
    }
    double sum = 0;
    for (const double each : all) sum += each;
    for (double& each : all) each /= sum;
    return all;
}

}  // namespace

double student_t(std::size_t n, std::uint32_t confidence) {
    LMSIM_ASSERT(n >= 3 && confidence < 1'000'000);
    static std::map<std::pair<std::size_t, std::uint32_t>, double> known;
    const auto [place, is_new] = known.emplace(std::make_pair(n, confidence), 0.0);
    if (is_new) {
        place->second = t_of_degrees(n - 1, confidence / 1e6);
    }
    return place->second;
}

std::optional<Estimate> mean_of(const std::vector<std::int64_t>& values, std::uint32_t confidence) {
    const std::size_t n = values.size();
    if (n < 3) {
        return std::nullopt;
    }
    double sum = 0;
    for (const std::int64_t value : values) sum += static_cast<double>(value);
    const double mean = sum / static_cast<double>(n);
    double squares = 0;
    for (const std::int64_t value : values) {
        const double off = static_cast<double>(value) - mean;
        squares += off * off;
    }
    const double error = std::sqrt(squares / static_cast<double>(n - 1) / static_cast<double>(n));
    const double reach = student_t(n, confidence) * error;
    return Estimate{mean, mean - reach, mean + reach};
}

std::int64_t ranked_ppm(const std::vector<std::int64_t>& sorted, std::uint32_t percentile) {
    const std::size_t rank = (sorted.size() * percentile + 999'999) / 1'000'000;
    return sorted[rank == 0 ? 0 : rank - 1];
}

std::optional<Estimate> percentile_of(const std::vector<std::int64_t>& sorted,
                                      std::uint32_t percentile, std::uint32_t confidence) {
    const std::size_t n = sorted.size();
    if (n < 2) {
        return std::nullopt;
    }
    const std::vector<double> chance = binomial(n, percentile / 1e6);
    // The true percentile lies between the values of ranks l and u (from 1 on) if at least l and
    // fewer than u values are below it.
    const double wanted = confidence / 1e6;
    const std::size_t rank = std::max<std::size_t>(1, (n * percentile + 999'999) / 1'000'000);
    std::size_t l = rank;
    std::size_t u = std::min(n, rank + 1);
    double covered = 0;
    for (std::size_t k = l; k < u; ++k) covered += chance[k];
    while (covered < wanted && (l > 1 || u < n)) {
        // To the side that adds more.
        const bool down = l > 1 && (u == n || chance[l - 1] >= chance[u]);
        covered += down ? chance[--l] : chance[u++];
    }
    if (covered < wanted) {
        return std::nullopt;
    }
    return Estimate{static_cast<double>(sorted[rank - 1]), static_cast<double>(sorted[l - 1]),
                    static_cast<double>(sorted[u - 1])};
}

}  // namespace lmsim::runs
