#include "model/wire/identify.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "model/spec/table.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Id;
using spec::Rules;

namespace {

std::vector<std::uint8_t> write(const IdentifyController& page, const Rules& rules) {
    std::vector<std::uint8_t> bytes(identify_size, 0xEE);
    encode(page, bytes.data(), rules);
    return bytes;
}

}  // namespace

// NVMe Base 2.3, 5.2.13.2.1, figure 328: first byte and number of bytes.
TEST_CASE("identify controller fields stand at their true offsets") {
    struct Expected {
        Id id;
        std::uint32_t byte;
        std::uint32_t bytes;
    };
    const Expected expected[] = {
        {Id::IdVid, 0, 2},         {Id::IdSsvid, 2, 2},     {Id::IdSn, 4, 20},
        {Id::IdMn, 24, 40},        {Id::IdFr, 64, 8},       {Id::IdRab, 72, 1},
        {Id::IdCmic, 76, 1},       {Id::IdMdts, 77, 1},     {Id::IdCntlid, 78, 2},
        {Id::IdVer, 80, 4},        {Id::IdOaes, 92, 4},     {Id::IdCtratt, 96, 4},
        {Id::IdCntrltype, 111, 1}, {Id::IdOacs, 256, 2},    {Id::IdAcl, 258, 1},
        {Id::IdAerl, 259, 1},      {Id::IdFrmw, 260, 1},    {Id::IdLpa, 261, 1},
        {Id::IdElpe, 262, 1},      {Id::IdHmpre, 272, 4},   {Id::IdSqes, 512, 1},
        {Id::IdCqes, 513, 1},      {Id::IdMaxcmd, 514, 2},  {Id::IdNn, 516, 4},
        {Id::IdOncs, 520, 2},      {Id::IdVwc, 525, 1},     {Id::IdAwun, 526, 2},
        {Id::IdAwupf, 528, 2},     {Id::IdSgls, 536, 4},    {Id::IdCmmrtd, 570, 2},
        {Id::IdNmmrtd, 572, 2},    {Id::IdMinmrtg, 574, 1}, {Id::IdMaxmrtg, 575, 1},
        {Id::IdTrattr, 576, 1},    {Id::IdMcudmq, 578, 2},  {Id::IdMnsudmq, 580, 2},
        {Id::IdMcmr, 582, 2},      {Id::IdNmcmr, 584, 2},   {Id::IdMcdqpc, 586, 2},
        {Id::IdSubnqn, 768, 256}};
    const Rules rules;
    for (const Expected& field : expected) {
        CAPTURE(spec::row(field.id).name);
        CHECK(rules.offset(field.id) == field.byte);
        CHECK(rules.place(field.id).width == field.bytes * 8);
    }
}

TEST_CASE("identify controller fields do not overlap") {
    const Rules rules;
    std::vector<int> owners(identify_size * 8, 0);
    for (const spec::Row& row : spec::table) {
        const bool page_field = row.name.substr(0, 8) == "ID-CTRL-";
        if (page_field && row.id != Id::IdOacsHmlms) {
            for (std::uint32_t bit = 0; bit < row.place.width; ++bit) {
                ++owners[row.place.bit + bit];
            }
        }
    }
    CHECK(std::count_if(owners.begin(), owners.end(), [](int n) { return n > 1; }) == 0);
}

TEST_CASE("an identify controller page") {
    IdentifyController page;
    set_text(page.sn, "LMSIM0001", ' ');
    set_text(page.subnqn, "nqn.2026-11.example:lmsim", '\0');
    page.cntlid = 0x0102;
    page.mdts = 5;
    page.hmlms = true;
    page.oacs = 0x0088;
    page.nn = 16;
    page.maxcmd = 0x0400;
    page.trattr = trattr_thmcs | trattr_tudcs;
    page.mcdqpc = 0x0304;
    const auto bytes = write(page, Rules{});
    CHECK(std::memcmp(bytes.data() + 4, "LMSIM0001           ", 20) == 0);
    CHECK(std::memcmp(bytes.data() + 768, "nqn.2026-11.example:lmsim\0", 26) == 0);
    CHECK(bytes[77] == 5);
    CHECK(bytes[78] == 0x02);
    CHECK((bytes[256] | bytes[257] << 8) == (0x0088 | oacs_hmlms));
    CHECK(bytes[512] == 0x66);
    CHECK(bytes[513] == 0x44);
    CHECK(bytes[515] == 0x04);
    CHECK(bytes[516] == 16);
    CHECK(bytes[576] == 3);
    CHECK(bytes[586] == 0x04);
    CHECK(bytes[4095] == 0);
    const auto back = decode_identify_controller(bytes.data(), bytes.size(), Rules{});
    REQUIRE(back.ok());
    CHECK(*back == page);
    CHECK(back->oacs == 0x0088);
    CHECK(back->hmlms);
    CHECK(!(*back == IdentifyController{}));
}

