// The integer tables against the formulas they stand for.
#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "sim/core/random.hpp"
#include "sim/guest/fio/permutation.hpp"
#include "sim/guest/fio/skew.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::fio;

namespace {

constexpr int drawn = 400'000;

/// How many of the draws are below each of the limits.
std::vector<double> shares_below(const SkewedRanks& ranks, std::uint64_t count,
                                 const std::vector<std::uint64_t>& limits) {
    Random draws(7, "test");
    std::vector<double> out(limits.size());
    for (int i = 0; i < drawn; ++i) {
        const std::uint64_t rank = ranks(draws.next());
        REQUIRE(rank < count);
        for (std::size_t j = 0; j < limits.size(); ++j) {
            out[j] += rank < limits[j] ? 1.0 / drawn : 0;
        }
    }
    return out;
}

double five_sigma(double share) {
    return 5 * std::sqrt(share * (1 - share) / drawn) + 0.0005;  // and the table's steps
}

}  // namespace

TEST_CASE("fio skew: logarithms and powers of two, in integers") {
    CHECK(log2_fixed(1) == 0);
    CHECK(log2_fixed(1ULL << 40) == 40ULL << 40);
    for (const std::uint64_t n : {3ULL, 10ULL, 1'000'000ULL, (1ULL << 63) + 12345}) {
        CHECK(static_cast<double>(log2_fixed(n)) / std::pow(2, 40) ==
              Approx(std::log2(static_cast<double>(n))).epsilon(1e-11));
    }
    CHECK(exp2_negative(0) == 1ULL << 62);
    CHECK(exp2_negative(1ULL << 40) >> 30U == (1ULL << 31) - 0);
    CHECK(exp2_negative(100ULL << 40) == 0);
    for (const double x : {0.1, 0.5, 1.25, 3.9, 20.3}) {
        const auto fixed = static_cast<std::uint64_t>(x * std::pow(2, 40));
        CHECK(static_cast<double>(exp2_negative(fixed)) / std::pow(2, 62) ==
              Approx(std::exp2(-x)).epsilon(1e-9));
    }
}

TEST_CASE("fio skew: zipf ranks have their weights") {
    const std::uint64_t count = 20'000;
    for (const double theta : {0.4, 0.9, 1.1, 1.2, 2.5}) {
        std::vector<double> below{0};
        for (std::uint64_t rank = 1; rank <= count; ++rank) {
            below.push_back(below.back() + std::pow(static_cast<double>(rank), -theta));
        }
        const SkewedRanks ranks(fio::Distribution::Zipf,
                                static_cast<std::uint64_t>(std::lround(theta * 1e6)), count);
        const std::vector<std::uint64_t> limits{1, 2, 10, 100, 1000, 10'000};
        const auto found = shares_below(ranks, count, limits);
        for (std::size_t i = 0; i < limits.size(); ++i) {
            const double wanted = below[limits[i]] / below[count];
            INFO("theta " << theta << ", first " << limits[i]);
            CHECK(std::abs(found[i] - wanted) < five_sigma(wanted));
        }
    }
}

TEST_CASE("fio skew: pareto ranks have their weights") {
    const std::uint64_t count = 1'000'000;
    for (const double h : {0.05, 0.2, 0.5, 0.7}) {
        const double power = std::log(h) / std::log(1 - h);
        const SkewedRanks ranks(fio::Distribution::Pareto,
                                static_cast<std::uint64_t>(std::lround(h * 1e6)), count);
        const std::vector<std::uint64_t> limits{1, 100, 10'000, 200'000, 500'000};
        const auto found = shares_below(ranks, count, limits);
        for (std::size_t i = 0; i < limits.size(); ++i) {
            const double wanted =
                std::pow(static_cast<double>(limits[i]) / static_cast<double>(count), 1 / power);
            INFO("h " << h << ", first " << limits[i]);
            CHECK(std::abs(found[i] - wanted) < five_sigma(wanted));
        }
    }
}

TEST_CASE("fio skew: extreme tables are built and stay in range") {
    for (const std::uint64_t count : {1ULL, 2ULL, 63ULL, 65ULL, 1ULL << 48}) {
        for (const std::uint64_t skew : {1ULL, 500'000ULL, 999'999ULL}) {
            const SkewedRanks zipf(fio::Distribution::Zipf, skew * 10, count);
            const SkewedRanks pareto(fio::Distribution::Pareto, skew, count);
            for (const std::uint64_t draw : {0ULL, 1ULL << 32, 1ULL << 63, ~0ULL}) {
                CHECK(zipf(draw) < count);
                CHECK(pareto(draw) < count);
            }
        }
    }
}

TEST_CASE("fio permutation: every number once, in another order for another key") {
    for (const std::uint64_t count : {1ULL, 2ULL, 3ULL, 7ULL, 64ULL, 65ULL, 1000ULL, 65'536ULL}) {
        const Permutation one(count, 1);
        const Permutation other(count, 0xdeadbeefcafe);
        std::set<std::uint64_t> seen;
        std::uint64_t equal = 0;
        for (std::uint64_t i = 0; i < count; ++i) {
            seen.insert(one.at(i));
            equal += one.at(i) == other.at(i) ? 1 : 0;
        }
        CHECK(seen.size() == count);
        CHECK(*seen.rbegin() == count - 1);
        if (count > 100) CHECK(equal < 20);
    }
}

TEST_CASE("fio permutation: neighbours in time are not neighbours in place") {
    const std::uint64_t count = 100'000;
    const Permutation order(count, 42);
    int near = 0;
    int low_half = 0;
    for (std::uint64_t i = 1; i < 10'000; ++i) {
        const auto a = static_cast<std::int64_t>(order.at(i - 1));
        const auto b = static_cast<std::int64_t>(order.at(i));
        near += std::abs(a - b) < 1000 ? 1 : 0;  // 2 % by chance
        low_half += b < 50'000 ? 1 : 0;
    }
    CHECK(near > 100);
    CHECK(near < 300);
    CHECK(std::abs(low_half - 5000) < 250);
}
