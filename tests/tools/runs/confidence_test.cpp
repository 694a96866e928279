#include "tools/runs/confidence.hpp"

#include <algorithm>
#include <numeric>

#include "tests/catch.hpp"

using namespace lmsim::runs;

namespace {

std::vector<std::int64_t> one_to(std::size_t n) {
    std::vector<std::int64_t> all(n);
    std::iota(all.begin(), all.end(), 1);
    return all;
}

}  // namespace

TEST_CASE("Student's t is that of the tables", "[runs][confidence]") {
    // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2
    CHECK(student_t(3, 950'000) == Approx(4.303).epsilon(2e-4));
    CHECK(student_t(4, 950'000) == Approx(3.182).epsilon(2e-4));
    CHECK(student_t(10, 950'000) == Approx(2.262).epsilon(2e-4));
    CHECK(student_t(31, 990'000) == Approx(2.750).epsilon(2e-4));
    CHECK(student_t(101, 900'000) == Approx(1.660).epsilon(3e-4));
    CHECK(student_t(100'001, 950'000) == Approx(1.960).epsilon(2e-4));
}

TEST_CASE("a mean has an interval from three values on", "[runs][confidence]") {
    CHECK_FALSE(mean_of({1, 2}, 950'000));
    const auto mean = mean_of({1, 2, 3}, 950'000);
    REQUIRE(mean);
    CHECK(mean->value == 2);
    CHECK(mean->upper == Approx(2 + 4.303 / 1.7320508).epsilon(2e-4));
    CHECK(mean->lower == Approx(2 - 4.303 / 1.7320508).epsilon(1e-3));
    CHECK(mean_of({7, 7, 7, 7}, 950'000)->upper == 7);
}

TEST_CASE("percentiles lie between ranks, as tables of them say", "[runs][confidence]") {
    // Conover, Practical Nonparametric Statistics, table A3: of 6 values the median lies between
    // the first and the last (0.969), of 10 between the second and the ninth (0.979).
    CHECK_FALSE(percentile_of(one_to(5), 500'000, 950'000));
    const auto six = percentile_of(one_to(6), 500'000, 950'000);
    REQUIRE(six);
    CHECK(six->lower == 1);
    CHECK(six->upper == 6);
    const auto ten = percentile_of(one_to(10), 500'000, 950'000);
    REQUIRE(ten);
    CHECK(ten->lower == 2);
    CHECK(ten->upper == 9);
    // 1 - 0.99^n > 0.95 from 299 on.
    CHECK_FALSE(percentile_of(one_to(298), 990'000, 950'000));
    CHECK(percentile_of(one_to(299), 990'000, 950'000));
    CHECK_FALSE(percentile_of({}, 500'000, 950'000));
}

TEST_CASE("intervals hold the median as often as they say", "[runs][confidence]") {
    std::uint64_t state = 1;
    const auto draw = [&state] {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::int64_t>(state >> 44U);
    };
    int held = 0;
    constexpr int trials = 2000;
    for (int i = 0; i < trials; ++i) {
        std::vector<std::int64_t> some(25);
        for (auto& each : some) each = draw();
        std::sort(some.begin(), some.end());
        const auto median = percentile_of(some, 500'000, 900'000);
        REQUIRE(median);
        held += median->lower <= (1 << 19) && median->upper >= (1 << 19) ? 1 : 0;
    }
    CHECK(held >= trials * 88 / 100);
    CHECK(held <= trials * 98 / 100);
}

TEST_CASE("ranks are the nearest ones", "[runs][confidence]") {
    CHECK(ranked_ppm({4}, 990'000) == 4);
    CHECK(ranked_ppm({1, 2, 3, 4}, 500'000) == 2);
    CHECK(ranked_ppm({1, 2, 3, 4}, 500'001) == 3);
    CHECK(ranked_ppm({1, 2, 3, 4}, 0) == 1);
}
