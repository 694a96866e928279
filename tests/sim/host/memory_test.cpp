#include "sim/host/memory.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "sim/core/random.hpp"
#include "tests/catch.hpp"

namespace lmsim::sim {

TEST_CASE("a memory that knows its zeros holds what a plain one does", "[memory]") {
    Memory plain(64);
    Memory sparse(64);
    sparse.know_zeros();
    const std::uint64_t at = plain.allocate_bytes(40 * page_size);
    REQUIRE(sparse.allocate_bytes(40 * page_size) == at);
    const std::vector<std::uint8_t> from(3 * page_size, 0x5a);
    const struct {
        std::uint64_t address, some, length;
    } puts[] = {{100, 50, 10'000},
                {5 * page_size, 3 * page_size, 20 * page_size},
                {6 * page_size + 10, 0, page_size},
                {30 * page_size, 0, 5 * page_size},
                {0, 1, 100}};
    CHECK(sparse.known_zeros(0, 40 * page_size));
    for (const auto& put : puts) {
        plain.put(put.address, from.data(), put.some, put.length);
        sparse.put(put.address, from.data(), put.some, put.length);
        REQUIRE(std::memcmp(plain.look(0, 40 * page_size), sparse.look(0, 40 * page_size),
                            40 * page_size) == 0);
    }
    CHECK(!plain.known_zeros(30 * page_size, page_size));
    CHECK(sparse.known_zeros(30 * page_size, 10 * page_size));
    CHECK(!sparse.known_zeros(7 * page_size, page_size));
    const SparseBytes piece = sparse.piece(6 * page_size, 34 * page_size);
    CHECK(piece.size() == 34 * page_size);
    CHECK(piece.stored_size() == 2 * page_size);
    CHECK(piece == plain.piece(6 * page_size, 34 * page_size));
    sparse.bytes(39 * page_size, 8)[3] = 1;
    CHECK(!sparse.known_zeros(39 * page_size, page_size));
    CHECK(sparse.piece(6 * page_size, 34 * page_size)[33 * page_size + 3] == 1);
}

TEST_CASE("pages of a guest that nobody wrote to need no copy, all others do", "[memory]") {
    Memory from(256);
    const std::uint64_t ring = from.allocate_bytes(8 * page_size);
    from.allocate_pages(100);
    from.fill(128);
    Memory to(256);
    to.lay_out_like(from);
    const auto write = [](Memory& memory, std::uint64_t address, std::uint8_t what) {
        memory.bytes(address, 1)[0] = what;
        memory.wrote(address, 1);
    };
    write(from, ring + 2 * page_size, 7);
    CHECK(from.differences(to) == 128);
    CHECK(from.give(0, ~std::uint64_t{0}, to) == 0);
    CHECK(from.give(1, ~std::uint64_t{0}, to) == 0);
    CHECK(from.give(2, ~std::uint64_t{0}, to) == 64);
    CHECK(from.differences(to) == 0);
    CHECK(to.bytes(ring + 2 * page_size, 1)[0] == 7);
    write(from, ring + 2 * page_size, 8);
    write(from, ring + 5 * page_size, 9);
    CHECK(from.differences(to) == 2);
    from.give(0, 1U << 5U | 1U << 2U, to);
    CHECK(from.differences(to) == 0);
    CHECK(to.bytes(ring + 5 * page_size, 1)[0] == 9);
    // Bytes that nobody has told the source of, under an equal version.
    to.bytes(ring + 5 * page_size, 1)[0] = 10;
    CHECK(from.differences(to) == 1);
}

// What is cleared, written, sent and sent again, beside two arrays of bytes that say what is there.
TEST_CASE("cleared pages go to another host without a copy, and hold there what they should",
          "[memory]") {
    constexpr std::uint64_t ring_pages = 16;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random draws(seed, "test");
        Memory from(64);
        from.allocate_bytes(ring_pages * page_size);
        from.fill(32);
        Memory to(64);
        to.lay_out_like(from);
        std::vector<std::uint8_t> here(ring_pages * page_size, 0);
        std::vector<std::uint8_t> there = here;
        for (int i = 0; i < 400; ++i) {
            const std::uint64_t page = draws.below(ring_pages);
            const std::uint64_t at = page * page_size + draws.below(page_size / 2);
            const std::uint64_t most = here.size() - at;
            // As on a guest that goes on there before all of its memory has come.
            const bool arrived = draws.below(4) == 0;
            Memory& memory = arrived ? to : from;
            std::vector<std::uint8_t>& bytes = arrived ? there : here;
            switch (draws.below(4)) {
                case 0: {
                    const std::uint64_t length = 1 + draws.below(std::min(3 * page_size, most));
                    memory.clear(at, length);
                    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, 0);
                    break;
                }
                case 1:
                    memory.clear(page * page_size, page_size);
                    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(page * page_size),
                                page_size, 0);
                    break;
                case 2:
                    memory.bytes(at, 1)[0] = static_cast<std::uint8_t>(i);
                    memory.wrote(at, 1);
                    bytes[at] = static_cast<std::uint8_t>(i);
                    break;
                default:
                    to.receive(page, from);
                    std::copy_n(here.begin() + static_cast<std::ptrdiff_t>(page * page_size),
                                page_size,
                                there.begin() + static_cast<std::ptrdiff_t>(page * page_size));
            }
            REQUIRE(std::memcmp(from.look(0, here.size()), here.data(), here.size()) == 0);
            REQUIRE(std::memcmp(to.look(0, there.size()), there.data(), there.size()) == 0);
        }
        for (std::uint64_t page = 0; page < 32; ++page) to.receive(page, from);
        CHECK(from.differences(to) == 0);
        CHECK(std::memcmp(to.look(0, here.size()), here.data(), here.size()) == 0);
    }
}

}  // namespace lmsim::sim
