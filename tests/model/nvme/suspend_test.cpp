#include "tests/model/nvme/driver.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

using wire::MigrationSend;
using wire::SuspendType;

/// A PF, and a VF of which nothing but migration is done by the PF.
struct Rig {
    Bench<SimBounds> bench;
    Driver pf{bench, 0};
    Driver vf{bench, 1, 64};

    explicit Rig(const Config& config = {}) : bench(3, config) {
        pf.enable();
        vf.enable();
        vf.create(2, 8);
        bench.log.clear();
    }
    /// Answers of the VF are held back from now on.
    void hold_vf() {
        bench.held = [](const Effect& effect) { return effect.function == 1; };
    }
    void let_go() {
        bench.held = nullptr;
        REQUIRE(bench.run());
    }
    void start_suspend() {
        pf.submit(0, wire::encode(MigrationSend::suspend(1, SuspendType::Suspend), bench.rules));
        REQUIRE(bench.run());
    }
    bool is_in(Migration state) { return is(bench.at(1).migration, state); }
};

std::size_t transactions(const Bench<SimBounds>& bench, std::uint16_t function) {
    std::size_t result = 0;
    for (const EffectKind kind :
         {EffectKind::ReadMemory, EffectKind::WriteMemory, EffectKind::TransferIn,
          EffectKind::TransferOut, EffectKind::PostCqe, EffectKind::Interrupt}) {
        result += bench.count(kind, function);
    }
    return result;
}

}  // namespace

TEST_CASE("a Suspend Notification stops nothing") {
    Rig rig;
    CHECK(rig.pf.send(MigrationSend::suspend(1, SuspendType::Notification)) == 0);
    CHECK(rig.is_in(Migration::Operational));
    rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 1);
}

TEST_CASE("the statuses of Suspend") {
    Rig rig;
    CHECK(rig.pf.suspend(77) == 0x11F);
    CHECK(rig.pf.suspend(4) == 0x11F);
    CHECK(rig.pf.suspend(0) == 0x11F);  // the MMC itself
    MigrationSend reserved = MigrationSend::suspend(1, SuspendType::Reserved);
    for (const std::uint8_t stype : {2, 0x80, 0xff}) {
        reserved.stype = stype;
        CHECK(rig.pf.send(reserved) == 0x002);
    }
    CHECK(rig.is_in(Migration::Operational));
    MigrationSend other;
    for (const std::uint8_t sel : {3, 0xff}) {
        other.sel = sel;
        CHECK(rig.pf.send(other) == 0x002);
    }
    CHECK(rig.pf.suspend(1) == 0);
    CHECK(rig.pf.suspend(1) == 0);  // already suspended
    CHECK(rig.is_in(Migration::Suspended));
}

TEST_CASE("an MC knows neither Migration Send nor Migration Receive") {
    Rig rig;
    CHECK(rig.vf.send(MigrationSend::suspend(1, SuspendType::Suspend)) == 0x001);
    CHECK(rig.vf.send(MigrationSend::resume(1)) == 0x001);
    CHECK(rig.vf.get(rig.vf.receive(1, 0, 48)).status == 0x001);
    // Whatever their length fields hold.
    const MigrationSend huge =
        MigrationSend::set_controller_state(2, wire::Seqind::Only, 1, 1, 0, 1U << 30);
    CHECK(rig.vf.send(huge) == 0x001);
    CHECK(rig.is_in(Migration::Operational));
}

