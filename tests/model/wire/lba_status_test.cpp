#include "model/wire/lba_status.hpp"

#include <algorithm>
#include <vector>

#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Rules;

// NVM Command Set 1.2, 4.2.1: SLBA in CDW10 and CDW11, MNDW in CDW12, RL 15:0 and ATYPE 31:24 of
// CDW13.
TEST_CASE("get LBA status") {
    const Sqe sqe =
        encode(GetLbaStatus{6, 0x0807'0605'0403'0201, 0x1'0000'0000, 0xA1A2, true}, Rules{});
    CHECK(sqe.opcode == 0x86);
    CHECK(sqe.nsid == 6);
    CHECK(sqe.cdw10 == 0x0403'0201);
    CHECK(sqe.cdw11 == 0x0807'0605);
    CHECK(sqe.cdw12 == 0xFFFF'FFFF);
    CHECK(sqe.cdw13 == 0x0200'A1A2);
    const GetLbaStatus back = decode_get_lba_status(sqe, Rules{});
    CHECK(back.nsid == 6);
    CHECK(back.slba == 0x0807'0605'0403'0201);
    CHECK(back.dwords == 0x1'0000'0000);
    CHECK(back.rl == 0xA1A2);
    CHECK(back.allocated);
    Sqe other = sqe;
    other.cdw13 = 0x1000'0000;
    CHECK(!decode_get_lba_status(other, Rules{}).allocated);
}

TEST_CASE("an LBA status descriptor list") {
    const Rules rules;
    std::vector<std::uint8_t> bytes(8 + 2 * 16 + 15, 0xEE);
    LbaStatusWriter writer(bytes.data(), bytes.size(), rules);
    CHECK(writer.add({0x0102'0304'0506'0708, 0x1112'1314}));
    CHECK(writer.add({2, 3}));
    CHECK(!writer.add({4, 5}));
    writer.end(false);
    CHECK(bytes[0] == 2);
    CHECK(bytes[4] == 1);
    CHECK(bytes[5] == 0);
    CHECK(bytes[8] == 0x08);
    CHECK(bytes[15] == 0x01);
    CHECK(bytes[16] == 0x14);
    CHECK(bytes[19] == 0x11);
    CHECK(bytes[20] == 0);
    CHECK(bytes[24] == 2);
    CHECK(bytes[32] == 3);
    CHECK(bytes[40] == 0);
    const auto list = LbaStatusView::parse(bytes.data(), bytes.size(), rules);
    REQUIRE(list.ok());
    REQUIRE(list->count() == 2);
    CHECK(!list->whole());
    CHECK((*list)[0].slba == 0x0102'0304'0506'0708);
    CHECK((*list)[0].blocks == 0x1112'1314);
    CHECK((*list)[1].slba == 2);
    writer.end(true);
    CHECK(bytes[4] == 2);
    CHECK(LbaStatusView::parse(bytes.data(), bytes.size(), rules)->whole());
}

TEST_CASE("a list of LBA statuses is as short as its buffer") {
    const Rules rules;
    for (std::size_t size = 4; size < 64; ++size) {
        std::vector<std::uint8_t> bytes(size + 8, 0xEE);
        LbaStatusWriter writer(bytes.data(), size, rules);
        std::size_t count = 0;
        while (writer.add({count, 1})) {
            ++count;
        }
        writer.end(true);
        CHECK(count == (size < 8 ? 0 : (size - 8) / 16));
        CHECK(std::count(bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end(), 0xEE) ==
              8);
        const auto list = LbaStatusView::parse(bytes.data(), size, rules);
        CHECK(list.ok() == (size >= 8));
    }
    std::vector<std::uint8_t> bytes(24);
    bytes[0] = 2;
    CHECK(LbaStatusView::parse(bytes.data(), bytes.size(), rules).error() == Error::Truncated);
    bytes[3] = 0xFF;
    CHECK(LbaStatusView::parse(bytes.data(), bytes.size(), rules).error() == Error::Truncated);
}
