#include "sim/core/zeroed.hpp"

#include <algorithm>
#include <vector>

#include "tests/catch.hpp"

namespace lmsim::sim {

namespace {

bool all_zero(const std::uint8_t* bytes, std::size_t count) {
    return std::all_of(bytes, bytes + count, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

TEST_CASE("a buffer of zeros is what a plain one would be", "[zeroed]") {
    ZeroedBytes bytes;
    std::vector<std::uint8_t> plain;
    const std::vector<std::uint8_t> from(5000, 0xab);
    const struct {
        std::size_t at, some, length;
    } puts[] = {{0, 100, 300},   {300, 0, 4000},      {200, 50, 60},  {10, 0, 20},
                {4000, 10, 500}, {100'000, 7, 4096},  {0, 0, 50},     {50, 20, 200'000},
                {0, 1, 300'000}, {300'000, 0, 1'000}, {5, 5000, 5000}};
    for (const auto& put : puts) {
        bytes.put(put.at, from.data(), put.some, put.length);
        plain.resize(std::max(plain.size(), put.at + put.length), 0);
        const auto to = plain.begin() + static_cast<std::ptrdiff_t>(put.at);
        std::fill_n(to, put.length, std::uint8_t{0});
        std::copy_n(from.begin(), put.some, to);
        const std::uint8_t* const all = bytes.look(plain.size());
        REQUIRE(std::equal(plain.begin(), plain.end(), all));
        REQUIRE(bytes.used() <= plain.size());
        REQUIRE(all_zero(all + bytes.used(), plain.size() - bytes.used()));
    }
    bytes.clear_from(20);
    CHECK(bytes.used() <= 20);
    CHECK(all_zero(bytes.look(plain.size()) + 20, plain.size() - 20));
    CHECK(bytes.used_of(5, 100) == bytes.used() - 5);
    CHECK(bytes.used_of(30, 100) == 0);
}

TEST_CASE("a block that is kept comes back clean", "[zeroed]") {
    constexpr std::size_t size = 1U << 20U;
    ZeroedBlock::keep_blocks();
    const std::uint8_t* before = nullptr;
    {
        ZeroedBlock block(size);
        CHECK(all_zero(block.data(), size));
        std::fill_n(block.data(), 5000, std::uint8_t{1});
        block.set_used(5000);
        before = block.data();
    }
    const ZeroedBlock again(size);
    CHECK(again.data() == before);
    CHECK(all_zero(again.data(), size));
    const ZeroedBlock other(size);
    CHECK(other.data() != before);
}

}  // namespace lmsim::sim
