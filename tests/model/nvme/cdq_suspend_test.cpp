#include "model/nvme/diagnose.hpp"
#include "tests/model/nvme/udmq.hpp"

// Suspend and Resume of an MC whose user data is logged (NVMe Base 2.3, 5.2.17.1.1, 8.1.13.1), and
// of one whose completion queue has no room.

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;
using wire::SuspendType;

namespace {

using Esas = std::vector<Esa>;

/// The Suspend of the VF, not to its end.
std::uint16_t start_suspend(LogRig& rig, bool dudmq = false) {
    const std::uint16_t cid = rig.pf.submit(
        0, wire::encode(wire::MigrationSend::suspend(1, SuspendType::Suspend, dudmq), rig.rules()));
    REQUIRE(rig.bench.run());
    return cid;
}

/// The VF's completion queue is full, and commands wait for it.
void fill_cq(LogRig& rig) {
    for (int i = 0; i < 66; ++i) {
        rig.vf.submit(1, rig.vf.io(spec::opcode::NvmWrite, 2 * static_cast<std::uint64_t>(i), 1));
        REQUIRE(rig.bench.run());
    }
    REQUIRE(rig.mc().busy == 3);
}

}  // namespace

TEST_CASE("commands done, last entry, end of the queue, completion: in this order") {
    LogRig rig;
    REQUIRE(rig.start() == 0);
    const bool dudmq = GENERATE(false, true);
    rig.bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    rig.vf.submit(1, rig.vf.io(spec::opcode::NvmWrite, 5, 1));
    REQUIRE(rig.bench.run());
    start_suspend(rig, dudmq);
    CHECK(rig.pf.reap(0).empty());
    CHECK(rig.take_esas() == Esas{Esa::First});
    rig.bench.log.clear();
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    std::vector<std::pair<EffectKind, std::uint16_t>> order;
    for (const Effect& effect : rig.bench.log) {
        if (effect.kind == EffectKind::PostCdqe || effect.kind == EffectKind::PostCqe) {
            order.emplace_back(effect.kind, effect.function);
        }
    }
    CHECK(order == std::vector<std::pair<EffectKind, std::uint16_t>>{{EffectKind::PostCdqe, 0},
                                                                     {EffectKind::PostCqe, 1},
                                                                     {EffectKind::PostCdqe, 0},
                                                                     {EffectKind::PostCqe, 0}});
    CHECK(rig.take_esas() == Esas{Esa::Ordinary, Esa::Suspended});
    const auto done = rig.pf.reap(0);
    REQUIRE(done.size() == 1);
    CHECK(done[0].status == 0);
    CHECK(rig.move_head(1) == (dudmq ? 0x137 : 0));
    CHECK(rig.pf.resume(1) == 0);
    rig.vf.reap(1);
    rig.write(6);
    CHECK(rig.take_esas() == (dudmq ? Esas{} : Esas{Esa::First, Esa::Ordinary}));
}

TEST_CASE("an idle controller is suspended at once, with its last entry") {
    LogRig rig;
    REQUIRE(rig.start() == 0);
    CHECK(rig.suspend(true) == 0);
    CHECK(rig.take_esas() == Esas{Esa::First, Esa::Suspended});
    CHECK(rig.mc().udmq == 0);
    CHECK_FALSE(rig.logs());
    CHECK(rig.cdq().entries == 0);
}

TEST_CASE("a queue that does not log") {
    LogRig rig;
    SECTION("is told of the suspension all the same") {
        CHECK(rig.suspend() == 0);
        CHECK(rig.take_esas() == Esas{Esa::Suspended});
        CHECK(rig.pf.resume(1) == 0);
        CHECK(rig.take().empty());
    }
    SECTION("LM-LOG-79 off: or is not") {
        rig.rules().set_on(Id::LogSuspendTellsIdle, false);
        CHECK(rig.suspend() == 0);
        CHECK(rig.take().empty());
    }
}

TEST_CASE("LM-LOG-73 off: nothing tells of a suspension") {
    LogRig rig;
    rig.rules().set_on(Id::LogSuspendIsLast, false);
    REQUIRE(rig.start() == 0);
    CHECK(rig.suspend(true) == 0);
    CHECK(rig.take_esas() == Esas{Esa::First});
    CHECK(rig.mc().udmq == 0);
}

TEST_CASE("the entry of a suspend that fills the queue") {
    LogRig rig(3);
    REQUIRE(rig.start() == 0);
    SECTION("tells that it is full") {
        CHECK(rig.suspend() == 0);
        CHECK(rig.take_esas() == Esas{Esa::First, Esa::Full});
        CHECK_FALSE(rig.logs());
    }
    SECTION("LM-LOG-78 off: or of the suspension, and a Resume finds no room") {
        rig.rules().set_on(Id::LogFullOutranksLast, false);
        CHECK(rig.suspend() == 0);
        CHECK(rig.take_esas() == Esas{Esa::First, Esa::Suspended});
        CHECK(rig.logs());
        CHECK(rig.pf.resume(1) == 0);
        CHECK_FALSE(rig.logs());
        CHECK(rig.cdq().full_pending);
    }
}

