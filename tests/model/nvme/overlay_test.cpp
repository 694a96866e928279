#include "tests/model/nvme/driver.hpp"

// What a controller does where a rule is not in force: each of these is what a mutant shows.

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

struct Rig {
    Bench<SimBounds> bench{2};
    Driver pf{bench, 0};
    Driver vf{bench, 1};

    explicit Rig(Id off) {
        bench.rules.set_on(off, false);
        pf.enable();
        vf.enable();
        vf.create(1, 8);
    }
    void suspend_while_reading() {
        bench.held = [](const Effect& effect) { return effect.function == 1; };
        vf.submit(1, vf.read_one());
        pf.submit(0, wire::encode(wire::MigrationSend::suspend(1, wire::SuspendType::Suspend),
                                  bench.rules));
        REQUIRE(bench.run());
    }
    void let_go() {
        bench.held = nullptr;
        REQUIRE(bench.run());
    }
    bool is_in(Migration state) { return is(bench.at(1).migration, state); }
};

}  // namespace

TEST_CASE("LM-SUSP-01 off: a notification suspends") {
    Rig rig(Id::SuspendNotificationStopsNothing);
    CHECK(rig.pf.send(wire::MigrationSend::suspend(1, wire::SuspendType::Notification)) == 0);
    CHECK(rig.is_in(Migration::Suspended));
}

TEST_CASE("LM-SUSP-02 off: a suspending controller goes on with I/O") {
    Rig rig(Id::SuspendStopsIoFetch);
    rig.suspend_while_reading();
    rig.vf.submit(1, rig.vf.read_one());
    rig.vf.submit(0, wire::encode(wire::GetFeatures{7, 0, 0}, rig.bench.rules));
    rig.let_go();
    CHECK(rig.vf.reap(1).size() == 2);
    CHECK(rig.vf.reap(0).empty());
    CHECK(rig.is_in(Migration::Suspended));
    rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).empty());
}

TEST_CASE("LM-SUSP-03 off: a suspending controller goes on with admin commands") {
    Rig rig(Id::SuspendStopsAdminFetch);
    rig.suspend_while_reading();
    rig.vf.submit(1, rig.vf.read_one());
    rig.vf.submit(0, wire::encode(wire::GetFeatures{7, 0, 0}, rig.bench.rules));
    rig.let_go();
    CHECK(rig.vf.reap(1).size() == 1);
    CHECK(rig.vf.reap(0).size() == 1);
    CHECK(rig.is_in(Migration::Suspended));
}

TEST_CASE("LM-SUSP-06 off: a suspended controller goes on with everything") {
    Rig rig(Id::SuspendStopsTransactions);
    REQUIRE(rig.pf.suspend(1) == 0);
    rig.vf.submit(1, rig.vf.read_one());
    rig.vf.submit(0, wire::encode(wire::GetFeatures{7, 0, 0}, rig.bench.rules));
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 1);
    CHECK(rig.vf.reap(0).size() == 1);
    CHECK(rig.is_in(Migration::Suspended));
}

TEST_CASE("LM-SUSP-07 off: the Suspend completes before the controller has drained") {
    Rig rig(Id::SuspendCompletesAfterDrain);
    rig.suspend_while_reading();
    const auto done = rig.pf.reap(0);
    REQUIRE(done.size() == 1);
    CHECK(done[0].status == 0);
    CHECK(rig.is_in(Migration::Suspending));
    CHECK_FALSE(rig.pf.get(rig.pf.receive(1, 0, 48)).csup);
    rig.let_go();
    CHECK(rig.is_in(Migration::Suspended));
    CHECK(rig.pf.reap(0).empty());  // once
    CHECK(rig.vf.reap(1).size() == 1);
}

TEST_CASE("LM-SUSP-10 off: doorbells of a suspended controller are lost") {
    Rig rig(Id::SuspendRecordsDoorbells);
    REQUIRE(rig.pf.suspend(1) == 0);
    rig.vf.submit(1, rig.vf.read_one());
    CHECK(rig.bench.at(1).sq[1].tail == 0);
    REQUIRE(rig.pf.resume(1) == 0);
    CHECK(rig.vf.reap(1).empty());
    rig.vf.submit(1, rig.vf.read_one());  // the next one brings both
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 2);
}

TEST_CASE("LM-SUSP-12 off: a reset of the MMC leaves its controllers suspended") {
    Rig rig(Id::MmcResetEndsSuspension);
    rig.bench.rules.set_on(Id::PrimaryResetTakesOffline, false);
    SECTION("suspended") {
        REQUIRE(rig.pf.suspend(1) == 0);
        rig.bench.write(0, property::CC, 0);
    }
    SECTION("suspending: it drains, and nobody hears of it") {
        rig.suspend_while_reading();
        rig.bench.write(0, property::CC, 0);
        CHECK(rig.is_in(Migration::Suspending));
        rig.let_go();
    }
    CHECK(rig.is_in(Migration::Suspended));
    rig.let_go();
    rig.pf.enable();
    CHECK(rig.pf.reap(0).empty());
    CHECK(rig.pf.resume(1) == 0);
}

