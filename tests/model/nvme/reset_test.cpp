#include "tests/model/nvme/driver.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

using wire::MigrationSend;
using wire::SuspendType;

enum class Phase { Running, Reading, Suspending, FullQueue, Suspended, Loading, Resumed };
constexpr Phase phases[] = {Phase::Running,   Phase::Reading, Phase::Suspending, Phase::FullQueue,
                            Phase::Suspended, Phase::Loading, Phase::Resumed};

/// A VF brought to some phase of a migration.
struct Rig {
    Bench<SimBounds> bench{2};
    Driver pf{bench, 0};
    Driver vf{bench, 1, 32};
    bool suspend_waits = false;

    explicit Rig(Phase phase) {
        pf.enable();
        vf.enable();
        vf.create(1, 4);
        if (phase == Phase::FullQueue) {
            for (int i = 0; i < 3; ++i) vf.submit(1, vf.read_one());
            REQUIRE(bench.run());
            for (int i = 0; i < 2; ++i) vf.submit(1, vf.read_one());
            REQUIRE(bench.run());
        }
        if (phase == Phase::Reading || phase == Phase::Suspending) {
            bench.held = [](const Effect& effect) { return effect.function == 1; };
            vf.submit(1, vf.read_one());
            vf.submit(1, vf.read_one());
        }
        suspend_waits = phase == Phase::Suspending || phase == Phase::FullQueue;
        if (suspend_waits) {
            pf.submit(0,
                      wire::encode(MigrationSend::suspend(1, SuspendType::Suspend), bench.rules));
            REQUIRE(bench.run());
        }
        if (phase >= Phase::Suspended) {
            REQUIRE(pf.suspend(1) == 0);
        }
        if (phase == Phase::Loading) {
            const std::vector<std::uint8_t> some(64);
            REQUIRE(pf.set(MigrationSend::set_controller_state(1, wire::Seqind::First, 1, 1, 0, 16),
                           some.data()) == 0);
        }
        if (phase == Phase::Resumed) {
            REQUIRE(pf.resume(1) == 0);
        }
    }
    void let_go() {
        bench.held = nullptr;
        REQUIRE(bench.run());
    }
    void works_from_scratch() {
        bench.log.clear();
        vf.enable();
        CHECK(vf.ready());
        vf.create(1, 4);
        vf.submit(1, vf.read_one());
        REQUIRE(bench.run());
        CHECK(vf.reap(1).size() == 1);
        CHECK(pf.suspend(1) == 0);
        CHECK(pf.resume(1) == 0);
    }
};

}  // namespace

TEST_CASE("a reset of the MC in every phase") {
    for (const Phase phase : phases) {
        for (const bool function_level : {true, false}) {
            Rig rig(phase);
            const std::size_t posted = rig.bench.count(EffectKind::PostCqe, 1);
            if (function_level) {
                rig.bench.reset(1);
            } else {
                rig.bench.write(1, property::CC, 0);
            }
            CHECK(is(rig.bench.at(1).migration, Migration::Operational));
            CHECK(rig.bench.at(1).busy == 0);
            CHECK(rig.bench.at(1).sequence == 0);
            CHECK(rig.bench.at(1).sq[1].size == 0);
            // What was under way is answered, and no one listens.
            rig.let_go();
            CHECK(rig.bench.count(EffectKind::PostCqe, 1) == posted);
            CHECK(is(rig.bench.at(1).life, Life::Disabled));
            const auto done = rig.pf.reap(0);
            CHECK(done.size() == (rig.suspend_waits ? 1 : 0));
            if (!done.empty()) CHECK(done[0].status == 0x11F);
            CHECK(rig.pf.resume(1) == 0x13A);
            rig.works_from_scratch();
        }
    }
}

TEST_CASE("a Controller Level Reset of the MMC in every phase: its suspensions end") {
    for (const Phase phase : phases) {
        Rig rig(phase);
        // An MMC that is no primary controller: its resets take nobody offline.
        rig.bench.rules.set_on(spec::Id::PrimaryResetTakesOffline, false);
        rig.vf.submit(1, rig.vf.read_one());
        rig.bench.write(0, property::CC, 0);
        CHECK(is(rig.bench.at(1).migration, Migration::Operational));
        CHECK(rig.bench.at(1).suspender == 0);
        CHECK(rig.bench.at(1).sequence == 0);
        rig.let_go();
        CHECK(rig.bench.at(0).busy == 0);
        std::size_t done = 0;
        for (std::size_t more = 1; more != 0; done += more) more = rig.vf.reap(1).size();
        CHECK(done == (phase == Phase::Reading || phase == Phase::Suspending ? 3
                       : phase == Phase::FullQueue                           ? 6
                                                                             : 1));
        rig.pf.enable();
        CHECK(rig.pf.reap(0).empty());
        CHECK(rig.pf.resume(1) == 0x13A);
        CHECK(rig.pf.suspend(1) == 0);
        CHECK(rig.pf.resume(1) == 0);
    }
}

