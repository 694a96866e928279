#include "model/wire/prp.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace lmsim;
using namespace lmsim::wire;

// PRP1, PRP2, length and page size, then the bytes that every list page reads as, over and over:
// lists that point to themselves too.
FUZZ_TARGET(prp, 128) {
    if (size < 24) {
        return;
    }
    const auto prp1 = load_le<std::uint64_t>(data);
    const auto prp2 = load_le<std::uint64_t>(data + 8);
    const std::uint64_t length = load_le<std::uint32_t>(data + 16) % 20000;
    const std::uint32_t page = 16U << data[20] % 8;
    std::uint64_t placed = 0;
    const auto visit = [&](const PrpSegment& segment) {
        FUZZ_CHECK(segment.length != 0 && segment.length <= page);
        FUZZ_CHECK((segment.address & (page - 1)) + segment.length <= page);
        placed += segment.length;
    };
    PrpWalk walk = begin_prp(prp1, prp2, length, page, visit);
    std::uint64_t lists = 0;
    std::uint8_t list[2048];
    std::uint64_t list_bytes = 0;
    while (walk.needs_list()) {
        FUZZ_CHECK(walk.list_bytes != 0 && walk.list_bytes <= page && walk.list_bytes % 8 == 0);
        FUZZ_CHECK((walk.list & (page - 1)) + walk.list_bytes <= page);
        const std::size_t there = size - 21;
        for (std::uint32_t i = 0; i < walk.list_bytes; ++i) {
            list[i] = data[21 + (list_bytes + i) % there];
        }
        list_bytes += walk.list_bytes;
        walk = continue_prp(walk, list, walk.list_bytes, visit);
        FUZZ_CHECK(++lists <= length / page * 2 + 2);  // no chain goes on for ever
    }
    FUZZ_CHECK(placed + walk.remaining == length);
    FUZZ_CHECK(walk.error != Error::None || walk.done());
}
