#include "model/check/block_journal.hpp"

#include <utility>
#include <vector>

#include "model/check/bounds.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"

namespace lmsim::check {

namespace {

/// Block by block they hold the same.
bool same(const BlockMask& mask, const BlockJournal& journal) {
    for (std::uint64_t block = 0; block < 64; ++block) {
        BlockJournal rest = journal;
        rest.remove(0, block);
        rest.remove(block + 1, 64);
        if (rest.empty() != ((mask.bits >> block & 1) == 0)) {
            return false;
        }
    }
    return mask.empty() == journal.empty();
}

}  // namespace

TEST_CASE("a journal of blocks is a set, whatever is taken out and when", "[check]") {
    const auto property = [] {
        BlockMask mask;
        BlockJournal journal;
        std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces;
        std::size_t oldest = 0;
        const auto steps =
            *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>());
        for (const std::uint32_t step : steps) {
            const std::uint64_t first = step % 64;
            const std::uint64_t count = (step >> 8) % (65 - first);
            const std::uint32_t what = (step >> 16) % 16;
            if (what < 8) {
                mask.add(first, count);
                journal.add(first, count);
                pieces.emplace_back(first, count);
            } else if (what < 15 && oldest < pieces.size()) {
                // As a log does: in order.
                mask.remove(pieces[oldest].first, pieces[oldest].second);
                journal.remove(pieces[oldest].first, pieces[oldest].second);
                ++oldest;
            } else {
                mask.remove(first, count);
                journal.remove(first, count);
            }
            RC_ASSERT(mask.empty() == journal.empty());
        }
        RC_ASSERT(same(mask, journal));
    };
    CHECK(tests::failure_of(property) == "");
}

TEST_CASE("what was taken out is gone from younger pieces too, and not from later ones",
          "[check]") {
    BlockJournal journal;
    journal.add(8, 8);
    journal.add(12, 4);
    journal.remove(8, 8);  // the oldest piece, and all of the other
    CHECK(journal.empty());
    journal.add(8, 8);
    CHECK(!journal.empty());
    journal.remove(8, 8);  // out of order: 12 is the oldest
    CHECK(journal.empty());
    journal.add(8, 8);
    journal.remove(8, 8);
    CHECK(journal.empty());
}

TEST_CASE("a journal holds what is under way, and forgets the rest", "[check]") {
    BlockJournal journal;
    constexpr std::uint64_t under_way = 500;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        journal.add(i * 3 % 1000, 2);
        if (i >= under_way) {
            journal.remove((i - under_way) * 3 % 1000, 2);
        }
    }
    CHECK(!journal.empty());
    journal.clear();
    CHECK(journal.empty());
}

TEST_CASE("a journal ends where numbers do", "[check]") {
    BlockJournal journal;
    journal.add(~std::uint64_t{0} - 1, 100);
    CHECK(!journal.empty());
    journal.remove(5, ~std::uint64_t{0});
    CHECK(journal.empty());
    journal.add(7, 0);
    CHECK(journal.empty());
    journal.add(7, 2);
    journal.remove(7, 0);
    CHECK(!journal.empty());
}

}  // namespace lmsim::check
