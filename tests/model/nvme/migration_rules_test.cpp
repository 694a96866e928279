#include "tests/model/nvme/driver.hpp"

// Rows of Suspend, Resume, Get and Set Controller State, each switched off: what then happens.

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;
using wire::MigrationSend;
using wire::Seqind;

namespace {

struct Rig {
    Bench<SimBounds> bench{3};
    Driver pf{bench, 0};
    Driver vf{bench, 1};

    Rig() {
        pf.enable();
        vf.enable();
        vf.create(1, 8);
    }
    void off(Id id) { bench.rules.set_on(id, false); }
    void suspend_while_reading() {
        bench.held = [](const Effect& effect) { return effect.function == 1; };
        vf.submit(1, vf.read_one());
        pf.submit(0,
                  wire::encode(MigrationSend::suspend(1, wire::SuspendType::Suspend), bench.rules));
        REQUIRE(bench.run());
    }
    void let_go() {
        bench.held = nullptr;
        REQUIRE(bench.run());
    }
    std::uint16_t status(const wire::MigrationReceive& receive) { return pf.get(receive).status; }
    std::uint16_t piece(Seqind seqind, std::uint64_t offset, std::uint64_t bytes,
                        std::uint8_t csvi = 1, std::uint8_t csuuidi = 1, std::uint16_t cntlid = 2) {
        const std::vector<std::uint8_t> data(bytes + 4);
        return pf.set(
            MigrationSend::set_controller_state(cntlid, seqind, csvi, csuuidi, offset, bytes / 4),
            data.data());
    }
};

}  // namespace

TEST_CASE("LM-SUSP-04: a Suspend lets commands finish, or aborts them") {
    Rig rig;
    std::uint16_t status = 0;
    SECTION("on") {}
    SECTION("off") {
        rig.off(Id::SuspendFinishesFetched);
        status = 0x007;
    }
    rig.suspend_while_reading();
    rig.let_go();
    const auto done = rig.vf.reap(1);
    REQUIRE(done.size() == 1);
    CHECK(done[0].status == status);
    CHECK(is(rig.bench.at(1).migration, Migration::Suspended));
}

TEST_CASE("LM-SUSP-08 off: commands that wait in a queue are lost") {
    Rig rig;
    rig.off(Id::SuspendLeavesQueued);
    rig.suspend_while_reading();
    rig.vf.submit(1, rig.vf.read_one());
    rig.let_go();
    CHECK(rig.vf.reap(1).size() == 1);
    CHECK(rig.bench.at(1).sq[1].head == 2);
    CHECK(rig.pf.reap(0).size() == 1);
    CHECK(rig.pf.resume(1) == 0);
    CHECK(rig.vf.reap(1).empty());
}

TEST_CASE("LM-RESU-01 and LM-RESU-02: a Resume fetches from all queues") {
    Rig rig;
    REQUIRE(rig.pf.suspend(1) == 0);
    rig.vf.submit(1, rig.vf.read_one());
    rig.vf.submit(0, wire::encode(wire::GetFeatures{7, 0, 0}, rig.bench.rules));
    std::size_t io = 1;
    std::size_t admin = 1;
    SECTION("both on") {}
    SECTION("-01 off: not from those of I/O") {
        rig.off(Id::ResumeFetchesFromHead);
        io = 0;
    }
    SECTION("-02 off: not from the admin queue") {
        rig.off(Id::ResumeFetchesAdmin);
        admin = 0;
    }
    REQUIRE(rig.pf.resume(1) == 0);
    CHECK(rig.vf.reap(1).size() == io);
    CHECK(rig.vf.reap(0).size() == admin);
    rig.vf.ring(1);  // a doorbell brings them
    rig.vf.ring(0);
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 1 - io);
    CHECK(rig.vf.reap(0).size() == 1 - admin);
}

TEST_CASE("LM-ROLE-01 off: nobody is an MMC") {
    Rig rig;
    rig.off(Id::OneMmc);
    CHECK(rig.pf.suspend(1) == 0x001);
    CHECK(rig.status(rig.pf.receive(1, 0, 48)) == 0x001);
}

TEST_CASE("what cannot be done without its condition is an internal error") {
    Rig rig;
    const auto off = GENERATE(false, true);
    const auto expect = [off](std::uint16_t with) { return off ? std::uint16_t{0x006} : with; };
    for (const Id id : {Id::MigrationSendToMc, Id::MigrationReceiveToMc, Id::SendSelReserved,
                        Id::SuspendBadCntlid, Id::ResumeBadCntlid, Id::ResumeNotSuspended,
                        Id::GetStateBadCntlid, Id::SetStateBadCntlid, Id::SuspendWhileDraining}) {
        if (off) rig.off(id);
    }
    CHECK(rig.vf.suspend(1) == expect(0x001));
    const wire::Sqe receive = wire::encode(rig.vf.receive(1, 0, 48), rig.bench.rules);
    CHECK(rig.vf.admin(receive).status == expect(0x001));
    MigrationSend reserved;
    reserved.sel = 9;
    CHECK(rig.pf.send(reserved) == expect(0x002));
    CHECK(rig.pf.suspend(9) == expect(0x11F));
    CHECK(rig.pf.resume(9) == expect(0x11F));
    CHECK(rig.pf.resume(1) == expect(0x13A));
    CHECK(rig.status(rig.pf.receive(9, 0, 48)) == expect(0x11F));
    CHECK(rig.piece(Seqind::Only, 0, 48, 1, 1, 9) == expect(0x11F));
    rig.suspend_while_reading();
    CHECK(rig.pf.suspend(1) == expect(0x11F));
}

