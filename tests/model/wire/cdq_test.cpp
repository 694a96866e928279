#include "model/wire/cdq.hpp"

#include <array>

#include "model/wire/admin.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Id;
using spec::Rules;

namespace {

ControllerDataQueue any_cdq() {
    const int operation = *rc::gen::inRange(0, 3);
    if (operation == 1) {
        return ControllerDataQueue::remove(*rc::gen::arbitrary<std::uint16_t>());
    }
    if (operation == 2) {
        ControllerDataQueue reserved;
        reserved.sel = *rc::gen::inRange<std::uint8_t>(2, 255);
        return reserved;
    }
    ControllerDataQueue create = ControllerDataQueue::create(
        *rc::gen::arbitrary<std::uint16_t>(), *rc::gen::arbitrary<std::uint64_t>(),
        *rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<bool>());
    create.qt = *rc::gen::arbitrary<std::uint8_t>();
    return create;
}

UdmqEntry any_entry() {
    UdmqEntry entry;
    entry.esa = static_cast<Esa>(*rc::gen::inRange(0, 5));
    entry.phase = *rc::gen::arbitrary<bool>();
    entry.deallocated = *rc::gen::arbitrary<bool>();
    const int most = entry.esa == Esa::Ordinary ? 1 : 3;
    entry.lbacir = static_cast<Lbacir>(*rc::gen::inRange(0, most));
    if (entry.lbacir != Lbacir::None) {
        entry.nsid = *rc::gen::arbitrary<std::uint32_t>();
    }
    if (entry.lbacir == Lbacir::Range) {
        entry.slba = *rc::gen::arbitrary<std::uint64_t>();
        entry.blocks = *rc::gen::arbitrary<std::uint32_t>() + std::uint64_t{1};
    }
    return entry;
}

std::array<std::uint8_t, 32> bytes_of(const UdmqEntry& entry, const Rules& rules = Rules{}) {
    std::array<std::uint8_t, 32> bytes{};
    encode(entry, bytes.data(), rules);
    return bytes;
}

Error decoding(const std::array<std::uint8_t, 32>& bytes, const Rules& rules = Rules{}) {
    return decode_udmq_entry(bytes.data(), bytes.size(), rules).error();
}

UdmqEntry marker(Esa esa) {
    UdmqEntry entry;
    entry.esa = esa;
    entry.lbacir = Lbacir::None;
    return entry;
}

}  // namespace

