// Field by field, with places, numbers and meanings, as a reader sees them.
#include "tests/catch.hpp"
#include "tests/model/wire/describe/collect.hpp"
#include "tests/model/wire/describe/examples.hpp"

using namespace lmsim;
using namespace lmsim::tests;

TEST_CASE("describe: a Migration Send, field by field") {
    const Described found = described("admin-sqe", sqe(0x41, 0, 0, {0, 0x80010002, 0, 0, 3}));
    CHECK(found.text ==
          "Migration Send, Suspend\n"
          "  0+8 OPC 65 Migration Send\n"
          "  8+2 FUSE 0 normal operation\n"
          "  14+2 PSDT 0 PRPs\n"
          "  16+16 CID 7\n"
          "  32+32 NSID 0\n"
          "  320+8 SEL 0 Suspend\n"
          "  352+16 CNTLID 2\n"
          "  368+8 STYPE 1 Suspend\n"
          "  383+1 DUDMQ 1\n"
          "  448+7 UIDX 3\n");
}

TEST_CASE("describe: counts of the two directions are not alike") {
    const auto has = [](const Bytes& bytes, const std::string& line) {
        return described("admin-sqe", bytes).text.find(line) != std::string::npos;
    };
    const Dwords set{0x00010002, 0x01010002, 0, 0, 0, 4};
    CHECK(has(sqe(0x41, 0, 0x1000, set), "480+32 NUMD 4 4 dwords, 16 bytes\n"));
    const Dwords get{0x00010000, 0x00010002, 0, 0, 0, 4};
    CHECK(has(sqe(0x42, 0, 0x1000, get), "480+32 NUMDL 4 5 dwords, 20 bytes\n"));
}

TEST_CASE("describe: MOS of a migration command whose SEL is reserved") {
    const Dwords reserved{0x12340009, 0, 0, 0, 5};
    for (const std::uint8_t opcode : {std::uint8_t{0x41}, std::uint8_t{0x42}}) {
        const Described found = described("admin-sqe", sqe(opcode, 0, 0, reserved));
        CAPTURE(found.text);
        CHECK(found.text.find("  320+8 SEL 9") != std::string::npos);
        CHECK(found.text.find("  336+16 MOS 4660") != std::string::npos);
        CHECK(found.text.find("  448+7 UIDX 5") != std::string::npos);
    }
}

TEST_CASE("describe: a Read, field by field") {
    const Described found = described("nvm-sqe", sqe(0x02, 1, 0x2000, {64, 1, 0x40000007}));
    CHECK(found.text ==
          "Read\n"
          "  0+8 OPC 2 Read\n"
          "  8+2 FUSE 0 normal operation\n"
          "  14+2 PSDT 0 PRPs\n"
          "  16+16 CID 7\n"
          "  32+32 NSID 1\n"
          "  128+64 MPTR 0\n"
          "  192+64 PRP1 8192\n"
          "  256+64 PRP2 0\n"
          "  320+64 SLBA 4294967360\n"
          "  384+16 NLB 7 0's based: 8\n"
          "  414+1 FUA 1\n");
}

TEST_CASE("describe: completions, field by field") {
    Bytes cqe(16);
    cqe[0] = 4;
    cqe[1] = 1;
    cqe[4] = 3;
    cqe[8] = 9;
    cqe[10] = 2;
    cqe[12] = 0x34;
    cqe[14] = 0x75;  // P, SC 3Ah
    cqe[15] = 0xF2;  // SCT 1, CRD 3, M, DNR
    const std::string common =
        "  64+16 SQHD 9\n"
        "  80+16 SQID 2\n"
        "  96+16 CID 52\n"
        "  112+1 P 1 written in an odd pass\n"
        "  113+8 SC 58 Controller Not Suspended\n"
        "  121+3 SCT 1 command specific\n"
        "  124+2 CRD 3\n"
        "  126+1 M 1\n"
        "  127+1 DNR 1\n";
    CHECK(described("cqe", cqe).text ==
          "Completion queue entry 0\n  0+32 DW0 260\n  32+32 DW1 3\n" + common);
    CHECK(described("cqe-event", cqe).text ==
          "Completion of an Asynchronous Event Request 0\n"
          "  0+3 Type 4 One-Shot\n"
          "  8+8 Information 1 CDQ Full Error\n"
          "  16+8 Log page 0\n"
          "  32+16 CDQID 3\n" +
              common);
}

TEST_CASE("describe: queue memory says where the tail is and what could be merged") {
    const Described found =
        described("cdq", joined({udmq_entry({0, 0, 0, 0x83}), udmq_entry({1, 7, 64, 1}),
                                 udmq_entry({1, 7, 72, 1}), udmq_entry({1, 0, 9, 0}), Bytes(64)}));
    CHECK(found.rules.empty());
    REQUIRE(found.notes.size() == 4);
    CHECK(found.notes[2] ==
          "0 3 entries of this pass: 2 ranges, 16 blocks; 1 ranges follow the one before and "
          "could be merged with it");
    CHECK(found.notes[3] == "96 CDQP changes here: slot 3 is the tail");
    CHECK(found.text.find("505+3 ESA 0 neither first nor last") != std::string::npos);
    CHECK(found.text.find("249+3 ESA 1 first since logging started or the MC resumed") !=
          std::string::npos);
}

// A dialect's places are followed: nothing here knows them but the rows.
TEST_CASE("describe: places come from the rules") {
    spec::Rules dialect;
    dialect.set_place(spec::Id::SuspendStype, spec::cdw(12, 7, 0));
    const Described found = described("admin-sqe", sqe(0x41, 0, 0, {0, 2, 1}), dialect);
    CHECK(found.text.find("  384+8 STYPE 1 Suspend\n") != std::string::npos);
    CHECK(found.rules.empty());
}