TEST_CASE("LM-SUSP-13 off: a reset of the MC leaves it suspended") {
    Rig rig(Id::McResetEndsSuspension);
    SECTION("suspended") {
        REQUIRE(rig.pf.suspend(1) == 0);
        rig.bench.write(1, property::CC, 0);
    }
    SECTION("suspending: what it waited for is gone") {
        rig.suspend_while_reading();
        rig.bench.write(1, property::CC, 0);
        const auto done = rig.pf.reap(0);
        REQUIRE(done.size() == 1);
        CHECK(done[0].status == 0);
    }
    CHECK(rig.is_in(Migration::Suspended));
    rig.let_go();
    CHECK(rig.pf.resume(1) == 0);
}

TEST_CASE("LM-GET-02 off: CSUP says nothing") {
    Rig rig(Id::GetStateCsupMeansSuspended);
    const auto got = rig.pf.get(rig.pf.receive(1, 0, 48));
    CHECK(got.csup);
    CHECK((got.bytes[2] & 1) == 0);
}

TEST_CASE("LM-SET-01 off: a suspended MC takes no state") {
    Rig rig(Id::SetStateWhileSuspended);
    REQUIRE(rig.pf.suspend(2) == 0);
    const auto state = rig.pf.save(2);
    CHECK(rig.pf.load(2, state) == 0x11F);
}

TEST_CASE("LM-SET-40 off: a working MC takes a state") {
    Rig rig(Id::SetStateWrongState);
    CHECK(rig.pf.load(2, rig.pf.save(2)) == 0);
}

TEST_CASE("LM-SET-05 and -06 off: nothing is ever committed") {
    Rig rig(Id::SetStateLastCommits);
    rig.bench.rules.set_on(Id::SetStateOnlyCommits, false);
    REQUIRE(rig.pf.suspend(1) == 0);
    REQUIRE(rig.pf.suspend(2) == 0);
    const auto state = rig.pf.save(1);
    for (const std::uint64_t piece : {48, 4096}) {
        CHECK(rig.pf.load(2, state, piece) == 0);
        CHECK(rig.bench.at(2).cq[1].size == 0);
        CHECK(rig.pf.resume(2) == 0x00C);
    }
}

TEST_CASE("LM-SET-07 off: a committed state makes no I/O queues") {
    Rig rig(Id::SetStateCreatesQueues);
    REQUIRE(rig.pf.suspend(1) == 0);
    REQUIRE(rig.pf.suspend(2) == 0);
    CHECK(rig.pf.load(2, rig.pf.save(1)) == 0);
    CHECK(rig.bench.at(2).cq[1].size == 0);
    CHECK(rig.bench.at(2).cq[0].size == 16);
}

TEST_CASE("LM-SET-09 off: a failure leaves the sequence open") {
    Rig rig(Id::SetStateFailureClosesSequence);
    REQUIRE(rig.pf.suspend(1) == 0);
    REQUIRE(rig.pf.suspend(2) == 0);
    const auto state = rig.pf.save(1);
    const auto send = [&](wire::Seqind seqind, std::uint64_t from, std::uint64_t length) {
        return rig.pf.set(
            wire::MigrationSend::set_controller_state(2, seqind, 1, 1, from, length / 4),
            state.data() + from);
    };
    CHECK(send(wire::Seqind::First, 0, 48) == 0);
    CHECK(send(wire::Seqind::Last, 48, 0) == 0x002);  // not all of it
    CHECK(rig.pf.resume(2) == 0x00C);
    CHECK(send(wire::Seqind::Last, 48, state.size() - 48) == 0);
    CHECK(rig.pf.resume(2) == 0);
}

TEST_CASE("LM-RST-01 off: a reset of the PF is the PF's alone") {
    Rig rig(Id::PrimaryResetTakesOffline);
    rig.bench.reset(0);
    CHECK(rig.bench.at(1).online);
    rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 1);
}

TEST_CASE("LM-ROLE-02 off: a VF says that it is an MMC") {
    Rig rig(Id::SecondaryReportsNoHmlms);
    wire::Identify command;
    command.cns = 1;
    CHECK(rig.vf.admin(rig.vf.with_data(wire::encode(command, rig.bench.rules), 4096)).status == 0);
    CHECK((rig.vf.memory().bytes(Driver::data_address + 257, 1)[0] >> 3 & 1) == 1);
}
