#include "model/nvme/lba_map.hpp"

#include <algorithm>
#include <vector>

#include "tests/property.hpp"

using namespace lmsim;
using nvme::LbaMap;

namespace {

/// One call, drawn small so that calls meet; now and then over borders of 32768 blocks.
struct Call {
    std::uint64_t slba;
    std::uint64_t blocks;
    bool set;
};

Call drawn(std::uint64_t word) {
    const std::uint64_t base = (word >> 8 & 3) * 32'768;
    const std::uint64_t near = word >> 10 & 0xFF;
    const bool back = (word & 1) != 0;
    const std::uint64_t slba = back ? base + 32'768 - near : base + near;
    const std::uint64_t length =
        (word & 6) == 0 ? 32'768 + (word >> 18 & 0xFF) : 1 + (word >> 18 & 0x7F);
    return {slba, length, (word & 0x18) != 0};
}

}  // namespace

TEST_CASE("an empty map") {
    LbaMap map;
    CHECK(map.count() == 0);
    CHECK(!map.test(0));
    CHECK(map.next_allocated(3, 1'000'000) == 1'000'000);
    CHECK(map.next_free(3, 1'000'000) == 3);
    CHECK(map.next_free(5, 5) == 5);
    map.clear(0, 1'000'000);
    CHECK(map.count() == 0);
}

TEST_CASE("whole stretches take no bits and split again") {
    LbaMap map;
    map.set(0, 100'000);
    CHECK(map.count() == 100'000);
    CHECK(map.next_free(0, 200'000) == 100'000);
    map.clear(40'000, 1);
    CHECK(map.count() == 99'999);
    CHECK(map.next_free(0, 200'000) == 40'000);
    CHECK(map.next_allocated(40'000, 200'000) == 40'001);
    map.set(40'000, 1);
    CHECK(map.count() == 100'000);
    CHECK(map.next_free(0, 200'000) == 100'000);
    map.clear();
    CHECK(map.count() == 0);
    CHECK(map.next_allocated(0, 200'000) == 200'000);
}

TEST_CASE("ends bound what is looked at") {
    LbaMap map;
    map.set(10, 10);
    CHECK(map.next_allocated(0, 10) == 10);
    CHECK(map.next_allocated(0, 11) == 10);
    CHECK(map.next_free(10, 15) == 15);
    CHECK(map.next_free(10, 64) == 20);
}

TEST_CASE("a map says what a set of blocks says") {
    CHECK(tests::failure_of(
              [](const std::vector<std::uint64_t>& words) {
                  LbaMap map;
                  std::vector<bool> naive(6 * 32'768);
                  for (const std::uint64_t word : words) {
                      const Call call = drawn(word);
                      if (call.set) {
                          map.set(call.slba, call.blocks);
                      } else {
                          map.clear(call.slba, call.blocks);
                      }
                      const auto from = naive.begin() + static_cast<std::ptrdiff_t>(call.slba);
                      std::fill(from, from + static_cast<std::ptrdiff_t>(call.blocks), call.set);
                  }
                  const auto all =
                      static_cast<std::uint64_t>(std::count(naive.begin(), naive.end(), true));
                  RC_ASSERT(map.count() == all);
                  const std::uint64_t end = naive.size();
                  std::uint64_t found = 0;
                  for (std::uint64_t at = map.next_allocated(0, end); at < end;) {
                      const std::uint64_t free = map.next_free(at, end);
                      for (; at < free; ++at, ++found) {
                          RC_ASSERT(naive[at]);
                      }
                      at = map.next_allocated(at, end);
                  }
                  RC_ASSERT(found == all);
              },
              60) == "");
}
