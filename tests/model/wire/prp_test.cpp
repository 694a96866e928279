#include "model/wire/prp.hpp"

#include <vector>

#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;

namespace {

struct Walked {
    std::vector<PrpSegment> segments;
    Error error = Error::None;
    std::size_t lists = 0;
};

// Walks with lists that stand contiguously at `list` in `memory`.
Walked walk(std::uint64_t prp1, std::uint64_t prp2, std::uint64_t length, std::uint32_t page,
            std::uint64_t list, const std::vector<std::uint8_t>& memory) {
    Walked walked;
    const auto visit = [&](PrpSegment segment) { walked.segments.push_back(segment); };
    PrpWalk state = begin_prp(prp1, prp2, length, page, visit);
    while (state.needs_list()) {
        ++walked.lists;
        const std::uint64_t at = state.list - list;
        REQUIRE(at + state.list_bytes <= memory.size());
        state = continue_prp(state, memory.data() + at, state.list_bytes, visit);
    }
    walked.error = state.error;
    return walked;
}

}  // namespace

TEST_CASE("pages touched") {
    CHECK(prp_pages(0x1000, 0, 4096) == 0);
    CHECK(prp_pages(0x1000, 1, 4096) == 1);
    CHECK(prp_pages(0x1000, 4096, 4096) == 1);
    CHECK(prp_pages(0x1FFF, 1, 4096) == 1);
    CHECK(prp_pages(0x1FFF, 2, 4096) == 2);
    CHECK(prp_pages(0x1004, 8192, 4096) == 3);
}

TEST_CASE("one and two pages need no list") {
    const auto one = walk(0x10200, 0, 512, 4096, 0, {});
    REQUIRE(one.segments.size() == 1);
    CHECK(one.segments[0].address == 0x10200);
    CHECK(one.segments[0].length == 512);
    const auto two = walk(0x10200, 0x20000, 4096, 4096, 0, {});
    REQUIRE(two.segments.size() == 2);
    CHECK(two.segments[0].length == 0xE00);
    CHECK(two.segments[1].address == 0x20000);
    CHECK(two.segments[1].length == 0x200);
    CHECK(two.lists == 0);
    CHECK(walk(0x10200, 0, 0, 4096, 0, {}).segments.empty());
}

// NVMe Base 2.3, 4.3.1: only PRP1, and a list pointer in PRP2, may have an offset.
TEST_CASE("offsets where none is allowed") {
    CHECK(walk(0x10000, 0x20008, 8192, 4096, 0, {}).error == Error::Unaligned);
    CHECK(walk(0x10002, 0, 512, 4096, 0, {}).error == Error::Unaligned);
    CHECK(walk(0x10000, 0x20004, 3 * 4096, 4096, 0, {}).error == Error::Unaligned);
    std::vector<std::uint8_t> list(4096);
    write_prp_list(list.data(), 0x20000, 0x30000, 2, 4096);
    list[8] = 1;
    CHECK(walk(0x10000, 0x20000, 3 * 4096, 4096, 0x20000, list).error == Error::Unaligned);
}

TEST_CASE("a list that begins inside a page") {
    std::vector<std::uint8_t> list(4096);
    write_prp_list(list.data() + 0x100, 0x20100, 0x30000, 2, 4096);
    const auto walked = walk(0x10000, 0x20100, 3 * 4096, 4096, 0x20000, list);
    REQUIRE(walked.segments.size() == 3);
    CHECK(walked.segments[2].address == 0x31000);
    CHECK(walked.lists == 1);
}

TEST_CASE("a list pointer in the last slot of a page leads on to the next page") {
    std::vector<std::uint8_t> memory(2 * 4096);
    store_le<std::uint64_t>(memory.data() + 4088, 0x21000);
    write_prp_list(memory.data() + 4096, 0x21000, 0x30000, 2, 4096);
    const auto walked = walk(0x10000, 0x20FF8, 3 * 4096, 4096, 0x20000, memory);
    CHECK(walked.error == Error::None);
    CHECK(walked.lists == 2);
    REQUIRE(walked.segments.size() == 3);
    CHECK(walked.segments[1].address == 0x30000);
}

TEST_CASE("a list that points to itself ends with the data") {
    std::vector<std::uint8_t> memory(64);
    for (std::size_t i = 0; i < 8; ++i) {
        store_le<std::uint64_t>(memory.data() + 8 * i, 0x20000);
    }
    const auto walked = walk(0x10000, 0x20000, 64 * 100, 64, 0x20000, memory);
    CHECK(walked.error == Error::None);
    CHECK(walked.segments.size() == 100);
    CHECK(walked.lists == 14);  // 13 * 7 + 8 entries after PRP1
}

TEST_CASE("a list cut short") {
    const auto ignore = [](PrpSegment) {};
    const PrpWalk state = begin_prp(0x10000, 0x20000, 3 * 4096, 4096, ignore);
    REQUIRE(state.needs_list());
    CHECK(state.list_bytes == 16);
    const std::uint8_t bytes[16] = {};
    CHECK(continue_prp(state, bytes, 15, ignore).error == Error::Truncated);
    CHECK(continue_prp(state, bytes, 16, ignore).done());
}

TEST_CASE("list pages, with their chain entries") {
    CHECK(prp_list_pages(0, 4096) == 0);
    CHECK(prp_list_pages(512, 4096) == 1);
    CHECK(prp_list_pages(513, 4096) == 2);
    CHECK(prp_list_pages(511 + 512, 4096) == 2);
    CHECK(prp_list_pages(511 + 513, 4096) == 3);
}

TEST_CASE("what a host writes, a controller walks") {
    CHECK(tests::failure_of([] {
              const std::uint32_t page = 64U << *rc::gen::inRange(0, 3);
              const std::uint64_t address = 0x100000 + 4 * *rc::gen::inRange<std::uint64_t>(0, 64);
              const auto length = *rc::gen::inRange<std::uint64_t>(1, 40 * 64);
              const std::uint64_t list = 0x800000;
              const PrpPair pair = make_prps(address, length, page, list);
              const auto pages = prp_list_pages(pair.list_entries, page);
              std::vector<std::uint8_t> memory(pages * page);
              const std::uint64_t second = (address & ~std::uint64_t{page - 1}) + page;
              write_prp_list(memory.data(), list, second, pair.list_entries, page);
              const Walked walked = walk(pair.prp1, pair.prp2, length, page, list, memory);
              RC_ASSERT(walked.error == Error::None);
              RC_ASSERT(walked.segments.size() == prp_pages(address, length, page));
              RC_ASSERT(walked.lists == pages);
              std::uint64_t next = address;
              for (const PrpSegment& segment : walked.segments) {
                  RC_ASSERT(segment.address == next);
                  next += segment.length;
              }
              RC_ASSERT(next == address + length);
          }) == "");
}