TEST_CASE("a function level reset of the PF in every phase: its VFs are offline and disabled") {
    for (const Phase phase : phases) {
        Rig rig(phase);
        rig.vf.submit(1, rig.vf.read_one());
        const std::size_t fetched = rig.bench.count(EffectKind::ReadMemory, 1);
        rig.bench.reset(0);
        CHECK(rig.bench.count(EffectKind::ReadMemory, 1) == fetched);
        for (const std::uint16_t i : {1, 2}) {
            CHECK_FALSE(rig.bench.at(i).online);
            CHECK(is(rig.bench.at(i).life, Life::Disabled));
            CHECK(is(rig.bench.at(i).migration, Migration::Operational));
            CHECK(rig.bench.at(i).cc == 0);
            CHECK(rig.bench.at(i).busy == 0);
        }
        CHECK(is(rig.bench.at(0).life, Life::Disabled));
        rig.let_go();
        CHECK(rig.bench.at(1).busy == 0);
        rig.pf.enable();
        CHECK(rig.pf.reap(0).empty());
        REQUIRE(rig.pf.bring_online(1) == 0);
        rig.works_from_scratch();
    }
}

TEST_CASE("an offline VF takes a state") {
    Rig rig(Phase::Suspended);
    const auto state = rig.pf.save(1);
    rig.bench.reset(0);
    rig.pf.enable();
    CHECK(rig.pf.load(1, state) == 0);
    CHECK(rig.bench.at(1).sq[1].size == 4);
    rig.bench.reset(0);
    rig.bench.rules.set_on(spec::Id::SetStateWhileOffline, false);
    rig.pf.enable();
    CHECK(rig.pf.load(1, state) == 0x11F);
}

TEST_CASE("resets of a PF with all its VFs suspended at once") {
    Bench<SimBounds> bench(256);
    Driver pf(bench, 0);
    pf.enable();
    std::vector<Driver> vfs;
    for (std::uint16_t i = 1; i <= 256; ++i) {
        vfs.emplace_back(bench, i);
        vfs.back().enable();
        vfs.back().create(1, 8);
        REQUIRE(pf.suspend(i) == 0);
        for (int n = 0; n < 3; ++n) vfs.back().submit(1, vfs.back().read_one());
    }
    CHECK(bench.pending() == 0);
    bench.log.clear();
    SECTION("Controller Reset of an MMC that is no primary controller: all go on") {
        bench.rules.set_on(spec::Id::PrimaryResetTakesOffline, false);
        bench.write(0, property::CC, 0);
        CHECK(bench.pending() == 1 + 256 * 3);
        REQUIRE(bench.run());
        for (Driver& vf : vfs) CHECK(vf.reap(1).size() == 3);
    }
    SECTION("function level reset: none does") {
        bench.reset(0);
        CHECK(bench.pending() == 0);
        for (std::uint16_t i = 1; i <= 256; ++i) {
            CHECK(bench.count(EffectKind::ReadMemory, i) == 0);
        }
    }
    for (std::uint16_t i = 1; i <= 256; ++i) {
        std::size_t told = 0;
        for (const Effect& effect : bench.log) {
            told += effect.kind == EffectKind::EnterState && effect.function == i &&
                            effect.token == migration_states
                        ? 1
                        : 0;
        }
        CHECK(told == 1);
        CHECK(is(bench.at(i).migration, Migration::Operational));
    }
}

TEST_CASE("a Suspend that waits goes with the PF's admin queue, a late drain finds nobody") {
    Rig rig(Phase::Suspending);
    rig.bench.rules.set_on(spec::Id::PrimaryResetTakesOffline, false);
    rig.bench.write(0, property::CC, 0);
    rig.bench.held = [](const Effect& effect) { return effect.function == 1; };
    REQUIRE(rig.bench.run());
    rig.pf.enable();
    // The slot that the old Suspend had is another command's now.
    rig.pf.submit(0, wire::encode(wire::Aer{}, rig.bench.rules));
    REQUIRE(rig.bench.run());
    rig.let_go();
    CHECK(rig.pf.reap(0).empty());
    CHECK(rig.bench.at(0).aers == 1);
    CHECK(rig.vf.reap(1).size() == 2);
}
