#include "model/pack.hpp"

#include <cstdint>

#include "tests/catch.hpp"
#include "tests/property.hpp"

namespace {

enum class Colour : std::uint16_t { Red = 1, Green = 0x1234 };

struct Inner {
    std::int8_t small = 0;
    bool flag = false;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.small, self.flag);
    }
};

struct Outer {
    std::uint32_t number = 0;
    Colour colour = Colour::Red;
    Inner inner;
    std::array<std::uint16_t, 2> pair{};
    std::uint8_t count = 0;
    Inner items[3];
    std::int64_t wide = 0;
};

// The free form, found by its namespace.
template <class Visitor, class Self>
constexpr std::enable_if_t<std::is_same_v<std::remove_const_t<Self>, Outer>> fields(Visitor& visit,
                                                                                    Self& self) {
    visit(self.number, self.colour, self.inner, self.pair);
    visit.array(self.items, self.count);
    visit(self.wide);
}

constexpr std::size_t fixed_size = 4 + 2 + 2 + 4 + 1 + 8;

Outer example() {
    Outer state;
    state.number = 0x01020304;
    state.colour = Colour::Green;
    state.inner = {-1, true};
    state.pair = {0xa1a2, 0xb1b2};
    state.count = 1;
    state.items[0] = {5, true};
    state.wide = -2;
    return state;
}

}  // namespace

TEST_CASE("packed bytes are the fields in order, little-endian, without padding") {
    std::uint8_t bytes[64] = {};
    const Outer state = example();
    const std::size_t size = lmsim::pack(state, bytes, sizeof bytes);
    const std::uint8_t expected[] = {0x04, 0x03, 0x02, 0x01, 0x34, 0x12, 0xff, 0x01,
                                     0xa2, 0xa1, 0xb2, 0xb1, 1,    5,    1,    0xfe,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    REQUIRE(size == sizeof expected);
    REQUIRE(size == lmsim::packed_size(state));
    for (std::size_t i = 0; i < size; ++i) {
        CAPTURE(i);
        CHECK(int{bytes[i]} == int{expected[i]});
    }
}

TEST_CASE("packing works in constant expressions") {
    constexpr Inner inner{3, true};
    static_assert(lmsim::packed_size(inner) == 2);
    static_assert(lmsim::max_packed_size<Inner>() == 2);
    static_assert(lmsim::packed_hash(inner) != lmsim::packed_hash(Inner{}));
    static_assert(lmsim::packed_equal(inner, Inner{3, true}));
    static_assert(lmsim::max_packed_size<Outer>() == fixed_size + 3 * 2);
    constexpr std::uint64_t hash = lmsim::packed_hash(inner);
    Inner same{2, true};
    ++same.small;
    CHECK(lmsim::packed_hash(same) == hash);
}

TEST_CASE("items past the count neither travel nor compare, and are reset by unpack") {
    Outer a = example();
    Outer b = example();
    b.items[2] = {9, true};
    CHECK(lmsim::packed_equal(a, b));
    CHECK(lmsim::packed_hash(a) == lmsim::packed_hash(b));

    const lmsim::Packed<Outer> packed(a);
    REQUIRE(lmsim::unpack(packed.bytes.data(), packed.size, b) == packed.size);
    CHECK(b.items[2].small == 0);

    a.count = 2;
    CHECK_FALSE(lmsim::packed_equal(a, b));
}

TEST_CASE("unpack refuses what pack never writes") {
    const lmsim::Packed<Outer> packed(example());
    Outer state;
    for (std::size_t size = 0; size < packed.size; ++size) {
        CAPTURE(size);
        CHECK(lmsim::unpack(packed.bytes.data(), size, state) == 0);
    }
    auto bytes = packed.bytes;
    bytes[7] = 2;  // a bool
    CHECK(lmsim::unpack(bytes.data(), bytes.size(), state) == 0);
    bytes = packed.bytes;
    bytes[12] = 4;  // a count over three items
    CHECK(lmsim::unpack(bytes.data(), bytes.size(), state) == 0);
}

TEST_CASE("unpack undoes pack, and equal bytes are equal hashes") {
    CHECK(lmsim::tests::failure_of([](std::uint32_t number, std::int8_t small, bool flag,
                                      std::int64_t wide, std::uint16_t first) {
              Outer state;
              state.number = number;
              state.inner = {small, flag};
              state.wide = wide;
              state.pair[0] = first;
              state.count = static_cast<std::uint8_t>(number % 4);
              for (std::size_t i = 0; i < state.count; ++i) {
                  state.items[i] = {static_cast<std::int8_t>(small + 1), !flag};
              }
              const lmsim::Packed<Outer> packed(state);
              Outer back;
              RC_ASSERT(lmsim::unpack(packed.bytes.data(), packed.size, back) == packed.size);
              RC_ASSERT(packed == lmsim::Packed<Outer>(back));
              RC_ASSERT(packed.hash() == lmsim::packed_hash(back));
              back.wide ^= 1;
              RC_ASSERT(packed != lmsim::Packed<Outer>(back));
              RC_ASSERT(packed.hash() != lmsim::packed_hash(back));
          }) == "");
}

TEST_CASE("the hash spreads neighbouring states over its low bits") {
    int buckets[256] = {};
    for (std::uint32_t i = 0; i < 256 * 64; ++i) {
        Outer state;
        state.number = i;
        ++buckets[lmsim::packed_hash(state) & 0xff];
    }
    for (const int filled : buckets) {
        CHECK(filled > 16);
        CHECK(filled < 160);
    }
}
