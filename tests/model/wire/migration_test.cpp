#include "model/wire/migration.hpp"

#include <array>

#include "model/spec/table.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Id;
using spec::Rules;

namespace {

MigrationSend any_send() {
    MigrationSend command;
    const int operation = *rc::gen::inRange(0, 4);
    if (operation == 0) {
        const auto type = static_cast<SuspendType>(*rc::gen::inRange(0, 3));
        command = MigrationSend::suspend(*rc::gen::arbitrary<std::uint16_t>(), type,
                                         *rc::gen::arbitrary<bool>());
        command.stype = *rc::gen::inRange<std::uint8_t>(2, 255);
    } else if (operation == 1) {
        command = MigrationSend::resume(*rc::gen::arbitrary<std::uint16_t>());
    } else if (operation == 2) {
        command = MigrationSend::set_controller_state(
            *rc::gen::arbitrary<std::uint16_t>(), static_cast<Seqind>(*rc::gen::inRange(0, 4)),
            *rc::gen::arbitrary<std::uint8_t>(), *rc::gen::arbitrary<std::uint8_t>(),
            *rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint32_t>());
    } else {
        command.sel = *rc::gen::inRange<std::uint8_t>(3, 255);
    }
    command.uidx = *rc::gen::inRange<std::uint8_t>(0, 128);
    return command;
}

}  // namespace

// NVMe Base 2.3, 5.2.17.1.1, figure 367.
TEST_CASE("suspend stands where figure 367 places it") {
    const Rules rules;
    const Sqe sqe = encode(MigrationSend::suspend(0xABCD, SuspendType::Suspend, true), rules);
    CHECK(sqe.opcode == 0x41);
    CHECK(sqe.cdw10 == 0x00000000);
    CHECK(sqe.cdw11 == 0x8001ABCD);
    CHECK(sqe.cdw12 == 0);
    CHECK(sqe.cdw13 == 0);
    CHECK(sqe.cdw15 == 0);
    const Sqe notice = encode(MigrationSend::suspend(2, SuspendType::Notification), rules);
    CHECK(notice.cdw11 == 0x00000002);
}

TEST_CASE("resume stands where figure 368 places it") {
    const Sqe sqe = encode(MigrationSend::resume(0x0102), Rules{});
    CHECK(sqe.cdw10 == 1);
    CHECK(sqe.cdw11 == 0x0102);
}

// Figures 369 and 370: SEQIND in CDW10 17:16, CSVI in CDW11 23:16, CSUUIDI in CDW11 31:24; NUMD is
// a plain count.
TEST_CASE("set controller state stands where figures 369 to 373 place it") {
    MigrationSend command = MigrationSend::set_controller_state(0x0403, Seqind::Only, 0x11, 0x22,
                                                                0x0000000500000008, 1000);
    command.uidx = 0x7F;
    const Sqe sqe = encode(command, Rules{});
    CHECK(sqe.cdw10 == 0x00030002);
    CHECK(sqe.cdw11 == 0x22110403);
    CHECK(sqe.cdw12 == 8);
    CHECK(sqe.cdw13 == 5);
    CHECK(sqe.cdw14 == 0x7F);
    CHECK(sqe.cdw15 == 1000);
    command.seqind = Seqind::First;
    CHECK(encode(command, Rules{}).cdw10 == 0x00010002);
    command.seqind = Seqind::Last;
    CHECK(encode(command, Rules{}).cdw10 == 0x00020002);
    command.seqind = Seqind::Middle;
    CHECK(encode(command, Rules{}).cdw10 == 0x00000002);
}

