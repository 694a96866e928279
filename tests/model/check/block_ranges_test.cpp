#include "model/check/block_ranges.hpp"

#include "model/check/bounds.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"

namespace lmsim::check {

TEST_CASE("ranges of blocks are a set: the same as a mask of bits", "[check]") {
    const auto same = [] {
        BlockMask mask;
        BlockRanges ranges;
        const auto steps =
            *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>());
        for (const std::uint32_t step : steps) {
            const std::uint64_t first = step % 64;
            const std::uint64_t count = (step >> 8) % (65 - first);
            if ((step >> 16) % 3 != 0) {
                mask.add(first, count);
                ranges.add(first, count);
            } else {
                mask.remove(first, count);
                ranges.remove(first, count);
            }
            RC_ASSERT(mask.empty() == ranges.empty());
        }
        // Block by block they hold the same.
        for (std::uint64_t block = 0; block < 64; ++block) {
            BlockRanges rest = ranges;
            rest.remove(0, block);
            rest.remove(block + 1, 64);
            RC_ASSERT(rest.empty() == ((mask.bits >> block & 1) == 0));
        }
    };
    CHECK(tests::failure_of(same) == "");
}

TEST_CASE("ranges end where numbers do", "[check]") {
    BlockRanges ranges;
    ranges.add(~std::uint64_t{0} - 1, 100);
    CHECK(!ranges.empty());
    ranges.remove(5, ~std::uint64_t{0});
    CHECK(ranges.empty());
    ranges.add(7, 0);
    CHECK(ranges.empty());
}

}  // namespace lmsim::check
