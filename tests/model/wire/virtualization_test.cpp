#include "model/wire/virtualization.hpp"

#include <rapidcheck.h>

#include <vector>

#include "model/wire/identify.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Rules;

TEST_CASE("Virtualization Management, bit by bit") {
    const Rules rules;
    const VirtualizationManagement assign{VirtualizationAction::SecondaryAssign, ResourceType::Vi,
                                          0x1234, 0x5678};
    const Sqe sqe = encode(assign, rules);
    CHECK(sqe.opcode == 0x1C);
    CHECK(sqe.cdw10 == 0x1234'0108);
    CHECK(sqe.cdw11 == 0x5678);
    const std::uint32_t actions[] = {1, 7, 8, 9};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto action = static_cast<VirtualizationAction>(i);
        const Sqe one = encode(VirtualizationManagement{action, ResourceType::Vq, 0, 0}, rules);
        CHECK(one.cdw10 == actions[i]);
        CHECK(decode_virtualization(one, rules).action == action);
    }
    for (const std::uint32_t reserved : {0, 2, 6, 10, 15}) {
        Sqe other;
        other.cdw10 = reserved;
        CHECK(decode_virtualization(other, rules).action == VirtualizationAction::Reserved);
    }
    for (const std::uint32_t type : {2, 7}) {
        Sqe other;
        other.cdw10 = 8 | type << 8;
        CHECK(decode_virtualization(other, rules).type == ResourceType::Reserved);
    }
    CHECK(encode_resources_modified(0xABCD, rules) == 0xABCD);
    Cqe cqe;
    cqe.dw0 = 0xFFFF'0012;
    CHECK(decode_resources_modified(cqe, rules) == 0x12);
}

TEST_CASE("Primary Controller Capabilities, byte by byte") {
    const Rules rules;
    std::vector<std::uint8_t> page(identify_size);
    const PrimaryCapabilities caps{0x0102,
                                   0x0304,
                                   {true, 0x11121314, 0x21222324, 0x3132, 0x4142, 0x5152, 0x6162},
                                   {true, 0x71727374, 0x81828384, 0x9192, 0xA1A2, 0xB1B2, 0xC1C2}};
    encode(caps, page.data(), rules);
    const std::vector<std::uint8_t> head{0x02, 0x01, 0x04, 0x03, 0x03};
    CHECK(std::vector<std::uint8_t>(page.begin(), page.begin() + 5) == head);
    const std::vector<std::uint8_t> vq{0x14, 0x13, 0x12, 0x11, 0x24, 0x23, 0x22, 0x21,
                                       0x32, 0x31, 0x42, 0x41, 0x52, 0x51, 0x62, 0x61};
    CHECK(std::vector<std::uint8_t>(page.begin() + 32, page.begin() + 48) == vq);
    const std::vector<std::uint8_t> vi{0x74, 0x73, 0x72, 0x71, 0x84, 0x83, 0x82, 0x81,
                                       0x92, 0x91, 0xA2, 0xA1, 0xB2, 0xB1, 0xC2, 0xC1};
    CHECK(std::vector<std::uint8_t>(page.begin() + 64, page.begin() + 80) == vi);
    const auto back = decode_primary_capabilities(page.data(), page.size(), rules);
    REQUIRE(back.ok());
    CHECK(*back == caps);
    CHECK(decode_primary_capabilities(page.data(), page.size() - 1, rules).error() ==
          Error::Truncated);
    page[4] = 1;
    CHECK(decode_primary_capabilities(page.data(), page.size(), rules)->vq.supported);
    CHECK_FALSE(decode_primary_capabilities(page.data(), page.size(), rules)->vi.supported);
}

TEST_CASE("Virtualization Management survives encode and decode") {
    CHECK(tests::failure_of([](std::uint16_t cntlid, std::uint16_t nr) {
              const Rules rules;
              const auto action = static_cast<VirtualizationAction>(cntlid % 4);
              const auto type = static_cast<ResourceType>(nr % 2);
              const VirtualizationManagement back =
                  decode_virtualization(encode({action, type, cntlid, nr}, rules), rules);
              RC_ASSERT(back.action == action);
              RC_ASSERT(back.type == type);
              RC_ASSERT(back.cntlid == cntlid);
              RC_ASSERT(back.nr == nr);
          }) == "");
}
