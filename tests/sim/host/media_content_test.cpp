#include "sim/host/media_content.hpp"

#include <map>
#include <random>

#include "tests/catch.hpp"

using lmsim::sim::MediaContent;

TEST_CASE("a namespace holds nothing, what was there, and what was written", "[media]") {
    MediaContent content;
    CHECK(content.token(5) == 0);
    CHECK_FALSE(content.holds_data(0, 1000));
    content.put(0, 100'000, MediaContent::first_token);
    CHECK(content.token(99'999) == MediaContent::first_token);
    CHECK(content.token(100'000) == 0);
    content.put(70, 3, 42);
    CHECK(content.token(69) == MediaContent::first_token);
    CHECK(content.token(72) == 42);
    content.put(71, 1, 0);  // deallocated
    CHECK(content.token(71) == 0);
    CHECK(content.holds_data(70, 3));
    CHECK_FALSE(content.holds_data(71, 1));
    content.put(70, 3, MediaContent::first_token);
    CHECK(content.token(71) == MediaContent::first_token);
}

TEST_CASE("two namespaces differ in as many blocks as a plain map says", "[media]") {
    constexpr std::uint64_t blocks = 3000;
    std::mt19937_64 draw(3);
    MediaContent one;
    MediaContent other;
    std::map<std::uint64_t, std::uint64_t> plain[2];
    one.put(0, 2000, MediaContent::first_token);
    other.put(500, 2500, MediaContent::first_token);
    for (std::uint64_t lba = 0; lba < blocks; ++lba) {
        plain[0][lba] = lba < 2000 ? 1 : 0;
        plain[1][lba] = lba >= 500 ? 1 : 0;
    }
    for (int i = 0; i < 400; ++i) {
        const bool first = draw() % 2 == 0;
        const std::uint64_t lba = draw() % (blocks - 100);
        const std::uint64_t count = 1 + draw() % 100;
        const std::uint64_t token = draw() % 4;
        (first ? one : other).put(lba, count, token);
        for (std::uint64_t at = lba; at < lba + count; ++at) {
            plain[first ? 0 : 1][at] = token;
        }
        std::uint64_t differ = 0;
        for (std::uint64_t at = 0; at < blocks; ++at) {
            differ += plain[0][at] == plain[1][at] ? 0 : 1;
        }
        REQUIRE(one.differences(other, blocks) == differ);
        REQUIRE(other.differences(one, blocks) == differ);
    }
}
