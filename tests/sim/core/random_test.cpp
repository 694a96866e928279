#include "sim/core/random.hpp"

#include <vector>

#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

std::vector<std::uint64_t> first(std::uint64_t seed, const char* path) {
    Random stream(seed, path);
    return {stream.next(), stream.next(), stream.next()};
}

}  // namespace

TEST_CASE("a stream depends on seed and path, on nothing else", "[random]") {
    CHECK(first(1, "hosts.src.device.media") == first(1, "hosts.src.device.media"));
    CHECK(first(1, "hosts.src.device.media") != first(2, "hosts.src.device.media"));
    CHECK(first(1, "hosts.src.device.media") != first(1, "hosts.dst.device.media"));
    // These numbers are part of what a seed means: a change of them changes every trace hash.
    CHECK(first(1, "hosts.src.device.media") == std::vector<std::uint64_t>{0x017380C6D6B5839AU,
                                                                           0x4BDD3797587D0ED2U,
                                                                           0x10E5BEBBF69A7FDAU});
}

TEST_CASE("numbers below a limit are spread evenly", "[random]") {
    Random stream(7, "test");
    std::vector<unsigned> seen(6);
    for (int i = 0; i < 60000; ++i) {
        ++seen[stream.below(6)];
    }
    for (const unsigned count : seen) {
        CHECK(count > 9600);  // four standard deviations
        CHECK(count < 10400);
    }
    for (int i = 0; i < 1000; ++i) {
        CHECK(stream.below(1) == 0);
        CHECK(stream.below((1ULL << 63U) + 1) <= 1ULL << 63U);
    }
    // Two thirds of 2^64: a plain remainder would draw the lower half twice as often.
    constexpr std::uint64_t limit = 0xAAAAAAAAAAAAAAAAU;
    unsigned low = 0;
    for (int i = 0; i < 10000; ++i) {
        low += stream.below(limit) < limit / 2 ? 1U : 0U;
    }
    CHECK(low > 4800);
    CHECK(low < 5200);
}

TEST_CASE("a chance is taken as often as its share says", "[random]") {
    Random stream(7, "test");
    unsigned taken = 0;
    for (int i = 0; i < 100000; ++i) {
        taken += stream.chance(80_percent) ? 1U : 0U;
        CHECK_FALSE(stream.chance(0_percent));
        CHECK(stream.chance(100_percent));
    }
    CHECK(taken > 79500);
    CHECK(taken < 80500);
}
