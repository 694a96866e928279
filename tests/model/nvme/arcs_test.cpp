#include "model/nvme/cdq.hpp"
#include "model/nvme/machines.hpp"
#include "tests/model/arc_cover.hpp"
#include "tests/model/nvme/udmq.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;
using tests::ArcCover;

namespace {

constexpr std::uint32_t enabled = 0x0046'0001;
constexpr std::uint32_t shutdown = 0x0000'4000;  // CC.SHN = 01b

void write_cc(Device& device, std::uint32_t value) { device.write(1, property::CC, value); }

/// A VF's life; its own work takes until run().
struct LifeRig {
    Bench<SimBounds> bench{1};

    explicit LifeRig(ArcCover& cover) { bench.watcher = &cover; }
    LifeRig& cc(std::uint32_t value) {
        write_cc(bench, value);
        return *this;
    }
    LifeRig& run() {
        REQUIRE(bench.run());
        return *this;
    }
    void reset() {
        bench.reset(1);
        CHECK(is(bench.at(1).life, Life::Disabled));
    }
};

/// A UDMQ of which the machine is in this state.
struct LogIn : LogRig {
    LogIn(CdqLife life, ArcCover& cover) : LogRig(life == CdqLife::Full ? 3 : 8) {
        bench.watcher = &cover;
        rules().set_on(Id::LogFirstIsMarker, life != CdqLife::Begun);
        if (life != CdqLife::Idle) {
            REQUIRE(start() == 0);
        }
        if (life == CdqLife::Full) {
            write(1);
            CHECK(take_esas() == std::vector<Esa>{Esa::First, Esa::Full});
            REQUIRE(move_head(2) == 0);
        }
        if (life == CdqLife::Suspended) {
            REQUIRE(suspend() == 0);
        }
        CHECK(is(cdq().life, life));
    }
};

constexpr CdqLife all_logs[] = {CdqLife::Idle, CdqLife::Full, CdqLife::Begun, CdqLife::Logging,
                                CdqLife::Suspended};

}  // namespace

TEST_CASE("every row of a controller's life is taken", "[arcs]") {
    ArcCover cover;
    LifeRig(cover).cc(enabled).reset();
    LifeRig(cover).cc(enabled).cc(0).run();
    LifeRig(cover).cc(enabled).run().cc(0).reset();
    LifeRig(cover).cc(enabled).run().reset();
    LifeRig(cover).cc(enabled).run().cc(enabled | shutdown).reset();
    LifeRig(cover).cc(enabled).run().cc(enabled | shutdown).cc(shutdown).run();
    LifeRig(cover).cc(enabled).run().cc(enabled | shutdown).run().reset();
    LifeRig(cover).cc(enabled).run().cc(enabled | shutdown).run().cc(0).run();
    LifeRig(cover).cc(shutdown).run().cc(enabled).run();
    CHECK(cover.missing(life_arcs()) ==
          "Disabled --Set Controller State--> Ready (NVME-LIFE-10)\n");
}

TEST_CASE("every row of a suspension is taken", "[arcs]") {
    ArcCover cover;
    LogRig rig;
    rig.bench.watcher = &cover;
    const auto begin = [&rig] {  // a Suspend that waits for a read of the VF
        rig.bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
        rig.vf.submit(1, rig.vf.read_one());
        const auto cid = rig.pf.submit(
            0,
            wire::encode(wire::MigrationSend::suspend(1, wire::SuspendType::Suspend), rig.rules()));
        REQUIRE(rig.bench.run());
        CHECK(is(rig.mc().migration, Migration::Suspending));
        return cid;
    };
    const std::uint16_t cid = begin();
    wire::Abort abort;
    abort.cid = cid;
    rig.pf.submit(0, wire::encode(abort, rig.rules()));
    REQUIRE(rig.bench.run());
    CHECK(is(rig.mc().migration, Migration::Operational));
    CHECK(rig.pf.reap(0).size() == 2);
    begin();
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    CHECK(rig.pf.reap(0).size() == 1);
    CHECK(rig.suspend() == 0);
    CHECK(rig.pf.resume(1) == 0);
    CHECK(rig.suspend() == 0);
    rig.bench.reset(1);
    CHECK(is(rig.mc().migration, Migration::Operational));
    rig.vf.enable();
    rig.vf.create(1, 64);
    begin();
    rig.bench.reset(1);
    CHECK(is(rig.mc().migration, Migration::Operational));
    CHECK(cover.missing(migration_arcs()) == "");
}

