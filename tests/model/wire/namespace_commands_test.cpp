#include "model/wire/namespace_commands.hpp"

#include <vector>

#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Rules;

// NVMe Base 2.3, 5.2.21: SEL 3:0 of CDW10, CSI 31:24 of CDW11.
TEST_CASE("namespace management") {
    const Sqe create = encode(NamespaceManagement{NamespaceSelect::Create, 0, 0x12}, Rules{});
    CHECK(create.opcode == 0x0D);
    CHECK(create.nsid == 0);
    CHECK(create.cdw10 == 0);
    CHECK(create.cdw11 == 0x1200'0000);
    CHECK(decode_namespace_management(create, Rules{}).select == NamespaceSelect::Create);
    CHECK(decode_namespace_management(create, Rules{}).csi == 0x12);
    Sqe remove = encode(NamespaceManagement{NamespaceSelect::Delete, 7, 0}, Rules{});
    CHECK(remove.cdw10 == 1);
    CHECK(remove.nsid == 7);
    CHECK(decode_namespace_management(remove, Rules{}).select == NamespaceSelect::Delete);
    CHECK(decode_namespace_management(remove, Rules{}).nsid == 7);
    for (remove.cdw10 = 2; remove.cdw10 < 16; ++remove.cdw10) {
        CHECK(decode_namespace_management(remove, Rules{}).select == NamespaceSelect::Reserved);
    }
    remove.cdw10 = 0x11;  // bit 4 is none of SEL
    CHECK(decode_namespace_management(remove, Rules{}).select == NamespaceSelect::Delete);
}

// 5.2.20: SEL 3:0 of CDW10.
TEST_CASE("namespace attachment") {
    const Sqe attach = encode(NamespaceAttachment{NamespaceSelect::Attach, 3}, Rules{});
    CHECK(attach.opcode == 0x15);
    CHECK(attach.nsid == 3);
    CHECK(attach.cdw10 == 0);
    CHECK(decode_namespace_attachment(attach, Rules{}).select == NamespaceSelect::Attach);
    Sqe detach = encode(NamespaceAttachment{NamespaceSelect::Detach, 3}, Rules{});
    CHECK(detach.cdw10 == 1);
    CHECK(decode_namespace_attachment(detach, Rules{}).select == NamespaceSelect::Detach);
    CHECK(decode_namespace_attachment(detach, Rules{}).nsid == 3);
    detach.cdw10 = 2;
    CHECK(decode_namespace_attachment(detach, Rules{}).select == NamespaceSelect::Reserved);
    detach.cdw10 = 0x10;
    CHECK(decode_namespace_attachment(detach, Rules{}).select == NamespaceSelect::Attach);
}

// NVM Command Set 1.2, 4.1.6.
TEST_CASE("the data of a create") {
    NamespaceCreate data;
    data.nsze = 0x0807'0605'0403'0201;
    data.ncap = 0x1817'1615'1413'1211;
    data.flbas = 0x21;
    data.dps = 0x31;
    data.nmic = 0x41;
    data.anagrpid = 0x5453'5251;
    data.nvmsetid = 0x6261;
    data.endgid = 0x7271;
    std::vector<std::uint8_t> bytes(4096, 0xEE);
    encode(data, bytes.data(), Rules{});
    CHECK(bytes[0] == 0x01);
    CHECK(bytes[7] == 0x08);
    CHECK(bytes[8] == 0x11);
    CHECK(bytes[15] == 0x18);
    CHECK(bytes[26] == 0x21);
    CHECK(bytes[29] == 0x31);
    CHECK(bytes[30] == 0x41);
    CHECK(bytes[92] == 0x51);
    CHECK(bytes[95] == 0x54);
    CHECK(bytes[100] == 0x61);
    CHECK(bytes[102] == 0x71);
    CHECK(bytes[4095] == 0);
    CHECK(*decode_namespace_create(bytes.data(), bytes.size(), Rules{}) == data);
    CHECK(decode_namespace_create(bytes.data(), 4095, Rules{}).error() == Error::Truncated);
    CHECK(!(data == NamespaceCreate{}));
}

// NVMe Base 2.3, figure 193.
TEST_CASE("format NVM") {
    FormatNvm command;
    command.nsid = 9;
    command.format = 0x25;  // LBAFU 10b, LBAFL 5h
    command.ses = 2;
    const Sqe sqe = encode(command, Rules{});
    CHECK(sqe.opcode == 0x80);
    CHECK(sqe.nsid == 9);
    CHECK(sqe.cdw10 == (2U << 12 | 2U << 9 | 5));
    const FormatNvm back = decode_format_nvm(sqe, Rules{});
    CHECK(back.nsid == 9);
    CHECK(back.format == 0x25);
    CHECK(back.ses == 2);
    CHECK(!back.mset);
    CHECK(encode(FormatNvm{0, 0, true, 0, false, 0}, Rules{}).cdw10 == 1U << 4);
    CHECK(encode(FormatNvm{0, 0, false, 7, false, 0}, Rules{}).cdw10 == 7U << 5);
    CHECK(encode(FormatNvm{0, 0, false, 0, true, 0}, Rules{}).cdw10 == 1U << 8);
    CHECK(tests::failure_of([](std::uint16_t dword) {
              Sqe any;
              any.opcode = 0x80;
              any.cdw10 = dword & 0x3FFFU;
              RC_ASSERT(encode(decode_format_nvm(any, Rules{}), Rules{}) == any);
          }) == "");
}

// Figure 388.
TEST_CASE("sanitize") {
    Sanitize command;
    const auto cdw10 = [&] { return encode(command, Rules{}).cdw10; };
    CHECK(encode(command, Rules{}).opcode == 0x84);
    CHECK(cdw10() == 2);
    command.action = SanitizeAction::ExitFailure;
    CHECK(cdw10() == 1);
    command.action = SanitizeAction::Overwrite;
    CHECK(cdw10() == 3);
    command.action = SanitizeAction::CryptoErase;
    CHECK(cdw10() == 4);
    command.action = SanitizeAction::ExitVerification;
    CHECK(cdw10() == 5);
    command = {SanitizeAction::Reserved, true, 0, false, false, false, 0};
    CHECK(cdw10() == 1U << 3);
    command = {SanitizeAction::Reserved, false, 0xF, false, false, false, 0};
    CHECK(cdw10() == 0xFU << 4);
    command = {SanitizeAction::Reserved, false, 0, true, false, false, 0};
    CHECK(cdw10() == 1U << 8);
    command = {SanitizeAction::Reserved, false, 0, false, true, false, 0};
    CHECK(cdw10() == 1U << 9);
    command = {SanitizeAction::Reserved, false, 0, false, false, true, 0};
    CHECK(cdw10() == 1U << 10);
    command.ovrpat = 0x1234'5678;
    CHECK(encode(command, Rules{}).cdw11 == 0x1234'5678);
    CHECK(tests::failure_of([](std::uint16_t dword, std::uint32_t pattern) {
              Sqe any;
              any.opcode = 0x84;
              any.cdw10 = dword & 0x7FFU;
              any.cdw11 = pattern;
              const Sanitize decoded = decode_sanitize(any, Rules{});
              const std::uint32_t action = dword & 7U;
              if (action == 0 || action > 5) {
                  RC_ASSERT(decoded.action == SanitizeAction::Reserved);
              } else {
                  RC_ASSERT(encode(decoded, Rules{}) == any);
              }
          }) == "");
}
