#include "model/wire/namespace_lists.hpp"

#include <algorithm>
#include <vector>

#include "model/wire/bits.hpp"
#include "model/wire/identify.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Rules;

namespace {

using Bytes = std::vector<std::uint8_t>;

}  // namespace

// NVMe Base 2.3, 4.6.2: 4 bytes each, 1024 at most.
TEST_CASE("a namespace list") {
    const Rules rules;
    Bytes bytes(identify_size, 0xEE);
    NamespaceListWriter writer(bytes.data(), rules);
    CHECK(writer.add(7));
    CHECK(writer.add(0x0102'0304));
    CHECK(bytes[0] == 7);
    CHECK(bytes[4] == 4);
    CHECK(bytes[7] == 1);
    CHECK(std::count(bytes.begin(), bytes.end(), 0) == 4096 - 5);
    const auto list = NamespaceListView::parse(bytes.data(), bytes.size(), rules);
    REQUIRE(list.ok());
    REQUIRE(list->count() == 2);
    CHECK((*list)[0] == 7);
    CHECK((*list)[1] == 0x0102'0304);
}

TEST_CASE("a full namespace list takes no more") {
    const Rules rules;
    Bytes bytes(identify_size);
    NamespaceListWriter writer(bytes.data(), rules);
    for (std::uint32_t nsid = 1; nsid <= 1024; ++nsid) {
        REQUIRE(writer.add(nsid));
    }
    CHECK(!writer.add(1025));
    CHECK(NamespaceListView::parse(bytes.data(), bytes.size(), rules)->count() == 1024);
    CHECK(rules.value(spec::Id::NamespaceListMax) * 4 == identify_size);
    Rules shorter;
    shorter.set_value(spec::Id::NamespaceListMax, 1);
    NamespaceListWriter small(bytes.data(), shorter);
    CHECK(small.add(1));
    CHECK(!small.add(2));
}

TEST_CASE("bad namespace lists") {
    const Rules rules;
    Bytes bytes(identify_size);
    CHECK(NamespaceListView::parse(bytes.data(), 4095, rules).error() == Error::Truncated);
    store_le<std::uint32_t>(bytes.data(), 5);
    store_le<std::uint32_t>(bytes.data() + 4, 5);
    const auto list = NamespaceListView::parse(bytes.data(), bytes.size(), rules);
    CHECK(list.error() == Error::NotAscending);
    CHECK(list.at() == 4);
}

// 4.6.1: NUMCIDS, then 2 bytes each, 2047 at most.
TEST_CASE("a controller list") {
    const Rules rules;
    Bytes bytes(identify_size, 0xEE);
    ControllerListWriter writer(bytes.data(), rules);
    CHECK(writer.add(0));
    CHECK(writer.add(0x0203));
    CHECK(bytes[0] == 2);
    CHECK(bytes[2] == 0);
    CHECK(bytes[4] == 3);
    CHECK(bytes[5] == 2);
    const auto list = ControllerListView::parse(bytes.data(), bytes.size(), rules);
    REQUIRE(list.ok());
    REQUIRE(list->count() == 2);
    CHECK((*list)[0] == 0);
    CHECK((*list)[1] == 0x0203);
    for (std::uint16_t id = 0x0300; id < 0x0300 + 2045; ++id) {
        REQUIRE(writer.add(id));
    }
    CHECK(!writer.add(0xFFFF));
    CHECK(ControllerListView::parse(bytes.data(), bytes.size(), rules)->count() == 2047);
}

TEST_CASE("bad controller lists") {
    const Rules rules;
    Bytes bytes(identify_size);
    const auto parse = [&](std::size_t size) {
        return ControllerListView::parse(bytes.data(), size, rules);
    };
    CHECK(parse(1).error() == Error::Truncated);
    CHECK(parse(2)->count() == 0);
    store_le<std::uint16_t>(bytes.data(), 2);
    CHECK(parse(5).error() == Error::Truncated);
    CHECK(parse(6).error() == Error::NotAscending);
    CHECK(parse(6).at() == 4);
    store_le<std::uint16_t>(bytes.data() + 4, 1);
    CHECK(parse(6).ok());
    store_le<std::uint16_t>(bytes.data(), 2048);
    CHECK(parse(4096).error() == Error::TooMany);
}

// 5.2.13.2.3: NIDT, NIDL, two reserved bytes, NID.
TEST_CASE("namespace identification descriptors") {
    const Rules rules;
    NamespaceDescriptors list;
    list.has_nguid = true;
    list.nguid.fill(0xAB);
    list.has_csi = true;
    Bytes bytes(identify_size, 0xEE);
    encode(list, bytes.data(), rules);
    CHECK(bytes[0] == 2);
    CHECK(bytes[1] == 16);
    CHECK(bytes[2] == 0);
    CHECK(bytes[4] == 0xAB);
    CHECK(bytes[19] == 0xAB);
    CHECK(bytes[20] == 4);
    CHECK(bytes[21] == 1);
    CHECK(bytes[24] == 0);
    CHECK(bytes[25] == 0);
    CHECK(*decode_namespace_descriptors(bytes.data(), bytes.size(), rules) == list);
    list.has_eui64 = true;
    list.eui64.fill(0x11);
    list.has_uuid = true;
    list.uuid.fill(0x22);
    encode(list, bytes.data(), rules);
    CHECK(bytes[0] == 1);
    CHECK(bytes[1] == 8);
    CHECK(bytes[12] == 2);
    CHECK(bytes[32] == 3);
    CHECK(bytes[33] == 16);
    CHECK(bytes[52] == 4);
    CHECK(*decode_namespace_descriptors(bytes.data(), bytes.size(), rules) == list);
    CHECK(!(list == NamespaceDescriptors{}));
}

TEST_CASE("bad namespace identification descriptors") {
    const Rules rules;
    Bytes bytes(identify_size);
    const auto parse = [&](std::size_t size = 4096) {
        return decode_namespace_descriptors(bytes.data(), size, rules);
    };
    CHECK(parse(4095).error() == Error::Truncated);
    bytes[0] = 0x77;  // an unknown type is passed over
    bytes[1] = 3;
    bytes[7] = 4;
    bytes[8] = 1;
    CHECK(parse()->has_csi);
    bytes[8] = 2;
    CHECK(parse().error() == Error::SizeMismatch);
    CHECK(parse().at() == 7);
    bytes[8] = 1;
    bytes[12] = 4;
    bytes[13] = 1;
    CHECK(parse().error() == Error::TooMany);
    CHECK(parse().at() == 12);
    for (std::size_t at = 0; at < 4096; at += 4 + 252) {
        bytes[at] = 0x77;
        bytes[at + 1] = at + 256 < 4096 ? 252 : 255;
    }
    CHECK(parse().error() == Error::Truncated);
}

TEST_CASE("arbitrary bytes never lead out of the lists") {
    CHECK(tests::failure_of(
              [](std::uint64_t seed) {
                  const Rules rules;
                  Bytes bytes(identify_size);
                  for (auto& byte : bytes) {
                      seed = seed * 6364136223846793005U + 1442695040888963407U;
                      byte = static_cast<std::uint8_t>(seed >> 56 & 0x13);
                  }
                  decode_namespace_descriptors(bytes.data(), bytes.size(), rules);
                  NamespaceListView::parse(bytes.data(), bytes.size(), rules);
                  const auto list = ControllerListView::parse(bytes.data(), bytes.size(), rules);
                  RC_ASSERT((!list.ok() || list->count() <= 2047));
              },
              50) == "");
}
