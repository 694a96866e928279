#include "model/wire/log_page.hpp"

#include <vector>

#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Rules;

namespace {

using Page = std::vector<std::uint8_t>;

/// The bytes that are not 0, as "byte:value".
std::vector<std::pair<std::size_t, int>> set_bytes(const Page& page) {
    std::vector<std::pair<std::size_t, int>> found;
    for (std::size_t i = 0; i < page.size(); ++i) {
        if (page[i] != 0) found.emplace_back(i, page[i]);
    }
    return found;
}
using Set = std::vector<std::pair<std::size_t, int>>;

std::uint32_t dword(const Page& page, std::size_t at) { return load_le<std::uint32_t>(&page[at]); }

}  // namespace

// NVMe Base 2.3, 5.2.12: CDW10 LID 7:0, LSP 14:8, RAE 15, NUMDL 31:16; CDW11 NUMDU 15:0, LSI
// 31:16; CDW12 LPOL; CDW13 LPOU; CDW14 UIDX 6:0, OT 23, CSI 31:24.
TEST_CASE("get log page") {
    GetLogPage command;
    command.lid = 0x0D;
    command.nsid = 0xffff'ffff;
    command.dwords = 0x1'2345'6789 - 0xffff'ffffULL;
    command.offset = 0x0123'4567'89AB'CDEC;
    command.rae = true;
    command.lsp = 0x25;
    command.lsi = 0xBEEF;
    command.ot = true;
    command.csi = 0x02;
    command.uidx = 0x7E;
    const Sqe sqe = encode(command, Rules{});
    CHECK(sqe.opcode == 0x02);
    CHECK(sqe.nsid == 0xffff'ffff);
    CHECK(sqe.cdw10 == 0x6789'A50D);
    CHECK(sqe.cdw11 == 0xBEEF'2345);
    CHECK(sqe.cdw12 == 0x89AB'CDEC);
    CHECK(sqe.cdw13 == 0x0123'4567);
    CHECK(sqe.cdw14 == 0x0280'007E);
    const GetLogPage back = decode_get_log_page(sqe, Rules{});
    CHECK(back.lid == command.lid);
    CHECK(back.dwords == command.dwords);
    CHECK(back.offset == command.offset);
    CHECK(back.rae);
    CHECK(back.lsp == command.lsp);
    CHECK(back.lsi == command.lsi);
    CHECK(back.ot);
    CHECK(back.csi == command.csi);
    CHECK(back.uidx == command.uidx);
    Sqe most;
    most.cdw10 = 0xffff'0000;
    most.cdw11 = 0xffff;
    CHECK(decode_get_log_page(most, Rules{}).dwords == std::uint64_t{1} << 32);
}

// Figure 208: LSUPP bit 0, IOS bit 1, LIDSP 31:16; a dword for each LID.
TEST_CASE("an entry of Supported Log Pages") {
    Page page(1024);
    encode(SupportedLog{true, false, 0}, 0x05, page.data(), page.size(), Rules{});
    encode(SupportedLog{false, true, 0x1234}, 0xFF, page.data(), page.size(), Rules{});
    CHECK(dword(page, 20) == 1);
    CHECK(dword(page, 1020) == 0x1234'0002);
    CHECK(decode_supported_log(5, page.data(), page.size(), Rules{})->lsupp);
    CHECK(decode_supported_log(0xFF, page.data(), page.size(), Rules{})->lidsp == 0x1234);
    CHECK(decode_supported_log(0xFF, page.data(), page.size(), Rules{})->ios);
    CHECK_FALSE(decode_supported_log(0xFF, page.data(), 1023, Rules{}).ok());
    encode(SupportedLog{true, false, 0}, 0x06, page.data(), 27, Rules{});  // no room: nothing
    CHECK(dword(page, 24) == 0);
}

// Figure 209, each byte of each field.
TEST_CASE("error information") {
    ErrorEntry entry;
    entry.ecnt = 0x0807'0605'0403'0201;
    entry.sqid = 0x0A09;
    entry.cid = 0x0C0B;
    entry.sts = 0x0E0D;
    entry.pel = 0x100F;
    entry.lba = 0x1817'1615'1413'1211;
    entry.nsid = 0x1C1B'1A19;
    entry.vsia = 0x1D;
    entry.trtype = 0x1E;
    entry.csi = 0x1F;
    entry.opc = 0x20;
    entry.csinfo = 0x2827'2625'2423'2221;
    entry.ttsi = 0x2A29;
    entry.lpver = 0x40;
    Page bytes(64);
    encode(entry, bytes.data(), bytes.size(), Rules{});
    for (std::size_t i = 0; i < 64; ++i) {
        CAPTURE(i);
        CHECK(bytes[i] == (i < 42 || i == 63 ? i + 1 : 0));
    }
    const auto back = decode_error_entry(bytes.data(), bytes.size(), Rules{});
    Page again(64);
    encode(*back, again.data(), again.size(), Rules{});
    CHECK(again == bytes);
    CHECK_FALSE(decode_error_entry(bytes.data(), 63, Rules{}).ok());
    CHECK_FALSE(decode_error_entry(bytes.data(), 0, Rules{}).ok());
}

// Figure 210.
TEST_CASE("SMART / health information") {
    Health health;
    health.cw = 0xC1;
    health.ctemp = 0x0139;
    health.avsp = 100;
    health.avspt = 10;
    health.pused = 3;
    health.egcws = 5;
    health.dur = 1;
    health.duw = 2;
    health.hrc = 3;
    health.hwc = 4;
    health.cbt = 5;
    health.pwc = 6;
    health.poh = 7;
    health.upl = 8;
    health.mdie = 9;
    health.neile = 10;
    health.wctt = 11;
    health.cctt = 12;
    health.tsen = {13, 14, 15, 16, 17, 18, 19, 20};
    Page bytes(512);
    encode(health, bytes.data(), bytes.size(), Rules{});
    CHECK(set_bytes(bytes) == Set{{0, 0xC1}, {1, 0x39}, {2, 1},    {3, 100},  {4, 10},   {5, 3},
                                  {6, 5},    {32, 1},   {48, 2},   {64, 3},   {80, 4},   {96, 5},
                                  {112, 6},  {128, 7},  {144, 8},  {160, 9},  {176, 10}, {192, 11},
                                  {196, 12}, {200, 13}, {202, 14}, {204, 15}, {206, 16}, {208, 17},
                                  {210, 18}, {212, 19}, {214, 20}});
    const auto back = decode_health(bytes.data(), bytes.size(), Rules{});
    Page again(512);
    encode(*back, again.data(), again.size(), Rules{});
    CHECK(again == bytes);
    CHECK_FALSE(decode_health(bytes.data(), 511, Rules{}).ok());
    health.wctt = 0x0403'0201;  // 32 bits and no more
    health.dur = 0x0807'0605'0403'0201;
    encode(health, bytes.data(), bytes.size(), Rules{});
    CHECK(dword(bytes, 192) == 0x0403'0201);
    CHECK(bytes[39] == 8);
    CHECK(bytes[40] == 0);
}

// Figure 212: CAFS 2:0, NAFS 6:4; slots from byte 8 on.
TEST_CASE("firmware slots") {
    FirmwareSlots slots;
    slots.cafs = 1;
    slots.nafs = 7;
    slots.frs[0] = {'1', ' ', ' ', ' ', ' ', ' ', ' ', 'A'};
    slots.frs[6] = {'7', '.', '0', ' ', ' ', ' ', ' ', 'Z'};
    Page bytes(512);
    encode(slots, bytes.data(), bytes.size(), Rules{});
    CHECK(bytes[0] == 0x71);
    CHECK(std::string(bytes.begin() + 8, bytes.begin() + 16) == "1      A");
    CHECK(std::string(bytes.begin() + 56, bytes.begin() + 64) == "7.0    Z");
    const auto back = decode_firmware_slots(bytes.data(), bytes.size(), Rules{});
    CHECK(back->cafs == 1);
    CHECK(back->nafs == 7);
    CHECK(back->frs == slots.frs);
    CHECK_FALSE(decode_firmware_slots(bytes.data(), 511, Rules{}).ok());
}

// Figures 213 and 214.
TEST_CASE("an entry of Commands Supported and Effects") {
    const Rules rules;
    const auto admin = [&](const CommandEffect& effect) {
        Page page(4096);
        encode(effect, true, 0xFF, page.data(), page.size(), rules);
        return dword(page, 1020);
    };
    CommandEffect effect;
    effect.csupp = true;
    CHECK(admin(effect) == 0x0000'0001);
    effect.lbcc = true;
    CHECK(admin(effect) == 0x0000'0003);
    effect.ncc = true;
    CHECK(admin(effect) == 0x0000'0007);
    effect.nic = true;
    CHECK(admin(effect) == 0x0000'000F);
    effect.ccc = true;
    CHECK(admin(effect) == 0x0000'001F);
    effect.cser = 1;
    CHECK(admin(effect) == 0x0000'401F);
    effect.cse = 5;
    CHECK(admin(effect) == 0x0005'401F);
    effect.uss = true;
    CHECK(admin(effect) == 0x000D'401F);
    effect.csp = 0x0AB;
    CHECK(admin(effect) == 0x0ABD'401F);
    Page page(4096);
    encode(effect, false, 0x02, page.data(), page.size(), rules);
    CHECK(dword(page, 1032) == 0x0ABD'401F);
    const auto back = decode_command_effect(false, 2, page.data(), page.size(), rules);
    CHECK(admin(*back) == 0x0ABD'401F);
    CHECK_FALSE(decode_command_effect(true, 2, page.data(), page.size(), rules)->csupp);
    CHECK_FALSE(decode_command_effect(false, 0xFF, page.data(), 2047, rules).ok());
}

// Figures 266 and 267.
TEST_CASE("feature identifiers supported and effects") {
    const Rules rules;
    const auto dword_of = [&](const FeatureEffect& effect) {
        Page page(1024);
        encode(effect, 0x21, page.data(), page.size(), rules);
        return dword(page, 0x84);
    };
    CHECK(dword_of({true, false, false, false, false, false, 0x040}) == 0x0400'0001);
    CHECK(dword_of({false, true, false, true, false, true, 0}) == 0x0008'000A);
    CHECK(dword_of({false, false, true, false, true, false, 0x800}) == 0x8000'0014);
    Page page(1024);
    encode(FeatureEffect{true, true, false, false, true, true, 2}, 0xFF, page.data(), page.size(),
           rules);
    const auto back = decode_feature_effect(0xFF, page.data(), page.size(), rules);
    CHECK(dword_of(*back) == 0x0028'0013);
    CHECK_FALSE(decode_feature_effect(0xFF, page.data(), 1023, rules).ok());
}

TEST_CASE("any log page decodes, whatever it holds") {
    CHECK(tests::failure_of([](std::vector<std::uint8_t> bytes, std::uint8_t which) {
              const Rules rules;
              const std::uint8_t* data = bytes.data();
              RC_ASSERT(decode_error_entry(data, bytes.size(), rules).ok() == (bytes.size() >= 64));
              RC_ASSERT(decode_health(data, bytes.size(), rules).ok() == (bytes.size() >= 512));
              RC_ASSERT(decode_supported_log(which, data, bytes.size(), rules).ok() ==
                        (bytes.size() >= which * 4U + 4));
              RC_ASSERT(decode_feature_effect(which, data, bytes.size(), rules).ok() ==
                        (bytes.size() >= which * 4U + 4));
              RC_ASSERT(decode_command_effect(false, which, data, bytes.size(), rules).ok() ==
                        (bytes.size() >= 1024 + which * 4U + 4));
          }) == "");
}
