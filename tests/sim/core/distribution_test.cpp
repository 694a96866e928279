#include "sim/core/distribution.hpp"

#include "sim/core/random.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();

Quantiles typical() {
    return Quantiles{}
        .set("min", 60_us)
        .set("p50", 80_us)
        .set("p90", 100_us)
        .set("p99", 200_us)
        .set("p999", 400_us)
        .set("p9999", 1_ms)
        .set("max", 2_ms);
}

std::uint64_t probability(std::uint64_t ppm) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(ppm) << 64U) / 1'000'000U);
}

}  // namespace

TEST_CASE("a fixed time is drawn always", "[distribution]") {
    const Distribution fixed_time(fixed(80_us));
    CHECK(fixed_time.at(0) == 80_us);
    CHECK(fixed_time.at(top) == 80_us);
    CHECK(fixed_time.mean() == 80_us);
    CHECK(Distribution{}.at(12345) == 0_s);
}

TEST_CASE("draws pass through the given points and stay within them", "[distribution]") {
    const Distribution distribution(typical());
    CHECK(distribution.at(0) == 60_us);
    CHECK(distribution.at(probability(250'000)) == 70_us);
    CHECK(distribution.at(probability(500'000)) == 80_us);
    CHECK(distribution.at(probability(500'000) - 1) == 80_us - 1_ps);
    CHECK(distribution.at(probability(900'000)) == 100_us);
    CHECK(distribution.at(probability(990'000)) == 200_us);
    CHECK(distribution.at(probability(999'000)) == 400_us);
    CHECK(distribution.at(probability(999'900)) == 1_ms);
    CHECK(distribution.at(top) == 2_ms - 1_ps);
    Time before;
    for (std::uint64_t i = 0; i < 100000; ++i) {
        const Time time = distribution.at(top / 100000 * i);
        CHECK(time >= before);
        before = time;
    }
}

TEST_CASE("the mean is that of the straight lines", "[distribution]") {
    CHECK(Distribution(uniform(20_us, 100_us)).mean() == 60_us);
    // .5 x 70 + .4 x 90 + .09 x 150 + .009 x 300 + .0009 x 700 + .0001 x 1500 us
    const Time mean = Distribution(typical()).mean();
    CHECK(mean <= Time{87'980'000});
    CHECK(mean >= Time{87'979'999});
    const Distribution distribution(typical());
    Random random(1, "test");
    Time sum;
    for (int i = 0; i < 1'000'000; ++i) {
        sum += distribution.draw(random);
    }
    CHECK(sum / 1'000'000 > mean - 100_ns);  // six standard deviations of the average
    CHECK(sum / 1'000'000 < mean + 100_ns);
}

TEST_CASE("missing ends are flat", "[distribution]") {
    const Distribution open(Quantiles{}.set("p10", 10_us).set("p90", 90_us));
    CHECK(open.at(0) == 10_us);
    CHECK(open.at(probability(100'000)) == 10_us);
    CHECK(open.at(top) == 90_us);
    CHECK(open.mean() == 50_us);
}

TEST_CASE("points that are no distribution are refused", "[distribution]") {
    CHECK(check(typical()).empty());
    CHECK(check(Quantiles{}) == "gives no point; expected at least one of min, p50, max");
    CHECK(check(Quantiles{}.set("p50", 10_us).set("max", 9_us)) ==
          "max = \"9us\" is below p50 = \"10us\"");
    CHECK(check(Quantiles{}.set("p50", 1001_s)) == "reaches 1001s; expected at most 1000s");
}
