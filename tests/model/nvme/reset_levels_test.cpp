#include "tests/model/nvme/driver.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

using spec::Id;

enum class Level { Controller, Function, Subsystem };

struct Rig {
    Bench<SimBounds> bench{2};
    Driver pf{bench, 0};
    Driver vf{bench, 1};

    Rig() {
        pf.enable();
        vf.enable();
        vf.create(2, 8);
    }
    void reset(Level level) {
        if (level == Level::Controller) {
            bench.write(1, property::CC, 0x0046'0000);
        } else if (level == Level::Function) {
            bench.reset(1);
        } else {
            bench.write(0, property::NSSR, 0x4E564D65);
        }
    }
    std::uint16_t feature(std::uint8_t fid, std::uint32_t cdw11) {
        return vf.admin(wire::encode(wire::SetFeatures{fid, false, cdw11}, bench.rules)).status;
    }
    void hold_an_aer() {
        vf.submit(0, wire::encode(wire::Aer{}, bench.rules));
        REQUIRE(bench.run());
        REQUIRE(bench.at(1).aers == 1);
    }
};

}  // namespace

TEST_CASE("what every level of reset does to a secondary controller") {
    const Level level = GENERATE(Level::Controller, Level::Function, Level::Subsystem);
    Rig rig;
    Controller<SimBounds>& c = rig.bench.at(1);
    REQUIRE(rig.feature(0x0B, 0x33) == 0);
    REQUIRE(rig.feature(0x08, 0x44) == 0);
    REQUIRE(rig.feature(0x06, 0) == 0);
    REQUIRE(rig.feature(0x09, 0x1'0001) == 0);
    rig.hold_an_aer();
    rig.bench.held = [](const Effect& effect) { return effect.function == 1; };
    rig.vf.submit(1, rig.vf.read_one());
    rig.vf.submit(2, rig.vf.read_one());
    const std::uint32_t generation = c.generation;
    const std::uint64_t attached = c.attached[0];
    REQUIRE(attached != 0);
    rig.bench.log.clear();
    rig.reset(level);
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.count(EffectKind::PostCqe, 1) == 0);  // no completion, of an AER neither
    CHECK(rig.bench.count(EffectKind::Interrupt, 1) == 0);
    CHECK(c.generation != generation);
    CHECK(c.busy == 0);
    CHECK(c.aers == 0);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK((i == 0 || c.sq[i].size == 0));
        CHECK((i == 0 || c.cq[i].size == 0));
    }
    CHECK(c.aer_config == 0);
    CHECK(c.coalescing == 0);
    CHECK(c.write_cache == 1);
    CHECK(c.cc == 0);
    CHECK((c.aqa != 0) == (level == Level::Controller));
    CHECK((c.asq != 0) == (level == Level::Controller));
    CHECK((c.acq != 0) == (level == Level::Controller));
    CHECK(c.attached[0] == attached);
    CHECK(c.cntlid == 1);
    CHECK(is(c.life, Life::Disabled));
    CHECK(c.online == (level != Level::Subsystem));
    CHECK_FALSE(rig.vf.ready());
}

TEST_CASE("a suspension and a sequence of states end with a reset of any level") {
    const Level level = GENERATE(Level::Controller, Level::Function, Level::Subsystem);
    Rig rig;
    REQUIRE(rig.pf.suspend(1) == 0);
    const std::vector<std::uint8_t> some(64);
    REQUIRE(
        rig.pf.set(wire::MigrationSend::set_controller_state(1, wire::Seqind::First, 1, 1, 0, 16),
                   some.data()) == 0);
    rig.reset(level);
    REQUIRE(rig.bench.run());
    CHECK(is(rig.bench.at(1).migration, Migration::Operational));
    CHECK(rig.bench.at(1).sequence == 0);
    if (level == Level::Subsystem) rig.pf.enable();
    CHECK(rig.pf.resume(1) == 0x13A);
}

