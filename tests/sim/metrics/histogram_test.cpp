#include "sim/metrics/histogram.hpp"

#include <algorithm>
#include <vector>

#include "tests/catch.hpp"
#include "tests/property.hpp"

using namespace lmsim::sim;
using lmsim::sim::metrics::Histogram;

namespace {

Ps exact_quantile(std::vector<Ps> values, std::uint32_t ppm) {
    std::sort(values.begin(), values.end());
    const std::size_t rank = (values.size() * ppm + 999'999) / 1'000'000;
    return values[rank == 0 ? 0 : rank - 1];
}

}  // namespace

TEST_CASE("an empty histogram is all zero") {
    const Histogram histogram;
    CHECK(histogram.count() == 0);
    CHECK(histogram.min() == 0);
    CHECK(histogram.max() == 0);
    CHECK(histogram.mean() == 0);
    CHECK(histogram.p50() == 0);
    CHECK(histogram.quantile(1'000'000) == 0);
    CHECK(histogram.buckets().empty());
}

TEST_CASE("values below 128 ps are exact") {
    Histogram histogram;
    for (Ps value = 0; value < 128; ++value) histogram.add(value);
    CHECK(histogram.p50() == 63);
    CHECK(histogram.quantile(0) == 0);
    CHECK(histogram.quantile(1'000'000) == 127);
    CHECK(histogram.buckets().size() == 128);
}

TEST_CASE("the ends of the range have a place") {
    Histogram histogram;
    histogram.add(0);
    histogram.add(INT64_MAX);
    CHECK(histogram.min() == 0);
    CHECK(histogram.max() == INT64_MAX);
    CHECK(histogram.sum() == static_cast<Uint128>(INT64_MAX));
    CHECK(histogram.p999() == INT64_MAX);
}

TEST_CASE("each bucket begins where the one before ends, and holds its own bounds") {
    Ps before = -1;
    for (int exponent = 2; exponent < 63; ++exponent) {
        for (const Ps offset : {Ps{-1}, Ps{0}, Ps{1}}) {
            const Ps value = (Ps{1} << exponent) + offset;
            Histogram histogram;
            histogram.add(value);
            const Histogram::Bucket bucket = histogram.buckets().at(0);
            CHECK(bucket.from <= value);
            CHECK(value - bucket.from < bucket.width);
            CHECK(bucket.from >= before);
            before = bucket.from;
        }
    }
}

TEST_CASE("quantiles are within 1/128 of the sorted list's; count, sum, min and max are exact") {
    const std::string failure = lmsim::tests::failure_of(
        [](const std::vector<std::pair<std::uint64_t, std::uint8_t>>& draws, std::uint32_t q) {
            RC_PRE(!draws.empty());
            std::vector<Ps> values;
            Histogram histogram;
            Uint128 sum = 0;
            for (const auto& [bits, shift] : draws) {
                values.push_back(static_cast<Ps>(bits >> (1U + shift % 63U)));
                histogram.add(values.back());
                sum += static_cast<Uint128>(values.back());
            }
            const std::uint32_t ppm = q % 1'000'001;
            const Ps exact = exact_quantile(values, ppm);
            const Ps found = histogram.quantile(ppm);
            RC_ASSERT(std::max(exact, found) - std::min(exact, found) <= exact / 128);
            RC_ASSERT(histogram.count() == values.size());
            RC_ASSERT(histogram.sum() == sum);
            RC_ASSERT(histogram.min() == *std::min_element(values.begin(), values.end()));
            RC_ASSERT(histogram.max() == *std::max_element(values.begin(), values.end()));
        });
    INFO(failure);
    CHECK(failure.empty());
}

TEST_CASE("merging is adding all values") {
    Histogram a;
    Histogram b;
    Histogram both;
    for (Ps i = 0; i < 2000; ++i) {
        const Ps value = i * i * 7919;
        (i % 3 == 0 ? a : b).add(value);
        both.add(value);
    }
    a.merge(b);
    CHECK(a.count() == both.count());
    CHECK(a.sum() == both.sum());
    CHECK(a.mean() == both.mean());
    for (const std::uint32_t ppm : {1U, 500'000U, 990'000U, 999'000U}) {
        CHECK(a.quantile(ppm) == both.quantile(ppm));
    }
}

TEST_CASE("a bucket may hold more than 2^32 values") {
    Histogram histogram;
    histogram.add(1000);
    for (int doubling = 0; doubling < 33; ++doubling) histogram.merge(histogram);
    histogram.add(1'000'000);
    CHECK(histogram.count() == (std::uint64_t{1} << 33U) + 1);
    CHECK(histogram.buckets().at(0).count == std::uint64_t{1} << 33U);
    CHECK(histogram.quantile(999'999) <= 1008);
    CHECK(histogram.max() == 1'000'000);
}