TEST_CASE("DUDMQ with a notification, and on a repeat") {
    LogRig rig;
    REQUIRE(rig.start() == 0);
    CHECK(rig.suspend(true, SuspendType::Notification) == 0);
    CHECK(rig.mc().udmq != 0);
    SECTION("LM-SUSP-14 on") {
        rig.rules().set_on(Id::DudmqOnNotification, true);
        CHECK(rig.suspend(false, SuspendType::Notification) == 0);
        CHECK(rig.mc().udmq != 0);
        CHECK(rig.suspend(true, SuspendType::Notification) == 0);
        CHECK(rig.mc().udmq == 0);
        CHECK(rig.take_esas() == Esas{Esa::First});
    }
    SECTION("a repeat deletes it, and posts nothing") {
        CHECK(rig.suspend() == 0);
        CHECK(rig.suspend() == 0);
        CHECK(rig.mc().udmq != 0);
        CHECK(rig.suspend(true) == 0);
        CHECK(rig.mc().udmq == 0);
        CHECK(rig.take_esas() == Esas{Esa::First, Esa::Suspended});
    }
    SECTION("LM-SUSP-15 off") {
        rig.rules().set_on(Id::DudmqOnRepeat, false);
        CHECK(rig.suspend() == 0);
        CHECK(rig.suspend(true) == 0);
        CHECK(rig.mc().udmq != 0);
    }
    SECTION("LM-SUSP-42 off: a repeat suspends again, with another last entry") {
        rig.rules().set_on(Id::SuspendAgain, false);
        CHECK(rig.suspend() == 0);
        CHECK(rig.suspend() == 0);
        CHECK(rig.take_esas() == Esas{Esa::First, Esa::Suspended, Esa::Suspended});
    }
}

TEST_CASE("DUDMQ of a Suspend that does not wait ends the queue without a last entry") {
    LogRig rig;
    rig.rules().set_on(Id::SuspendCompletesAfterDrain, false);
    REQUIRE(rig.start() == 0);
    rig.bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    rig.vf.submit(1, rig.vf.io(spec::opcode::NvmWrite, 5, 1));
    REQUIRE(rig.bench.run());
    CHECK(rig.suspend(true) == 0);
    rig.bench.held = nullptr;
    REQUIRE(rig.bench.run());
    CHECK(rig.take_esas() == Esas{Esa::First});
}

TEST_CASE("a full completion queue: the Suspend waits, and says for what") {
    LogRig rig(128);
    REQUIRE(rig.start() == 0);
    fill_cq(rig);
    CHECK_FALSE(suspend_wait(*rig.bench.subsystem, 1).waiting);
    start_suspend(rig, true);
    const SuspendWait wait = suspend_wait(*rig.bench.subsystem, 1);
    CHECK(wait.waiting);
    CHECK(wait.in_flight == 3);
    CHECK(wait.held == 3);
    CHECK(wait.full_cq == 1);
    CHECK(rig.bench.pending() == 0);  // nothing but the guest can end this
    CHECK(rig.pf.reap(0).empty());
    CHECK(rig.pf.resume(1) == 0x13A);  // it is not suspended
    CHECK(rig.take().size() == 67);

    CHECK(rig.vf.reap(1).size() == 63);
    CHECK(is(rig.mc().migration, Migration::Suspended));
    CHECK_FALSE(suspend_wait(*rig.bench.subsystem, 1).waiting);
    CHECK(rig.take_esas() == Esas{Esa::Suspended});
    CHECK(rig.mc().udmq == 0);
    const auto done = rig.pf.reap(0);
    REQUIRE(done.size() == 1);
    CHECK(done[0].status == 0);
    CHECK(rig.vf.reap(1).size() == 3);
}

TEST_CASE("a Suspend that waits is aborted: its controller goes on") {
    LogRig rig(128);
    REQUIRE(rig.start() == 0);
    fill_cq(rig);
    const std::uint16_t cid = start_suspend(rig, true);
    rig.vf.submit(1, rig.vf.io(spec::opcode::NvmWrite, 500, 1));
    REQUIRE(rig.bench.run());
    const std::uint16_t abort = rig.pf.submit(0, wire::encode(wire::Abort{0, cid}, rig.rules()));
    REQUIRE(rig.bench.run());
    const auto done = rig.pf.reap(0);
    REQUIRE(done.size() == 2);
    CHECK(done[0].cid == cid);
    CHECK(done[0].status == 0x007);
    CHECK(done[1].cid == abort);
    CHECK(done[1].status == 0);
    CHECK(done[1].dw0 == 0);
    CHECK(is(rig.mc().migration, Migration::Operational));
    CHECK(rig.logs());
    CHECK(rig.mc().udmq != 0);
    CHECK(rig.vf.reap(1).size() == 63);
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 4);
    CHECK(rig.mc().busy == 0);
    CHECK(rig.take().size() == 68);
    CHECK(rig.suspend() == 0);
    CHECK(rig.pf.resume(1) == 0);
    CHECK(rig.take_esas() == Esas{Esa::Suspended, Esa::First});
}

TEST_CASE("LM-SUSP-45 off: it is too late to abort a Suspend") {
    LogRig rig;
    rig.rules().set_on(Id::SuspendAborted, false);
    fill_cq(rig);
    const std::uint16_t cid = start_suspend(rig);
    CHECK(rig.pf.admin(wire::encode(wire::Abort{0, cid}, rig.rules())).dw0 == 1);
    CHECK(is(rig.mc().migration, Migration::Suspending));
}

TEST_CASE("an Abort of another Suspend, or by another controller, ends none") {
    LogRig rig;
    fill_cq(rig);
    const std::uint16_t cid = start_suspend(rig);
    const auto late = static_cast<std::uint16_t>(cid + 100);
    CHECK(rig.pf.admin(wire::encode(wire::Abort{0, late}, rig.rules())).dw0 == 1);
    CHECK(rig.pf.admin(wire::encode(wire::Abort{1, cid}, rig.rules())).dw0 == 1);
    CHECK(is(rig.mc().migration, Migration::Suspending));
}
