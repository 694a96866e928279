// Features and log pages that every I/O controller has, field by field.
#include "tests/catch.hpp"
#include "tests/model/wire/describe/collect.hpp"
#include "tests/model/wire/describe/examples.hpp"

using namespace lmsim;
using namespace lmsim::tests;

namespace {

std::string set_feature(std::uint32_t cdw10, std::uint32_t cdw11) {
    const std::string text = described("admin-sqe", sqe(0x09, 0, 0, {cdw10, cdw11})).text;
    const std::string before = "  351+1 SV 0\n";
    const std::size_t at = text.find(before);
    CAPTURE(text);
    REQUIRE(at != std::string::npos);
    return text.substr(0, text.find('\n')) + "\n" + text.substr(at + before.size());
}

}  // namespace

TEST_CASE("describe: features that most controllers have") {
    CHECK(set_feature(0x01, 0x0302'0107) ==
          "Set Features, Arbitration\n"
          "  352+3 AB 7 no limit\n"
          "  360+8 LPW 1 0's based: 2\n"
          "  368+8 MPW 2 0's based: 3\n"
          "  376+8 HPW 3 0's based: 4\n");
    CHECK(set_feature(0x01, 3).find("AB 3 8 commands\n") != std::string::npos);
    CHECK(set_feature(0x02, 0x45) ==
          "Set Features, Power Management\n"
          "  352+5 PS 5\n"
          "  357+3 WH 2\n");
    CHECK(set_feature(0x04, 0x0011'0157) ==
          "Set Features, Temperature Threshold\n"
          "  352+16 TMPTH 343 70 C\n"
          "  368+4 TMPSEL 1\n"
          "  372+2 THSEL 1 under temperature\n");
    CHECK(set_feature(0x05, 0x0001'0102) ==
          "Set Features, Error Recovery\n"
          "  352+16 TLER 258\n"
          "  368+1 DULBE 1\n");
    CHECK(set_feature(0x0A, 1) ==
          "Set Features, Write Atomicity Normal\n"
          "  352+1 DN 1\n");
}

TEST_CASE("describe: a Get Log Page, field by field") {
    const Dwords dwords{0x007F'8512, 0x0003'0001, 0x104, 5, 0x0280'0006};
    CHECK(described("admin-sqe", sqe(0x02, 0xffff'ffff, 0x1000, dwords)).text ==
          "Get Log Page\n"
          "  0+8 OPC 2 Get Log Page\n"
          "  8+2 FUSE 0 normal operation\n"
          "  14+2 PSDT 0 PRPs\n"
          "  16+16 CID 7\n"
          "  32+32 NSID 4294967295\n"
          "  192+64 PRP1 4096\n"
          "  256+64 PRP2 0\n"
          "  320+8 LID 18 Feature Identifiers Supported and Effects\n"
          "  328+7 LSP 5\n"
          "  335+1 RAE 1\n"
          "  336+16 NUMDL 127 0's based: 128\n"
          "  352+16 NUMDU 1\n"
          "  368+16 LSI 3\n"
          "  384+32 LPOL 260\n"
          "  416+32 LPOU 5\n"
          "  448+7 UIDX 6\n"
          "  471+1 OT 1\n"
          "  472+8 CSI 2\n");
}

TEST_CASE("describe: SMART / Health Information") {
    Bytes page(512);
    page[1] = 0x39;
    page[2] = 0x01;
    page[3] = 100;
    page[32] = 2;
    const Described found = described("log-health", page);
    CHECK(found.rules.empty());
    CHECK(found.text.find("  8+16 CTEMP 313 40 C\n") != std::string::npos);
    CHECK(found.text.find("  24+8 AVSP 100 100 %\n") != std::string::npos);
    CHECK(found.text.find("  256+128 DUR 2 1024000 bytes\n") != std::string::npos);
    CHECK(found.text.find("  1600+16 TSEN1 0\n") != std::string::npos);
}

TEST_CASE("describe: pages by code name what is supported and skip the rest") {
    Bytes effects(4096);
    effects[4 * 0x80] = 0x0F;
    effects[4 * 0x80 + 2] = 0x12;
    effects[1024 + 4 * 1] = 3;
    const Described commands = described("log-effects", effects);
    CHECK(commands.rules.empty());
    CHECK(commands.text.find("Effects of the admin command 128\n") != std::string::npos);
    CHECK(commands.text.find("CSE 2 no other command of any namespace\n") != std::string::npos);
    CHECK(commands.text.find("Effects of the I/O command 1\n") != std::string::npos);
    CHECK(commands.text.find("Effects of the I/O command 2\n") == std::string::npos);
    effects[4000] = 1;
    CHECK(described("log-effects", effects).rules.size() == 1);
    Bytes features(1024);
    features[4 * 0x21] = 1;
    features[4 * 0x21 + 3] = 0x04;
    CHECK(described("log-features", features).text.find("FSP 64 a Controller Data Queue\n") !=
          std::string::npos);
    Bytes supported(1024);
    supported[4 * 5] = 1;
    CHECK(described("log-supported", supported).text.find("LID Supported and Effects, LID 5\n") !=
          std::string::npos);
    for (const char* name : {"log-effects", "log-features", "log-supported"}) {
        CHECK(described(name, Bytes(3, 1)).text.find("255") == std::string::npos);
    }
}

TEST_CASE("describe: firmware slots and errors") {
    Bytes slots(512);
    slots[0] = 0x21;
    slots[8] = 'A';
    const std::string text = described("log-firmware", slots).text;
    CHECK(text.find("  0+3 AFI.CAFS 1\n") != std::string::npos);
    CHECK(text.find("  4+3 AFI.NAFS 2\n") != std::string::npos);
    Bytes errors(128);
    errors[0] = 1;
    errors[63] = 1;
    const std::string entries = described("log-errors", errors).text;
    CHECK(entries.find("  0+64 ECNT 1\n") != std::string::npos);
    CHECK(entries.find("  504+8 LPVER 1\n") != std::string::npos);
}