TEST_CASE("AD-RST-01 off: outstanding AERs outlive a reset") {
    Rig rig;
    rig.hold_an_aer();
    rig.bench.rules.set_on(Id::ResetAbortsAers, false);
    rig.reset(Level::Controller);
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.at(1).aers == 1);
    CHECK(rig.bench.at(1).busy == 0);
    const std::uint16_t cid = rig.bench.at(1).slot[rig.bench.at(1).aer[0]].cid;
    rig.vf.enable();
    rig.vf.pairs[0].next_cid = 100;
    CHECK(rig.vf.submit(0, wire::encode(wire::Abort{0, cid}, rig.bench.rules)) == 100);
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(0).size() == 2);  // both of them
}

TEST_CASE("AD-RST-02 off: I/O queues outlive a reset") {
    Rig rig;
    rig.bench.rules.set_on(Id::ResetDeletesIoQueues, false);
    rig.reset(Level::Controller);
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.at(1).sq[2].size == 8);
    CHECK(rig.bench.at(1).cq[2].size == 8);
}

TEST_CASE("AD-RST-03 and AD-RST-04 off") {
    Rig rig;
    rig.bench.rules.set_on(Id::ControllerResetKeepsAdminQueue, false);
    rig.bench.rules.set_on(Id::ControllerResetClearsCc, false);
    rig.reset(Level::Controller);
    CHECK(rig.bench.at(1).asq == 0);
    CHECK(rig.bench.at(1).cc == 0x0046'0000);
}

TEST_CASE("LM-SET-08: whether committed queues outlive a reset of their controller") {
    Rig rig;
    REQUIRE(rig.pf.suspend(1) == 0);
    const auto state = rig.pf.save(1);
    REQUIRE(rig.pf.suspend(2) == 0);
    REQUIRE(rig.pf.load(2, state) == 0);
    const bool survives = GENERATE(false, true);
    if (survives) rig.bench.rules.set_on(Id::SetStateSurvivesReset, true);
    rig.bench.reset(2);
    rig.bench.reset(1);
    CHECK((rig.bench.at(2).sq[1].size == 8) == survives);
    CHECK((rig.bench.at(2).cq[2].size == 8) == survives);
    CHECK(rig.bench.at(1).sq[1].size == 0);  // nobody committed these
    rig.bench.reset(0);                      // offline: out of reset like any other
    CHECK((rig.bench.at(2).sq[1].size == 8) == survives);
}

TEST_CASE("the admin completion queue interrupts with vector 0") {
    Rig rig;
    rig.bench.log.clear();
    REQUIRE(rig.feature(0x0B, 1) == 0);
    REQUIRE(rig.bench.count(EffectKind::Interrupt, 1) == 1);
    for (const Effect& effect : rig.bench.log) {
        CHECK((effect.kind != EffectKind::Interrupt || effect.token == 0));
    }
    rig.bench.rules.set_on(Id::AdminCqUsesVectorZero, false);
    rig.reset(Level::Controller);
    REQUIRE(rig.bench.run());
    rig.vf.enable();
    rig.bench.log.clear();
    REQUIRE(rig.feature(0x0B, 1) == 0);
    CHECK(rig.bench.count(EffectKind::Interrupt, 1) == 0);
}

TEST_CASE("a completion queue that is full: it waits, or overruns with AD-CQ-01 off") {
    Rig rig;
    const bool holds = GENERATE(true, false);
    if (!holds) rig.bench.rules.set_on(Id::CqFullHoldsCompletions, false);
    for (int i = 0; i < 7; ++i) rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.count(EffectKind::PostCqe, 1) == 4 + 7);  // it has 8 slots
    rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    CHECK(rig.bench.at(1).busy == (holds ? 1 : 0));
    CHECK(rig.bench.count(EffectKind::PostCqe, 1) == (holds ? 11 : 12));
}

TEST_CASE("AD-CQ-02 off: the phase stays") {
    Rig rig;
    rig.bench.rules.set_on(Id::PhaseInvertsAtWrap, false);
    for (int i = 0; i < 8; ++i) {
        rig.vf.submit(1, rig.vf.read_one());
        REQUIRE(rig.bench.run());
        rig.vf.reap(1);
    }
    CHECK(rig.bench.at(1).cq[1].tail == 0);
    CHECK(rig.bench.at(1).cq[1].phase == 1);
}