TEST_CASE("LM-SUSP-41 off: any other STYPE suspends") {
    Rig rig;
    rig.off(Id::SuspendStypeReserved);
    MigrationSend reserved = MigrationSend::suspend(1, wire::SuspendType::Reserved);
    reserved.stype = 7;
    CHECK(rig.pf.send(reserved) == 0);
    CHECK(is(rig.bench.at(1).migration, Migration::Suspended));
}

TEST_CASE("LM-SUSP-09: a suspended controller's properties are written as ever, or not") {
    Rig rig;
    std::uint64_t expected = 0x0003'0003;
    SECTION("on") {}
    SECTION("off") {
        rig.off(Id::SuspendPropertiesNormal);
        expected = 0;
    }
    REQUIRE(rig.pf.suspend(2) == 0);  // it is disabled
    rig.bench.write(2, property::AQA, 0x0003'0003);
    CHECK(rig.bench.read(2, property::AQA) == expected);
}

TEST_CASE("LM-SUSP-44: a Suspend whose controller was reset fails, or succeeds") {
    Rig rig;
    std::uint16_t status = 0x11F;
    SECTION("on") {}
    SECTION("off") {
        rig.off(Id::SuspendOutrunByReset);
        status = 0;
    }
    rig.suspend_while_reading();
    rig.bench.write(1, property::CC, 0);
    const auto done = rig.pf.reap(0);
    REQUIRE(done.size() == 1);
    CHECK(done[0].status == status);
    CHECK(is(rig.bench.at(1).migration, Migration::Operational));
}

TEST_CASE("LM-RESU-42 off: a Resume asks for no commit") {
    Rig rig;
    REQUIRE(rig.pf.suspend(2) == 0);
    CHECK(rig.piece(Seqind::First, 0, 48) == 0);
    CHECK(rig.pf.resume(2) == 0x00C);
    rig.off(Id::ResumeUncommitted);
    CHECK(rig.pf.resume(2) == 0);
}

TEST_CASE("rows of Get Controller State") {
    Rig rig;
    wire::MigrationReceive receive = rig.pf.receive(1, 0, 48);
    const auto check = [&](Id id, std::uint16_t with, std::uint16_t without) {
        INFO(static_cast<int>(id));
        CHECK(rig.status(receive) == with);
        rig.off(id);
        CHECK(rig.status(receive) == without);
        rig.bench.rules.set_on(id, true);
        receive = rig.pf.receive(1, 0, 48);
    };
    check(Id::GetStateAnytime, 0, 0x13A);
    receive.offset = 2;
    check(Id::GetStateOffsetUnaligned, 0x002, 0);
    receive.offset = 1 << 20;
    check(Id::GetStateOffsetTooLarge, 0x002, 0);
    receive.csvi = 2;
    check(Id::GetStateBadCsvi, 0x002, 0);
    receive.csuuidi = 2;
    check(Id::GetStateBadCsuuidi, 0x002, 0);
    receive.get_controller_state = false;
    receive.sel = 1;
    check(Id::ReceiveSelReserved, 0x002, 0);
}

TEST_CASE("LM-GET-03 and LM-GET-04: an index of 0 leaves its part out") {
    Rig rig;
    const auto sizes = [&](std::uint8_t csvi, std::uint8_t csuuidi) {
        wire::MigrationReceive receive = rig.pf.receive(1, 0, 48);
        receive.csvi = csvi;
        receive.csuuidi = csuuidi;
        const auto got = rig.pf.get(receive);
        REQUIRE(got.status == 0);
        return *wire::decode_state_header(got.bytes.data(), got.bytes.size(), rig.bench.rules);
    };
    CHECK(sizes(1, 0).nvmecss == 14);
    CHECK(sizes(1, 0).vss == 0);
    CHECK(sizes(0, 1).nvmecss == 0);
    CHECK(sizes(0, 1).vss != 0);
    rig.off(Id::GetStateWithoutCsvi);
    CHECK(sizes(0, 1).nvmecss == 14);
    rig.off(Id::GetStateWithoutCsuuidi);
    CHECK(sizes(1, 0).vss != 0);
}

TEST_CASE("LM-SET-04: the first piece forgets an unfinished sequence") {
    Rig rig;
    REQUIRE(rig.pf.suspend(2) == 0);
    std::uint16_t status = 0x002;
    SECTION("on: there is a gap between the first piece and this one") {}
    SECTION("off: what an earlier sequence brought still counts") {
        rig.off(Id::SetStateFirstDiscards);
        status = 0;
    }
    CHECK(rig.piece(Seqind::First, 0, 96) == 0);
    CHECK(rig.piece(Seqind::First, 0, 48) == 0);
    CHECK(rig.piece(Seqind::Middle, 96, 4) == status);
}

TEST_CASE("conditions of the pieces of Set Controller State") {
    Rig rig;
    REQUIRE(rig.pf.suspend(2) == 0);
    const auto check = [&](Id id, std::uint16_t with, std::uint16_t without, auto&& ask) {
        INFO(static_cast<int>(id));
        CHECK(ask() == with);
        rig.off(id);
        CHECK(ask() == without);
        rig.bench.rules.set_on(id, true);
    };
    const auto first = [&](std::uint64_t offset, std::uint8_t csvi, std::uint8_t csuuidi) {
        return [&rig, offset, csvi, csuuidi] {
            return rig.piece(Seqind::First, offset, 48, csvi, csuuidi);
        };
    };
    check(Id::SetStateOffsetUnaligned, 0x002, 0, [&] {
        const std::uint16_t status = rig.piece(Seqind::First, 0, 48);
        return status != 0 ? status : rig.piece(Seqind::Middle, 2, 48);
    });
    check(Id::SetStateOffsetTooLarge, 0x002, 0, first(48, 1, 1));
    check(Id::SetStateOffsetTooLarge, 0x002, 0x006, first(1 << 30, 1, 1));
    check(Id::SetStateOffsetTooLarge, 0x002, 0x006, first(~std::uint64_t{3}, 1, 1));
    check(Id::SetStateBadCsvi, 0x002, 0, first(0, 2, 1));
    check(Id::SetStateBadCsuuidi, 0x002, 0, first(0, 1, 2));
    check(Id::SetStateNoIndex, 0x002, 0, first(0, 0, 0));
    check(Id::SetStateNumdZero, 0x002, 0, [&] { return rig.piece(Seqind::First, 0, 0); });
    CHECK(rig.piece(Seqind::Only, 0, 48) == 0);  // an empty state closes the sequence
    check(Id::SetStateNoSequence, 0x00C, 0, [&] { return rig.piece(Seqind::Middle, 0, 48); });
}

TEST_CASE("conditions of the commit of a controller state") {
    Rig rig;
    REQUIRE(rig.pf.suspend(1) == 0);
    REQUIRE(rig.pf.suspend(2) == 0);
    std::vector<std::uint8_t> state = rig.pf.save(1);
    const auto load = [&](std::uint16_t cntlid, std::uint8_t csvi, std::uint8_t csuuidi) {
        return rig.pf.set(MigrationSend::set_controller_state(cntlid, Seqind::Only, csvi, csuuidi,
                                                              0, state.size() / 4),
                          state.data());
    };
    SECTION("LM-SET-45") {
        CHECK(load(2, 0, 1) == 0x002);
        rig.off(Id::SetStateCsviMissing);
        CHECK(load(2, 0, 1) == 0);
    }
    SECTION("LM-SET-46") {
        CHECK(load(2, 1, 0) == 0x002);
        rig.off(Id::SetStateCsuuidiMissing);
        CHECK(load(2, 1, 0) == 0);
    }
    SECTION("LM-SET-48") {
        CHECK(load(1, 1, 1) == 0x002);
        rig.off(Id::SetStateQueuesExist);
        CHECK(load(1, 1, 1) == 0);
    }
    SECTION("LM-SET-51") {
        state.resize(state.size() - 4);
        CHECK(load(2, 1, 1) == 0x002);
        rig.off(Id::SetStateIncomplete);
        CHECK(load(2, 1, 1) == 0x006);
    }
    SECTION("LM-SET-52") {
        state[48 + 8 + 10] = 200;  // the QID of the submission queue
        CHECK(load(2, 1, 1) == 0x002);
        rig.off(Id::SetStateQueueInvalid);
        CHECK(load(2, 1, 1) == 0x006);
    }
}

TEST_CASE("LM-SET-03: an MC that is enabled and not suspended takes no state, or does") {
    Rig rig;
    CHECK(rig.piece(Seqind::First, 0, 48, 1, 1, 1) == 0x11F);
    rig.bench.rules.set_on(Id::SetStateWhileEnabled, true);
    CHECK(rig.piece(Seqind::First, 0, 48, 1, 1, 1) == 0);
    CHECK(rig.piece(Seqind::First, 0, 48, 1, 1, 2) == 0x11F);  // not enabled
}