// NVMe Base 2.3, 5.2.4.1.1: SEL in CDW10 7:0, QT in 23:16, PC in CDW11 0, CQS in 31:16.
TEST_CASE("Create CDQ stands where figures 165 to 170 place it") {
    const Rules rules;
    ControllerDataQueue create = ControllerDataQueue::create(0xABCD, 0x1234'5000, 0x8000'0010);
    create.qt = 0xC1;
    const Sqe sqe = encode(create, rules);
    CHECK(sqe.opcode == 0x45);
    CHECK(sqe.prp1 == 0x1234'5000);
    CHECK(sqe.cdw10 == 0x00C1'0000);
    CHECK(sqe.cdw11 == 0xABCD'0001);
    CHECK(sqe.cdw12 == 0x8000'0010);
    create.pc = false;
    create.qt = 0;
    CHECK(encode(create, rules).cdw11 == 0xABCD'0000);
    CHECK(encode(create, rules).cdw10 == 0);
}

TEST_CASE("Delete CDQ names its CDQID in CDW11") {
    const Sqe sqe = encode(ControllerDataQueue::remove(0x1234), Rules{});
    CHECK(sqe.opcode == 0x45);
    CHECK(sqe.cdw10 == 1);
    CHECK(sqe.cdw11 == 0x1234);
}

TEST_CASE("Create CDQ answers with the CDQID in DW0 15:0") {
    CHECK(encode_created_cdqid(0x1234, Rules{}) == 0x1234);
    Cqe cqe;
    cqe.dw0 = 0xFFFF'0042;
    CHECK(decode_created_cdqid(cqe, Rules{}) == 0x42);
}

TEST_CASE("Log User Data Changes stands where figures 492 to 494 place it") {
    const Rules rules;
    LogUserData command;
    command.cdqid = 0x55AA;
    CHECK(encode(command, rules).opcode == 0x3D);
    CHECK(encode(command, rules).cdw10 == 0x0001'0000);
    CHECK(encode(command, rules).cdw11 == 0x55AA);
    command.action = LogAction::Stop;
    CHECK(encode(command, rules).cdw10 == 0);
    command.action = LogAction::Reserved;
    command.lact = 9;
    CHECK(encode(command, rules).cdw10 == 0x0009'0000);
    Sqe sqe;
    sqe.cdw10 = 0xFFF2'0000;  // 31:20 are reserved
    CHECK(decode_log_user_data(sqe, rules).action == LogAction::Reserved);
    CHECK(decode_log_user_data(sqe, rules).lact == 2);
}

TEST_CASE("feature 21h stands where figures 443 to 447 place it") {
    const Rules rules;
    const CdqFeature feature{0x1234, 7, true, 9};
    const Sqe set = encode_set_cdq_feature(feature, rules);
    CHECK(set.opcode == 0x09);
    CHECK(set.cdw10 == 0x21);
    CHECK(set.cdw11 == 0x8000'1234);
    CHECK(set.cdw12 == 7);
    CHECK(set.cdw13 == 9);
    CHECK(decode_cdq_feature(set, rules) == feature);
    const Sqe get = encode_get_cdq_feature(0x1234, rules);
    CHECK(get.opcode == 0x0A);
    CHECK(get.cdw10 == 0x21);
    CHECK(get.cdw11 == 0x1234);

    Cqe cqe;
    cqe.dw0 = encode_cdq_feature_result(feature, rules);
    CHECK(cqe.dw0 == 0x8000'1234);
    std::array<std::uint8_t, 512> data;
    data.fill(0xEE);
    encode_cdq_feature_data(feature, data.data(), data.size(), rules);
    CHECK(data[0] == 7);
    CHECK(data[4] == 9);
    CHECK(data[8] == 0);
    CHECK(data[511] == 0);
    CHECK(*decode_cdq_feature_got(cqe, data.data(), data.size(), rules) == feature);
    CHECK(*decode_cdq_feature_got(cqe, data.data(), 8, rules) == feature);
    CHECK(decode_cdq_feature_got(cqe, data.data(), 7, rules).error() == Error::Truncated);
    encode_cdq_feature_data({0x1234, 7, false, 9}, data.data(), 8, rules);
    CHECK(data[4] == 0);  // TPT is cleared with ETPT
}

TEST_CASE("AER completions of the one-shot events, to the bit") {
    const Rules rules;
    const Cqe tail = encode(AerResult::of(CdqEvent::TailPointer, 0x1234, rules), rules);
    CHECK(tail.dw0 == 0x0000'0004);
    CHECK(tail.dw1 == 0x1234);
    const Cqe full = encode(AerResult::of(CdqEvent::FullError, 5, rules), rules);
    CHECK(full.dw0 == 0x0000'0104);
    CHECK(full.dw1 == 5);
    CHECK(decode_aer_result(full, rules).is(CdqEvent::FullError, rules));
    CHECK_FALSE(decode_aer_result(full, rules).is(CdqEvent::TailPointer, rules));
    Cqe other;
    other.dw0 = 0x0055'0102;  // a notice
    other.dw1 = 0x0001'0009;
    CHECK(decode_aer_result(other, rules) == AerResult{2, 1, 0x55, 9});
    CHECK_FALSE(decode_aer_result(other, rules).is(CdqEvent::FullError, rules));
}

TEST_CASE("an LBA Migration Queue entry stands where figure 177 places it") {
    UdmqEntry entry;
    entry.nsid = 0x0403'0201;
    entry.slba = 0x1817'1615'1413'1211;
    entry.blocks = 0x2423'2222;
    entry.deallocated = true;
    entry.phase = true;
    const auto bytes = bytes_of(entry);
    const std::array<std::uint8_t, 32> expected{
        1, 2, 3, 4, 0x21, 0x22, 0x23, 0x24, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
        0, 0, 0, 0, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x21};
    CHECK(bytes == expected);
    CHECK(udmq_phase(bytes.data(), Rules{}));
    CHECK(bytes_of(marker(Esa::First))[31] == (2 << 6 | 1 << 1));
    CHECK(bytes_of(marker(Esa::Stopped))[31] == (2 << 6 | 2 << 1));
    CHECK(bytes_of(marker(Esa::Suspended))[31] == (2 << 6 | 3 << 1));
    CHECK(bytes_of(marker(Esa::Full))[31] == (2 << 6 | 7 << 1));
    UdmqEntry all = marker(Esa::First);
    all.lbacir = Lbacir::Namespace;
    CHECK(bytes_of(all)[31] == (1 << 6 | 1 << 1));
    CHECK_FALSE(udmq_phase(bytes_of(all).data(), Rules{}));
}

TEST_CASE("an entry names up to 2^32 blocks") {
    const Rules rules;
    CHECK(udmq_max_blocks(rules) == std::uint64_t{1} << 32);
    UdmqEntry entry;
    entry.nsid = 1;
    entry.blocks = udmq_max_blocks(rules);
    CHECK(*decode_udmq_entry(bytes_of(entry).data(), 32, rules) == entry);
    entry.blocks = 1;
    CHECK(bytes_of(entry)[4] == 0);
}

TEST_CASE("what figure 177 excludes is no entry") {
    auto bytes = bytes_of(marker(Esa::First));
    CHECK(decode_udmq_entry(bytes.data(), 31, Rules{}).error() == Error::Truncated);
    const auto with = [&](std::size_t at, std::uint8_t value) {
        auto changed = bytes;
        changed[at] = value;
        return changed;
    };
    CHECK(decoding(with(16, 1)) == Error::Reserved);
    CHECK(decoding(with(31, 1 << 4 | 2 << 6 | 1 << 1)) == Error::Reserved);
    CHECK(decoding(with(31, 3 << 6 | 1 << 1)) == Error::Reserved);  // LBACIR 3
    for (const int esa : {4, 5, 6}) {
        CHECK(decoding(with(31, static_cast<std::uint8_t>(2 << 6 | esa << 1))) == Error::Reserved);
    }
    CHECK(decode_udmq_entry(with(30, 1).data(), 32, Rules{}).at() == 30);

    const auto off = [](Id id) {
        Rules rules;
        rules.set_on(id, false);
        return rules;
    };
    CHECK(decoding(with(31, 2 << 6)) == Error::OutOfRange);  // ESA 0 without a range
    CHECK(decoding(with(31, 2 << 6), off(Id::UdmqOrdinaryHasRange)) == Error::None);
    CHECK(decoding(with(8, 1)) == Error::OutOfRange);  // an SLBA of no range
    CHECK(decoding(with(8, 1), off(Id::UdmqNoRangeNoSlba)) == Error::None);
    for (const std::size_t at : {0, 4}) {
        CHECK(decoding(with(at, 1)) == Error::OutOfRange);  // an NSID or NLB of nothing
        CHECK(decoding(with(at, 1), off(Id::UdmqNoneHasNoNamespace)) == Error::None);
    }
    UdmqEntry all = marker(Esa::First);
    all.lbacir = Lbacir::Namespace;
    all.nsid = 3;
    bytes = bytes_of(all);
    CHECK(decoding(bytes) == Error::None);
    CHECK(decode_udmq_entry(with(4, 9).data(), 32, Rules{})->blocks == 0);  // says nothing
    CHECK(decoding(with(8, 1)) == Error::OutOfRange);
}

TEST_CASE("a dialect's entry goes by its rows") {
    Rules rules;
    rules.set_place(Id::UdmqNsid, spec::bits(6, 33, 2));  // over a boundary of words
    rules.set_place(Id::UdmqSlba, spec::bytes(12, 19));
    UdmqEntry entry;
    entry.nsid = 0xFFFF'FFFF;
    entry.slba = 0x8877'6655'4433'2211;
    entry.blocks = 1;
    const auto bytes = bytes_of(entry, rules);
    CHECK(bytes[6] == 0xFC);
    CHECK(bytes[10] == 0x03);
    CHECK(bytes[12] == 0x11);
    CHECK(bytes[19] == 0x88);
    rules.set_place(Id::UdmqSlba, spec::bytes(40, 47));  // beyond the entry: nowhere
    CHECK(decode_udmq_entry(bytes_of(entry, rules).data(), 32, rules)->slba == 0);
}

TEST_CASE("the memory of a queue, seen as entries") {
    const Rules rules;
    std::array<std::uint8_t, 96> memory{};
    encode(marker(Esa::First), memory.data() + 32, rules);
    CHECK(UdmqView::parse(memory.data(), 95, rules).error() == Error::SizeMismatch);
    CHECK(UdmqView::parse(memory.data(), 0, rules).error() == Error::SizeMismatch);
    const auto view = UdmqView::parse(memory.data(), memory.size(), rules);
    REQUIRE(view.ok());
    CHECK(view->slots() == 3);
    CHECK((*view)[1].value() == marker(Esa::First));
    memory[32 + 31] |= 1;
    CHECK(view->phase(1));
    CHECK_FALSE(view->phase(0));
}

TEST_CASE("decode(encode(x)) == x for all of them") {
    const Rules rules;
    CHECK(lmsim::tests::failure_of([&] {
              const ControllerDataQueue command = any_cdq();
              RC_ASSERT(decode_cdq(encode(command, rules), rules) == command);
          }) == "");
    CHECK(lmsim::tests::failure_of([&] {
              LogUserData command;
              command.action = static_cast<LogAction>(*rc::gen::inRange(0, 3));
              command.lact = *rc::gen::inRange<std::uint8_t>(2, 16);
              command.cdqid = *rc::gen::arbitrary<std::uint16_t>();
              RC_ASSERT(decode_log_user_data(encode(command, rules), rules) == command);
          }) == "");
    CHECK(lmsim::tests::failure_of([&] {
              const UdmqEntry entry = any_entry();
              const auto decoded = decode_udmq_entry(bytes_of(entry).data(), 32, rules);
              RC_ASSERT(decoded.ok());
              RC_ASSERT(*decoded == entry);
          }) == "");
}

TEST_CASE("any 32 bytes decode or do not, and what does encodes to itself") {
    const Rules rules;
    CHECK(lmsim::tests::failure_of([&] {
              std::array<std::uint8_t, 32> bytes{};
              for (const std::size_t at : {0, 5, 9, 31}) {
                  bytes[at] = *rc::gen::arbitrary<std::uint8_t>();
              }
              const auto entry = decode_udmq_entry(bytes.data(), bytes.size(), rules);
              if (entry.ok() && entry->lbacir != Lbacir::Namespace) {
                  RC_ASSERT(bytes_of(*entry) == bytes);
              }
          }) == "");
}