TEST_CASE("an admin command whose CID is in use") {
    Rig rig;
    rig.hold_an_aer();
    const std::uint16_t used = rig.bench.at(1).slot[rig.bench.at(1).aer[0]].cid;
    rig.vf.pairs[0].next_cid = used;
    const wire::GetFeatures get{0x0B, 0, 0};
    CHECK(rig.vf.admin(wire::encode(get, rig.bench.rules)).status == 0x003);
    CHECK(rig.bench.at(1).aers == 1);
    CHECK(rig.vf.admin(wire::encode(get, rig.bench.rules)).status == 0);  // the next one
    rig.vf.pairs[0].next_cid = used;
    rig.bench.rules.set_on(Id::CommandIdInUse, false);
    CHECK(rig.vf.admin(wire::encode(get, rig.bench.rules)).status == 0);
}

TEST_CASE("I/O queues take entry sizes that CC names") {
    Rig rig;
    const auto with = [&](std::uint32_t iosqes, std::uint32_t iocqes) {
        rig.reset(Level::Controller);
        REQUIRE(rig.bench.run());
        rig.vf.enable();
        rig.bench.write(1, property::CC, 1 | iosqes << 16 | iocqes << 20);
    };
    for (const std::uint32_t bad : {0U, 5U, 7U}) {
        with(bad, 4);
        CHECK(rig.vf.create_cq(1, 4) == 0);
        CHECK(rig.vf.create_sq(1, 4) == 0x102);
        with(6, bad);
        CHECK(rig.vf.create_cq(1, 4) == 0x102);
    }
    with(6, 4);
    CHECK(rig.vf.create_cq(1, 4) == 0);
    CHECK(rig.vf.create_sq(1, 4) == 0);
}

TEST_CASE("where a rule of the queue commands is off, memory is still safe") {
    Rig rig;
    for (const Id id :
         {Id::CreateCqBadQid, Id::CreateSqBadQid, Id::CreateSqBadCqid, Id::CreateSqNoCq,
          Id::DeleteBadQid, Id::DeleteCqInUse, Id::FeatureUnknown, Id::VirtualizationToSecondary,
          Id::NotASecondary, Id::VirtualizationActReserved, Id::VirtualizationRtReserved}) {
        rig.bench.rules.set_on(id, false);
    }
    rig.vf.pairs.resize(3);
    for (const std::uint16_t qid :
         {std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{65}, std::uint16_t{0xffff}}) {
        wire::CreateCq cq;
        cq.qid = qid;
        cq.qsize = 3;
        cq.prp1 = Driver::cq_base(1);
        CHECK(rig.vf.admin(wire::encode(cq, rig.bench.rules)).status == 0x006);
        wire::CreateSq sq;
        sq.qid = qid;
        sq.qsize = 3;
        sq.cqid = 1;
        sq.prp1 = Driver::sq_base(1);
        CHECK(rig.vf.admin(wire::encode(sq, rig.bench.rules)).status == 0x006);
        sq.qid = 3;
        sq.cqid = static_cast<std::uint16_t>(qid == 1 ? 4 : qid);
        if (qid != 0) CHECK(rig.vf.admin(wire::encode(sq, rig.bench.rules)).status == 0x006);
        if (qid == 1) continue;
        CHECK(rig.vf.admin(wire::encode(wire::DeleteSq{qid}, rig.bench.rules)).status == 0x006);
        CHECK(rig.vf.admin(wire::encode(wire::DeleteCq{qid}, rig.bench.rules)).status == 0x006);
    }
    CHECK(rig.vf.admin(wire::encode(wire::DeleteCq{1}, rig.bench.rules)).status == 0x006);
    CHECK(rig.vf.admin(wire::encode(wire::GetFeatures{0x7f, 0, 0}, rig.bench.rules)).status ==
          0x006);
    CHECK(rig.vf.bring_online(1) == 0x006);
    CHECK(rig.pf.bring_online(9) == 0x006);
    wire::Sqe sqe;
    sqe.opcode = spec::opcode::AdminVirtualization;
    CHECK(rig.pf.admin(sqe).status == 0x006);
    sqe.cdw10 = 1 | 2 << 8;
    CHECK(rig.pf.admin(sqe).status == 0x006);
}