// Figure 328: SANICAP 331:328, TNVMCAP 295:280, UNVMCAP 311:296, FNA 524, MNAN 543:540.
TEST_CASE("an identify controller page on namespaces") {
    IdentifyController page;
    page.sanicap = 0x0403'0201;
    page.tnvmcap = 0x1817'1615'1413'1211;
    page.unvmcap = 0x2827'2625'2423'2221;
    page.fna = 0x31;
    page.mnan = 0x4443'4241;
    const auto bytes = write(page, Rules{});
    CHECK(bytes[328] == 0x01);
    CHECK(bytes[331] == 0x04);
    CHECK(bytes[280] == 0x11);
    CHECK(bytes[287] == 0x18);
    CHECK(bytes[288] == 0);
    CHECK(bytes[296] == 0x21);
    CHECK(bytes[303] == 0x28);
    CHECK(bytes[524] == 0x31);
    CHECK(bytes[540] == 0x41);
    CHECK(bytes[543] == 0x44);
}

TEST_CASE("arbitrary bytes are an identify page whose known fields come back") {
    CHECK(tests::failure_of([](std::uint64_t seed) {
              std::vector<std::uint8_t> bytes(identify_size);
              for (auto& byte : bytes) {
                  seed = seed * 6364136223846793005U + 1442695040888963407U;
                  byte = static_cast<std::uint8_t>(seed >> 56);
              }
              const Rules rules;
              const auto page = decode_identify_controller(bytes.data(), bytes.size(), rules);
              RC_ASSERT(page.ok());
              const auto again = write(*page, rules);
              const auto back = decode_identify_controller(again.data(), again.size(), rules);
              RC_ASSERT(*back == *page);
              for (std::uint32_t at = 570; at < 588; ++at) {
                  RC_ASSERT(at == 577 || again[at] == bytes[at]);
              }
          }) == "");
}

TEST_CASE("an identify page of less than 4096 bytes is truncated") {
    const auto bytes = write(IdentifyController{}, Rules{});
    for (const std::size_t size : {std::size_t{0}, std::size_t{2}, std::size_t{4095}}) {
        CHECK(decode_identify_controller(bytes.data(), size, Rules{}).error() == Error::Truncated);
    }
}

// A draft's page: the tracking fields at 352, and SQES, CQES, MAXCMD two bytes early.
TEST_CASE("a dialect's page is written where the overlay says") {
    Rules dialect;
    dialect.set_place(Id::IdCmmrtd, spec::bytes(352, 353));
    dialect.set_place(Id::IdSqes, spec::bytes(510, 510));
    dialect.set_place(Id::IdCqes, spec::bytes(511, 511));
    dialect.set_place(Id::IdMaxcmd, spec::bytes(512, 513));
    IdentifyController page;
    page.cmmrtd = 0x0102;
    page.maxcmd = 0x0200;
    const auto bytes = write(page, dialect);
    CHECK(bytes[352] == 0x02);
    CHECK(bytes[570] == 0);
    const auto misread = decode_identify_controller(bytes.data(), bytes.size(), Rules{});
    CHECK(misread->sqes == 0x00);
    CHECK(misread->cqes == 0x02);
    CHECK(*decode_identify_controller(bytes.data(), bytes.size(), dialect) == page);
}

// 5.2.13.3.2, figures 347 and 348.
TEST_CASE("a secondary controller list, byte by byte and back") {
    const Rules rules;
    std::vector<std::uint8_t> bytes(identify_size, 0xEE);
    SecondaryListWriter writer(bytes.data(), rules);
    const SecondaryController first{0x0101, 0x0001, true, 1, 0x0010, 0x0011};
    const SecondaryController second{0x0102, 0x0001, false, 2, 0, 0};
    CHECK(writer.add(first));
    CHECK(writer.add(second));
    CHECK(bytes[0] == 2);
    CHECK(bytes[1] == 0);
    CHECK(bytes[32] == 0x01);
    CHECK(bytes[34] == 0x01);
    CHECK(bytes[36] == 1);
    CHECK(bytes[40] == 1);
    CHECK(bytes[42] == 0x10);
    CHECK(bytes[44] == 0x11);
    CHECK(bytes[64] == 0x02);
    CHECK(bytes[68] == 0);
    const auto view = SecondaryListView::parse(bytes.data(), bytes.size(), rules);
    REQUIRE(view.ok());
    REQUIRE(view->count() == 2);
    CHECK((*view)[0] == first);
    CHECK((*view)[1] == second);
}

