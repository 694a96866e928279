#include "sim/core/random.hpp"

#include <algorithm>
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

TEST_CASE("a stream of epochs begins anew with each of them, whatever was drawn before",
          "[random]") {
    EpochRandom often(1, "media");
    EpochRandom hardly(1, "media");
    std::vector<std::uint64_t> seen;
    for (Time epoch; epoch < 10_ms; epoch += 1_ms) {
        for (int i = 0; i < 100; ++i) {
            often.at(epoch + 999'999'999_ps).next();
        }
        const std::uint64_t first = often.at(epoch + 1_ms).next();
        CHECK(first == hardly.at(epoch + 1500_us).next());
        CHECK(often.at(epoch + 1_ms).next() == hardly.at(epoch + 1999_us).next());
        CHECK(EpochRandom(2, "media").at(epoch + 1_ms).next() != first);
        CHECK(EpochRandom(1, "other").at(epoch + 1_ms).next() != first);
        seen.push_back(first);
    }
    std::sort(seen.begin(), seen.end());
    CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
    // Time that goes back meets what was drawn then.
    EpochRandom again(1, "media");
    const std::uint64_t before = again.at(3_ms).next();
    again.at(4_ms).next();
    CHECK(again.at(3_ms).next() == before);
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