TEST_CASE("every row of a queue's life is taken", "[arcs]") {
    ArcCover cover;
    Bench<SimBounds> bench(2);
    bench.watcher = &cover;
    Driver pf(bench, 0);
    Driver vf(bench, 1, 2);
    const auto life = [&bench](std::uint16_t qid) { return bench.at(1).cq[qid].life; };
    pf.enable();
    vf.enable();
    vf.create(1, 2);
    const auto read = [&bench, &vf] {
        vf.submit(1, vf.read_one());
        REQUIRE(bench.run());
    };
    for (int i = 0; i < 3; ++i) read();
    CHECK(is(life(1), CqLife::Full));
    for (int i = 0; i < 3; ++i) {
        CHECK(is(life(1), i < 2 ? CqLife::Full : CqLife::Ready));
        CHECK(vf.reap(1).size() == 1);
    }
    CHECK(is(life(1), CqLife::Ready));
    CHECK(bench.at(1).busy == 0);
    CHECK(vf.admin(wire::encode(wire::DeleteSq{1}, bench.rules)).status == 0);
    CHECK(vf.admin(wire::encode(wire::DeleteCq{1}, bench.rules)).status == 0);
    CHECK_FALSE(exists(bench.at(1).sq[1]));
    CHECK_FALSE(exists(bench.at(1).cq[1]));
    vf.create(1, 2);
    vf.create_cq(2, 8);
    for (int i = 0; i < 3; ++i) read();
    for (int i = 0; i < 2; ++i) {
        vf.submit(0, wire::encode(wire::DeleteSq{7}, bench.rules));
        REQUIRE(bench.run());
    }
    CHECK(is(life(0), CqLife::Full));
    CHECK(is(life(1), CqLife::Full));
    CHECK(is(life(2), CqLife::Ready));
    bench.reset(1);
    for (std::uint16_t qid = 0; qid < 3; ++qid) {
        CHECK_FALSE(exists(bench.at(1).sq[qid]));
        CHECK_FALSE(exists(bench.at(1).cq[qid]));
    }
    vf.enable();
    vf.create(1, 8);
    REQUIRE(pf.suspend(1) == 0);
    REQUIRE(pf.suspend(2) == 0);
    REQUIRE(pf.load(2, pf.save(1)) == 0);
    CHECK(exists(bench.at(2).sq[1]));
    CHECK(exists(bench.at(2).cq[0]));
    bench.reset(1);
    CHECK(cover.missing(sq_arcs()) == "");
    CHECK(cover.missing(cq_arcs()) == "");
    CHECK(cover.missing(life_arcs()).find("NVME-LIFE-10") == std::string::npos);
}

TEST_CASE("every row of a CDQ's life is taken", "[arcs]") {
    ArcCover cover;
    {
        LogRig rig(0);
        rig.bench.watcher = &cover;
        REQUIRE(rig.open(1, 2) == 0);
        REQUIRE(rig.start() == 0);  // the first entry fills it
        CHECK(is(rig.cdq().life, CdqLife::Full));
    }
    for (const CdqLife from : all_logs) {
        const bool logs = from == CdqLife::Begun || from == CdqLife::Logging;
        LogIn removed(from, cover);
        CHECK(removed.remove(removed.ring.cdqid) == 0);
        CHECK_FALSE(exists(removed.cdq()));
        CHECK(removed.mc().udmq == 0);

        LogIn dudmq(from, cover);
        CHECK(dudmq.suspend(true) == 0);
        CHECK_FALSE(exists(dudmq.cdq()));

        LogIn gone(from, cover);
        gone.rules().set_value(Id::McResetEndsSuspension, 0);
        gone.bench.reset(0);
        CHECK_FALSE(exists(gone.cdq()));

        LogIn started(from, cover);
        const bool may_start = from == CdqLife::Idle || from == CdqLife::Full;
        CHECK(started.start() == (may_start ? 0 : logs ? 0x137 : 0x139));
        CHECK(started.logs());

        LogIn stopped(from, cover);
        CHECK(stopped.stop() == (from == CdqLife::Suspended ? 0x139 : 0));
        CHECK(stopped.logs() == (from == CdqLife::Suspended));

        LogIn suspended(from, cover);
        CHECK(suspended.suspend() == 0);
        CHECK(is(suspended.cdq().life, logs ? CdqLife::Suspended : from));
        CHECK(suspended.pf.resume(1) == 0);
        CHECK(suspended.logs() == (logs || from == CdqLife::Suspended));

        LogIn reset(from, cover);
        reset.bench.reset(1);
        CHECK(is(reset.cdq().life, from == CdqLife::Suspended ? CdqLife::Logging : from));
    }
    CHECK(cover.missing(cdq_arcs()) == "");
}

TEST_CASE("a trace tells all rows of the controller's machines apart", "[arcs]") {
    for (const fsm::ArcList& arcs :
         {life_arcs(), migration_arcs(), sq_arcs(), cq_arcs(), cdq_arcs()}) {
        CHECK(tests::alike(arcs) == "");
    }
}
