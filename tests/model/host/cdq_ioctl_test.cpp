#include "model/host/cdq_ioctl.hpp"

#include <vector>

#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::host;
using vfio::Errno;

namespace {

// The structure as it was posted, for either compiler. The second is what i386 makes of it.
struct NvmeCdqCmd {
    std::uint32_t size_nbyte;
    std::uint64_t entries;
    int tpt_fd;
    std::uint16_t id;
    std::uint16_t cqs;
    std::uint16_t mos;
};
static_assert(sizeof(NvmeCdqCmd) == 32, "LP64");

CdqIoctl example() { return {4096, 0x7f00'1234'5000, 7, 3, 5, 0}; }

}  // namespace

TEST_CASE("the structure of NVME_IOCTL_CDQ has two shapes", "[host][rfc]") {
    CHECK(ioctl_size(CdqAbi::Lp64) == 32);
    CHECK(ioctl_size(CdqAbi::I386) == 24);
    CHECK(ioctl_number(CdqAbi::Lp64, true) == 0x80204E50);
    CHECK(ioctl_number(CdqAbi::I386, true) == 0x80184E50);
    CHECK(ioctl_number(CdqAbi::Lp64) == 0xC0204E50);
    CHECK(ioctl_number(CdqAbi::I386) == 0xC0184E50);
    for (const CdqAbi abi : {CdqAbi::Lp64, CdqAbi::I386}) {
        std::vector<std::uint8_t> bytes(ioctl_size(abi));
        encode(example(), abi, bytes.data());
        const auto back = decode_cdq_ioctl(bytes.data(), bytes.size(), abi);
        REQUIRE(back.ok());
        CHECK(*back == example());
        CHECK(decode_cdq_ioctl(bytes.data(), bytes.size() - 1, abi).error() ==
              wire::Error::Truncated);
        bytes.back() = 1;
        const auto padded = decode_cdq_ioctl(bytes.data(), bytes.size(), abi);
        CHECK(padded.error() == wire::Error::Reserved);
        CHECK(padded.at() == bytes.size() - 1);
    }
}

TEST_CASE("the shape for LP64 is the compiler's", "[host][rfc]") {
    NvmeCdqCmd given = {};
    given.size_nbyte = 4096;
    given.entries = 0x7f00'1234'5000;
    given.tpt_fd = 7;
    given.id = 3;
    given.cqs = 5;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&given);
    const auto decoded = decode_cdq_ioctl(bytes, sizeof given, CdqAbi::Lp64);
    REQUIRE(decoded.ok());
    CHECK(*decoded == example());
}

TEST_CASE("what the kernel answers before it takes anything", "[host][rfc]") {
    const auto call = [](const CdqIoctl& command, CdqAbi abi, const spec::Rules& rules) {
        std::vector<std::uint8_t> bytes(ioctl_size(abi));
        encode(command, abi, bytes.data());
        return enter_kernel(ioctl_number(abi), bytes.data(), bytes.size(), rules);
    };
    const spec::Rules rules = spec::Rules::ratified();
    CHECK(call(example(), CdqAbi::Lp64, rules).error == Errno::Ok);
    CHECK(call(example(), CdqAbi::Lp64, rules).command == example());
    // A 32-bit program's number is another one.
    CHECK(call(example(), CdqAbi::I386, rules).error == Errno::NotTty);
    spec::Rules knows = rules;
    knows.set_on(spec::Id::CdqIoctlKnows32, true);
    CHECK(call(example(), CdqAbi::I386, knows).error == Errno::Ok);
    CHECK(call(example(), CdqAbi::I386, knows).command == example());

    std::vector<std::uint8_t> bytes(32);
    encode(example(), CdqAbi::Lp64, bytes.data());
    const auto answer = [&](std::uint32_t number, std::size_t mapped) {
        return enter_kernel(number, bytes.data(), mapped, rules).error;
    };
    const std::uint32_t number = ioctl_number(CdqAbi::Lp64);
    CHECK(answer(number, 32) == Errno::Ok);
    CHECK(answer(number + 1, 32) == Errno::NotTty);
    CHECK(answer(0xC0484E41, 32) == Errno::NotTty);  // NVME_IOCTL_ADMIN_CMD is another one's
    CHECK(answer(ioctl_number(CdqAbi::Lp64, true), 32) == Errno::NotTty);  // as posted: _IOR
    CHECK(answer(number, 31) == Errno::Fault);
    bytes[31] = 1;
    CHECK(answer(number, 32) == Errno::Invalid);

    CdqIoctl large = example();
    large.size = 20U << 21;
    CHECK(call(large, CdqAbi::Lp64, rules).error == Errno::Ok);
    large.size += 1;
    CHECK(call(large, CdqAbi::Lp64, rules).error == Errno::Invalid);
}

TEST_CASE("what a program asks for by the ioctl, down to the device and back", "[host][rfc]") {
    CdqOwner owner;
    CdqLedger ledger;
    const auto give = [&](const OwnerEvent& event) {
        Effects effects;
        step(owner, event, spec::Rules{}, effects);
        int error = -1;
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Call) {
                CHECK(ledger.told(effect) == Misuse::None);
            } else if (effect.kind == EffectKind::Reply) {
                error = static_cast<int>(effect.token);
            }
        }
        return error;
    };
    CdqIoctl command = example();
    CHECK(give(owner_event(command, 1, 0)) == -1);  // waits for the device
    OwnerEvent answer;
    answer.kind = OwnerEvent::Kind::Answer;
    answer.cdqid = 3;
    CHECK(give(answer) == 0);
    CHECK(ledger.device_writes(object_of(0, Part::Ring)) == Misuse::None);
    command.entries += 8;
    CHECK(give(owner_event(command, 1, 0)) == 22);
    command = example();
    command.size += 8;
    CHECK(give(owner_event(command, 1, 0)) == 22);
    command = example();
    command.mos = 1;
    CHECK(give(owner_event(command, 1, 0)) == 22);
    CHECK(give(owner_event(example(), 1, asks::unprivileged)) == 13);
    CHECK(give(owner_event(example(), 1, asks::bad_event)) == 9);
    command.size = 0;
    command.id = 4;
    CHECK(give(owner_event(command, 1, 0)) == 22);
    command.id = 3;
    CHECK(give(owner_event(command, 1, 0)) == -1);
    CHECK(give(answer) == 0);
    CHECK(ledger.ended() == Misuse::None);
}