TEST_CASE("fetched commands finish, the others stay where they are") {
    Rig rig;
    const std::uint64_t seed = GENERATE(0, 1, 2, 3);
    rig.bench.seed = seed;
    rig.hold_vf();
    for (int i = 0; i < 3; ++i) rig.vf.submit(1, rig.vf.read_one());
    rig.vf.submit(2, rig.vf.io(spec::opcode::NvmWrite, 0, 8));
    rig.vf.submit(0, wire::encode(wire::GetFeatures{0x07, 0, 0}, rig.bench.rules));
    rig.start_suspend();
    CHECK(rig.is_in(Migration::Suspending));
    CHECK(rig.pf.reap(0).empty());
    // From now on nothing is fetched; doorbells are taken note of.
    const std::size_t fetched = rig.bench.count(EffectKind::ReadMemory, 1);
    rig.vf.submit(1, rig.vf.read_one());
    rig.vf.submit(2, rig.vf.read_one());
    rig.vf.submit(0, wire::encode(wire::GetFeatures{0x07, 0, 0}, rig.bench.rules));
    CHECK(rig.bench.count(EffectKind::ReadMemory, 1) == fetched);
    CHECK(rig.bench.at(1).sq[1].tail == 4);
    CHECK(rig.bench.at(1).sq[1].head == 3);
    rig.let_go();
    CHECK(rig.is_in(Migration::Suspended));
    const auto done = rig.pf.reap(0);
    REQUIRE(done.size() == 1);
    CHECK(done[0].status == 0);
    CHECK(rig.vf.reap(1).size() == 3);
    CHECK(rig.vf.reap(2).size() == 1);
    CHECK(rig.vf.reap(0).size() == 1);
    CHECK(rig.bench.at(1).busy == 0);

    // Suspended: no transaction, whatever happens.
    const std::size_t before = transactions(rig.bench, 1);
    rig.vf.submit(1, rig.vf.read_one());
    rig.vf.reap(1);
    REQUIRE(rig.bench.run());
    CHECK(transactions(rig.bench, 1) == before);
    CHECK(rig.bench.at(1).sq[1].tail == 5);

    CHECK(rig.pf.resume(1) == 0);
    CHECK(rig.vf.reap(1).size() == 2);
    CHECK(rig.vf.reap(2).size() == 1);
    CHECK(rig.vf.reap(0).size() == 1);
}

TEST_CASE("the Suspend completes after the last completion of its controller, not before") {
    Rig rig;
    rig.hold_vf();
    rig.vf.submit(1, rig.vf.read_one());
    rig.start_suspend();
    rig.let_go();
    std::vector<std::uint16_t> posts;
    for (const Effect& effect : rig.bench.log) {
        if (effect.kind == EffectKind::PostCqe) posts.push_back(effect.function);
    }
    CHECK(posts == std::vector<std::uint16_t>{1, 0});
}

TEST_CASE("AERs are no reason to wait") {
    Rig rig;
    rig.vf.submit(0, wire::encode(wire::Aer{}, rig.bench.rules));
    SECTION("held") { REQUIRE(rig.bench.run()); }
    SECTION("just being fetched") {
        rig.hold_vf();
        rig.start_suspend();
        CHECK(rig.is_in(Migration::Suspending));
        rig.let_go();
    }
    if (rig.is_in(Migration::Operational)) {
        CHECK(rig.pf.suspend(1) == 0);
    }
    CHECK(rig.is_in(Migration::Suspended));
    CHECK(rig.bench.at(1).aers == 1);
    CHECK(rig.vf.reap(0).empty());
}

TEST_CASE("with a full completion queue the Suspend waits until the head moves") {
    Rig rig;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 5; ++i) rig.vf.submit(1, rig.vf.read_one());
        REQUIRE(rig.bench.run());
        rig.vf.reap(1, false);
    }
    CHECK(rig.bench.at(1).busy == 3);
    rig.start_suspend();
    CHECK(rig.is_in(Migration::Suspending));
    CHECK(rig.pf.reap(0).empty());
    CHECK(rig.bench.pending() == 0);  // nothing but the guest can end this
    CHECK(rig.pf.suspend(2) == 0);    // the PF and its other VFs go on
    CHECK(rig.vf.reap(1).size() == 7);
    CHECK(rig.is_in(Migration::Suspended));
    CHECK(rig.pf.reap(0).size() == 1);
    CHECK(rig.vf.reap(1).size() == 3);
}

TEST_CASE("Suspends that wait take the PF's contexts; drained VFs give them back") {
    Config config;
    config.contexts = 2;
    Bench<SimBounds> bench(3, config);
    Driver pf(bench, 0);
    pf.enable();
    std::vector<Driver> vfs;
    for (std::uint16_t i = 1; i <= 3; ++i) {
        vfs.emplace_back(bench, i);
        vfs.back().enable();
        vfs.back().create(1, 8);
    }
    bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    for (Driver& vf : vfs) vf.submit(1, vf.read_one());
    REQUIRE(bench.run());
    for (std::uint16_t i = 1; i <= 3; ++i) {
        pf.submit(0, wire::encode(MigrationSend::suspend(i, SuspendType::Suspend), bench.rules));
    }
    REQUIRE(bench.run());
    CHECK(is(bench.at(3).migration, Migration::Operational));  // its Suspend is not fetched
    bench.held = nullptr;
    REQUIRE(bench.run());
    for (std::uint16_t i = 1; i <= 3; ++i) {
        CHECK(is(bench.at(i).migration, Migration::Suspended));
    }
    CHECK(pf.reap(0).size() == 3);
}

