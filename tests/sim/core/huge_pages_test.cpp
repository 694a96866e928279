#include "sim/core/huge_pages.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/catch.hpp"

using namespace lmsim::sim;

TEST_CASE("memory holds what it held, with huge pages or without, wherever it begins and ends") {
    constexpr std::size_t huge = huge_page;
    std::vector<std::uint8_t> memory(5 * huge, 7);
    for (const std::size_t begin : {std::size_t{0}, std::size_t{1}, huge - 1, huge}) {
        for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, huge, 3 * huge + 1}) {
            prefer_huge_pages(memory.data() + begin, bytes);
        }
    }
    prefer_huge_pages(nullptr, 0);
    CHECK(std::all_of(memory.begin(), memory.end(), [](std::uint8_t byte) { return byte == 7; }));
}