TEST_CASE("a secondary controller list holds 127 entries") {
    const Rules rules;
    std::vector<std::uint8_t> bytes(identify_size);
    SecondaryListWriter writer(bytes.data(), rules);
    std::uint16_t count = 0;
    while (writer.add(SecondaryController{count, 0, true, count, 0, 0})) ++count;
    CHECK(count == 127);
    const auto view = SecondaryListView::parse(bytes.data(), bytes.size(), rules);
    REQUIRE(view->count() == 127);
    CHECK((*view)[126].scid == 126);
    for (std::size_t size = 0; size < identify_size; ++size) {
        CHECK(SecondaryListView::parse(bytes.data(), size, rules).error() == Error::Truncated);
    }
    bytes[0] = 128;
    CHECK(SecondaryListView::parse(bytes.data(), bytes.size(), rules).error() == Error::TooMany);
}

// 5.2.13.2.21, figure 345.
TEST_CASE("supported controller state formats, byte by byte and back") {
    const Rules rules;
    const std::uint16_t versions[] = {0x0100, 0x0000};
    Uuid uuid{};
    uuid[0] = 0xAB;
    uuid[15] = 0xCD;
    std::vector<std::uint8_t> bytes(identify_size, 0xEE);
    REQUIRE(encode_state_formats(versions, 2, &uuid, 1, bytes.data(), rules));
    CHECK(bytes[0] == 2);
    CHECK(bytes[1] == 1);
    CHECK(bytes[3] == 0x01);
    CHECK(bytes[4] == 0);
    CHECK(bytes[6] == 0xAB);
    CHECK(bytes[21] == 0xCD);
    CHECK(bytes[22] == 0);
    const auto view = StateFormatsView::parse(bytes.data(), bytes.size(), rules);
    REQUIRE(view.ok());
    CHECK(view->version_count() == 2);
    CHECK(view->version(1) == 0x0100);
    CHECK(view->version(2) == 0x0000);
    CHECK(view->uuid(1) == uuid);
    CHECK(view->find_version(0) == 2);  // an index is not a version
    CHECK(view->find_version(7) == 0);
    CHECK(view->find_uuid(uuid) == 1);
    CHECK(view->find_uuid(Uuid{}) == 0);
    for (std::size_t size = 0; size < 22; ++size) {
        CHECK(StateFormatsView::parse(bytes.data(), size, rules).error() == Error::Truncated);
    }
}

TEST_CASE("lists that do not fit into the page are refused") {
    const Rules rules;
    const std::vector<std::uint16_t> versions(255);
    const std::vector<Uuid> uuids(255);
    std::vector<std::uint8_t> bytes(identify_size, 0xEE);
    CHECK(!encode_state_formats(versions.data(), 255, uuids.data(), 255, bytes.data(), rules));
    CHECK(bytes == std::vector<std::uint8_t>(identify_size));
    CHECK(encode_state_formats(versions.data(), 7, uuids.data(), 255, bytes.data(), rules));
    CHECK(!encode_state_formats(versions.data(), 8, uuids.data(), 255, bytes.data(), rules));
    bytes[0] = bytes[1] = 255;
    CHECK(StateFormatsView::parse(bytes.data(), bytes.size(), rules).error() == Error::Truncated);
}

// Figures 328 and 329: IEEE 75:73, RTD3R 87:84, RTD3E 91:88, NPSS 263, WCTEMP 267:266, CCTEMP
// 269:268, KAS 321:320, MP of the power state at 2048.
TEST_CASE("identify controller: what it is made of") {
    IdentifyController id;
    id.ieee = 0x030201;
    id.rtd3r = 0x07060504;
    id.rtd3e = 0x0B0A0908;
    id.npss = 0x0C;
    id.wctemp = 0x0E0D;
    id.cctemp = 0x100F;
    id.kas = 0x1211;
    id.psd0_mp = 0x1413;
    std::vector<std::uint8_t> page(identify_size);
    encode(id, page.data(), Rules{});
    const std::pair<std::size_t, std::size_t> places[] = {{73, 3},  {84, 4},  {88, 4},  {263, 1},
                                                          {266, 2}, {268, 2}, {320, 2}, {2048, 2}};
    std::uint8_t next = 1;
    for (const auto& place : places) {
        for (std::size_t i = 0; i < place.second; ++i) {
            CAPTURE(place.first + i);
            CHECK(page[place.first + i] == next++);
        }
    }
    const auto back = decode_identify_controller(page.data(), page.size(), Rules{});
    CHECK(*back == id);
    CHECK(back->rtd3e == id.rtd3e);
}