TEST_CASE("a second Suspend while the first one drains is refused and spoils nothing") {
    Rig rig;
    rig.hold_vf();
    rig.vf.submit(1, rig.vf.read_one());
    rig.start_suspend();
    CHECK(rig.pf.suspend(1) == 0x11F);
    CHECK(rig.pf.resume(1) == 0x13A);  // not suspended yet
    rig.let_go();
    CHECK(rig.pf.reap(0).size() == 1);
    CHECK(rig.is_in(Migration::Suspended));
}

TEST_CASE("the statuses of Resume") {
    Rig rig;
    CHECK(rig.pf.resume(0) == 0x11F);
    CHECK(rig.pf.resume(9) == 0x11F);
    CHECK(rig.pf.resume(1) == 0x13A);
    CHECK(rig.pf.suspend(2) == 0);
    const std::vector<std::uint8_t> some(64, 0xff);
    const MigrationSend first =
        MigrationSend::set_controller_state(2, wire::Seqind::First, 1, 1, 0, 16);
    CHECK(rig.pf.set(first, some.data()) == 0);
    CHECK(rig.pf.resume(2) == 0x00C);
    CHECK(is(rig.bench.at(2).migration, Migration::Suspended));
    const MigrationSend last =
        MigrationSend::set_controller_state(2, wire::Seqind::Last, 1, 1, 64, 0);
    CHECK(rig.pf.set(last, some.data()) == 0x002);  // ends the sequence
    CHECK(rig.pf.resume(2) == 0);
    CHECK(rig.pf.resume(2) == 0x13A);
}

TEST_CASE("a Resume with more to fetch than a step has room for") {
    Rig rig;
    Driver vf(rig.bench, 2, 64);
    vf.enable();
    vf.create(8, 64);
    REQUIRE(rig.pf.suspend(2) == 0);
    for (std::uint16_t qid = 1; qid <= 8; ++qid) {
        for (int i = 0; i < 63; ++i) vf.put(qid, vf.read_one());
        vf.ring(qid);
    }
    CHECK(rig.bench.pending() == 0);
    rig.hold_vf();
    rig.bench.held = [](const Effect& effect) { return effect.function == 2; };
    CHECK(rig.pf.resume(2) == 0);
    CHECK(rig.bench.pending() == 8 * 63);
    rig.let_go();
    for (std::uint16_t qid = 1; qid <= 8; ++qid) CHECK(vf.reap(qid).size() == 63);
}

TEST_CASE("CC.EN on a suspended controller") {
    Rig rig;
    Driver vf(rig.bench, 2);
    SECTION("RDY waits for the Resume") {
        REQUIRE(rig.pf.suspend(2) == 0);
        vf.enable();
        CHECK_FALSE(vf.ready());
        CHECK(rig.pf.resume(2) == 0);
        CHECK(vf.ready());
    }
    SECTION("or does not") {
        rig.bench.rules.set_on(spec::Id::SuspendedEnableGetsReady, true);
        REQUIRE(rig.pf.suspend(2) == 0);
        vf.enable();
        CHECK(vf.ready());
    }
    SECTION("an enabling that is under way comes to its end") {
        rig.bench.held = [](const Effect& effect) { return effect.function == 2; };
        vf.enable();
        REQUIRE(rig.pf.suspend(2) == 0);
        rig.let_go();
        CHECK(vf.ready());
        CHECK(rig.pf.resume(2) == 0);
        CHECK(rig.bench.pending() == 0);
    }
    SECTION("disabling it again forgets the enabling") {
        REQUIRE(rig.pf.suspend(2) == 0);
        vf.enable();
        rig.bench.write(2, property::CC, 0);
        REQUIRE(rig.bench.run());
        CHECK(is(rig.bench.at(2).migration, Migration::Operational));  // a CLR of the MC
        CHECK(rig.pf.resume(2) == 0x13A);
        CHECK_FALSE(vf.ready());
        vf.enable();
        CHECK(vf.ready());
    }
}
