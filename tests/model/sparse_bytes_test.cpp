#include "model/sparse_bytes.hpp"

#include "tests/catch.hpp"

using lmsim::SparseBytes;

TEST_CASE("sparse bytes are what all of them would be", "[sparse]") {
    const std::uint8_t begin[] = {1, 2, 0};
    SparseBytes bytes(begin, 3, 10);
    CHECK(bytes.size() == 10);
    CHECK(bytes.stored_size() == 3);
    CHECK(bytes[1] == 2);
    CHECK(bytes[9] == 0);
    CHECK(bytes.stored_of(1, 8) == 2);
    CHECK(bytes.stored_of(5, 8) == 0);
    CHECK(bytes.all() == std::vector<std::uint8_t>{1, 2, 0, 0, 0, 0, 0, 0, 0, 0});
    bytes.at(8) = 7;
    CHECK(bytes[8] == 7);
    CHECK(bytes[7] == 0);
    bytes.resize(8);
    CHECK(bytes.stored_size() == 8);
    bytes.resize(12);
    CHECK(bytes[8] == 0);
    CHECK(bytes == SparseBytes(begin, 2, 12));
    CHECK(bytes != SparseBytes(begin, 2, 11));
    CHECK(bytes != SparseBytes(begin, 1, 12));
    bytes.clear();
    CHECK(bytes.empty());
}

TEST_CASE("equal sparse bytes have equal hashes, however many are stored", "[sparse]") {
    for (const std::size_t size : {std::size_t{100}, std::size_t{1} << 20U}) {
        const std::vector<std::uint8_t> begin{1, 2, 3, 0, 0};
        const SparseBytes few(begin.data(), 3, size);
        SparseBytes all(few.all());
        CHECK(all.stored_size() == size);
        CHECK(few == all);
        CHECK(few.hash() == all.hash());
        all.at(size - 1) = 1;
        CHECK(few != all);
        CHECK(few.hash() != all.hash());
        CHECK(few.hash() != SparseBytes(begin.data(), 3, size + 1).hash());
    }
}