// Figures 361 to 363: CSVI in CDW10 23:16, CSUUIDI in CDW11 23:16, NUMDL 0's based.
TEST_CASE("get controller state stands where figures 361 and 362 place it") {
    MigrationReceive command;
    command.cntlid = 0x0403;
    command.csvi = 0x11;
    command.csuuidi = 0x22;
    command.csuidxp = 0x33;
    command.uidx = 0x7F;
    command.offset = 0x0000000500000008;
    command.dwords = 1000;
    const Sqe sqe = encode(command, Rules{});
    CHECK(sqe.opcode == 0x42);
    CHECK(sqe.cdw10 == 0x00110000);
    CHECK(sqe.cdw11 == 0x33220403);
    CHECK(sqe.cdw12 == 8);
    CHECK(sqe.cdw13 == 5);
    CHECK(sqe.cdw14 == 0x7F);
    CHECK(sqe.cdw15 == 999);
    Cqe cqe;
    cqe.dw0 = encode_csup(true, Rules{});
    CHECK(cqe.dw0 == 1);
    CHECK(decode_csup(cqe, Rules{}));
    cqe.dw0 = 0xFFFFFFFE;
    CHECK(!decode_csup(cqe, Rules{}));
}

TEST_CASE("a count of all dwords survives the 0's base") {
    Sqe sqe;
    sqe.cdw15 = 0xFFFFFFFF;
    CHECK(decode_migration_receive(sqe, Rules{}).dwords == 0x100000000);
    sqe.cdw10 = 2;
    CHECK(decode_migration_send(sqe, Rules{}).dwords == 0xFFFFFFFF);
}

TEST_CASE("reserved values decode as reserved and keep their number") {
    Sqe sqe;
    sqe.cdw10 = 3;
    CHECK(decode_migration_send(sqe, Rules{}).operation == SendOperation::Reserved);
    CHECK(decode_migration_send(sqe, Rules{}).sel == 3);
    CHECK(!decode_migration_receive(sqe, Rules{}).get_controller_state);
    sqe.cdw10 = 0;
    sqe.cdw11 = 0x00020001;
    CHECK(decode_migration_send(sqe, Rules{}).type == SuspendType::Reserved);
    CHECK(decode_migration_send(sqe, Rules{}).stype == 2);
}

TEST_CASE("migration send survives encode and decode") {
    CHECK(tests::failure_of([] {
              const Rules rules;
              const MigrationSend command = any_send();
              RC_ASSERT(decode_migration_send(encode(command, rules), rules) == command);
          }) == "");
}

TEST_CASE("migration receive survives encode and decode") {
    CHECK(tests::failure_of([](bool known, std::uint16_t cntlid, std::uint64_t offset,
                               std::array<std::uint8_t, 4> b, std::uint32_t numdl) {
              const Rules rules;
              MigrationReceive command;
              command.get_controller_state = known;
              command.sel = static_cast<std::uint8_t>(known ? 0 : b[0] | 1);
              command.cntlid = cntlid;
              command.csvi = b[1];
              command.csuuidi = b[2];
              command.csuidxp = b[3];
              command.uidx = b[0] & 0x7F;
              command.offset = offset;
              command.dwords = std::uint64_t{numdl} + 1;
              RC_ASSERT(decode_migration_receive(encode(command, rules), rules) == command);
          }) == "");
}

// A dialect moves the Select values and one field; both sides follow the same overlay.
TEST_CASE("a dialect's values and places are used at run time") {
    Rules dialect;
    dialect.set_value(Id::SelResume, 2);
    dialect.set_value(Id::SelSetControllerState, 3);
    dialect.set_place(Id::SetStateSeqind, spec::cdw(11, 17, 16));
    const Sqe resume = encode(MigrationSend::resume(5), dialect);
    CHECK(resume.cdw10 == 2);
    CHECK(decode_migration_send(resume, dialect).operation == SendOperation::Resume);
    // What the standard makes of it: Set Controller State, no index, SEQIND 00b, nothing to send.
    const MigrationSend misread = decode_migration_send(resume, Rules{});
    CHECK(misread.operation == SendOperation::SetControllerState);
    CHECK(misread.seqind == Seqind::Middle);
    CHECK(misread.csvi == 0);
    CHECK(misread.dwords == 0);
}

TEST_CASE("a field moved out of the entry reads as 0 and is not written") {
    Rules dialect;
    dialect.set_place(Id::SuspendCntlid, spec::bits(64, 15, 0));
    const Sqe sqe = encode(MigrationSend::suspend(5, SuspendType::Suspend), dialect);
    CHECK(sqe.cdw11 == 0x00010000);
    CHECK(decode_migration_send(sqe, dialect).cntlid == 0);
}
