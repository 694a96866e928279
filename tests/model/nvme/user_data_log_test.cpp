#include "model/nvme/user_data_log.hpp"
#include "tests/model/nvme/udmq.hpp"

// Log User Data Changes (NVMe Base 2.3, 5.2.28.1.1; NVM Command Set 1.2, 5.6).

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

using Esas = std::vector<Esa>;

UdmqEntry marker(Esa esa) {
    UdmqEntry entry;
    entry.esa = esa;
    entry.lbacir = wire::Lbacir::None;
    return entry;
}

UdmqEntry deallocated(UdmqEntry entry) {
    entry.deallocated = true;
    return entry;
}

void check(const std::vector<UdmqEntry>& got, const std::vector<UdmqEntry>& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        INFO("entry " << i << ": " << got[i].slba << " + " << got[i].blocks);
        CHECK(same(got[i], expected[i]));
    }
}

/// A change as a command of the VF's would make it, with nothing else in flight.
void change(LogRig& rig, const Change& what) {
    Effects effects;
    Context<SimBounds> ctx{*rig.bench.subsystem, rig.bench.config, rig.bench.rules, rig.bench.env(),
                           effects};
    CHECK(user_data_changed(ctx, 1, what) == what.blocks);
    rig.bench.apply(effects);
}

}  // namespace

TEST_CASE("a log from its start to its stop") {
    LogRig rig;
    rig.write(1);  // not logged yet
    CHECK(rig.start() == 0);
    rig.write(100, 8);
    rig.vf.submit(1, rig.vf.read_one());
    REQUIRE(rig.bench.run());
    CHECK(rig.vf.reap(1).size() == 1);  // changes nothing
    rig.write(7);
    CHECK(rig.stop() == 0);
    rig.write(9);
    check(rig.take(), {marker(Esa::First), range(100, 8), range(7, 1), marker(Esa::Stopped)});
    CHECK(rig.stop() == 0);  // of what is not logged: says nothing
    CHECK(rig.take().empty());
    CHECK(rig.start() == 0);
    check(rig.take(), {marker(Esa::First)});
}

TEST_CASE("the statuses of Log User Data Changes") {
    LogRig rig;
    wire::LogUserData reserved;
    reserved.action = LogAction::Reserved;
    reserved.cdqid = rig.ring.cdqid;
    for (const std::uint8_t lact : {0x2, 0xF}) {
        reserved.lact = lact;
        CHECK(rig.pf.admin(wire::encode(reserved, rig.rules())).status == 0x002);
    }
    CHECK(rig.pf.admin(rig.track_send(LogAction::Start, 9)).status == 0x137);
    CHECK(rig.pf.admin(rig.track_send(LogAction::Stop, 0xFFFF)).status == 0x137);
    CHECK(rig.start() == 0);
    CHECK(rig.start() == 0x137);
    REQUIRE(rig.suspend() == 0);
    CHECK(rig.start() == 0x139);
    CHECK(rig.stop() == 0x139);
    REQUIRE(rig.pf.resume(1) == 0);
    CHECK(rig.stop() == 0);
}

TEST_CASE("conditions of Log User Data Changes that are off") {
    LogRig rig;
    SECTION("LM-LOG-40") {
        rig.rules().set_on(Id::LogActionReserved, false);
        wire::LogUserData reserved;
        reserved.action = LogAction::Reserved;
        reserved.lact = 7;
        CHECK(rig.pf.admin(wire::encode(reserved, rig.rules())).status == 0);
    }
    SECTION("LM-LOG-41") {
        rig.rules().set_on(Id::LogUnknownCdq, false);
        CHECK(rig.pf.admin(rig.track_send(LogAction::Start, 9)).status == 0x006);
    }
    SECTION("LM-LOG-42") {
        rig.rules().set_on(Id::LogAlready, false);
        CHECK(rig.start() == 0);
        CHECK(rig.start() == 0);
        CHECK(rig.take_esas() == Esas{Esa::First, Esa::First});
    }
    SECTION("LM-LOG-43") {
        rig.rules().set_on(Id::LogSuspended, false);
        REQUIRE(rig.suspend() == 0);
        CHECK(rig.start() == 0);
        CHECK(rig.stop() == 0);
    }
}

TEST_CASE("an entry is there before the completion of what it tells of") {
    LogRig rig;
    REQUIRE(rig.start() == 0);
    rig.bench.log.clear();
    rig.write(3);
    std::vector<EffectKind> order;
    for (const Effect& effect : rig.bench.log) {
        if (effect.kind == EffectKind::PostCdqe || effect.kind == EffectKind::PostCqe) {
            order.push_back(effect.kind);
        }
    }
    CHECK(order == std::vector<EffectKind>{EffectKind::PostCdqe, EffectKind::PostCqe});
}

TEST_CASE("a queue that fills: ESA 7, an event, and no more") {
    LogRig rig(4);
    rig.aer();
    REQUIRE(rig.start() == 0);
    rig.write(1);
    CHECK(rig.events().empty());
    CHECK(rig.logs());
    rig.write(2);  // the last of three
    const auto events = rig.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].dw0 == 0x0000'0104);
    CHECK(events[0].dw1 == rig.ring.cdqid);
    CHECK_FALSE(rig.logs());
    rig.write(3);
    check(rig.take(), {marker(Esa::First), range(1, 1), range(2, 1, Esa::Full)});

    CHECK(rig.start() == 0x13B);
    CHECK(rig.suspend() == 0);  // no room to tell of it: nothing is written past the end
    CHECK(rig.pf.resume(1) == 0);
    CHECK(rig.take().empty());
    CHECK(rig.move_head(1) == 0);
    CHECK(rig.start() == 0);  // one slot: its marker fills it again
    check(rig.take(), {marker(Esa::Full)});
    CHECK_FALSE(rig.logs());
}

TEST_CASE("rules of a full queue that are off") {
    LogRig rig(4);
    SECTION("LM-LOG-74: no entry tells of it") {
        rig.rules().set_on(Id::LogFullIsLast, false);
        REQUIRE(rig.start() == 0);
        for (int i = 1; i < 4; ++i) rig.write(1);
        CHECK(rig.take_esas() == Esas{Esa::First, Esa::Ordinary, Esa::Ordinary});
        CHECK_FALSE(rig.logs());
        CHECK(rig.cdq().full_pending);
    }
    SECTION("LM-LOG-75: no event tells of it") {
        rig.rules().set_on(Id::LogFullGivesEvent, false);
        REQUIRE(rig.start() == 0);
        for (int i = 1; i < 4; ++i) rig.write(1);
        CHECK_FALSE(rig.cdq().full_pending);
    }
    SECTION("LM-LOG-44: logging starts, and stops at once") {
        REQUIRE(rig.start() == 0);
        for (int i = 1; i < 4; ++i) rig.write(1);
        rig.rules().set_on(Id::LogQueueFull, false);
        CHECK(rig.start() == 0);
        CHECK_FALSE(rig.logs());
        CHECK(rig.cdq().full_pending);
    }
}

TEST_CASE("a Track Send takes a pending full event back") {
    LogRig rig(4);
    REQUIRE(rig.start() == 0);
    for (int i = 1; i < 4; ++i) rig.write(1);
    CHECK(rig.cdq().full_pending);
    CHECK(rig.start() == 0x13B);  // not a successful one
    CHECK(rig.cdq().full_pending);
    SECTION("it does") {
        CHECK(rig.stop() == 0);
        rig.aer();
        CHECK(rig.events().empty());
    }
    SECTION("LM-LOG-76 off: it does not") {
        rig.rules().set_on(Id::LogSendDropsFullEvent, false);
        CHECK(rig.stop() == 0);
        rig.aer();
        CHECK(rig.events().size() == 1);
    }
}

TEST_CASE("the entry of a stop that fills the queue") {
    LogRig rig(4);
    REQUIRE(rig.start() == 0);
    rig.write(1);
    SECTION("tells that it is full") {
        CHECK(rig.stop() == 0);
        CHECK(rig.take_esas() == Esas{Esa::First, Esa::Ordinary, Esa::Full});
        CHECK(rig.cdq().full_pending);
    }
    SECTION("LM-LOG-78 off: or that it was stopped") {
        rig.rules().set_on(Id::LogFullOutranksLast, false);
        CHECK(rig.stop() == 0);
        CHECK(rig.take_esas() == Esas{Esa::First, Esa::Ordinary, Esa::Stopped});
        CHECK_FALSE(rig.cdq().full_pending);
    }
}

TEST_CASE("the first entry may be a range's") {
    LogRig rig;
    rig.rules().set_on(Id::LogFirstIsMarker, false);
    REQUIRE(rig.start() == 0);
    CHECK(rig.take().empty());
    rig.write(5, 2);
    rig.write(9);
    CHECK(rig.suspend() == 0);
    CHECK(rig.pf.resume(1) == 0);
    rig.write(6);
    check(rig.take(),
          {range(5, 2, Esa::First), range(9, 1), marker(Esa::Suspended), range(6, 1, Esa::First)});
}

TEST_CASE("entries that tell of the log itself, switched off") {
    LogRig rig;
    SECTION("LM-LOG-70") {
        rig.rules().set_on(Id::LogStartIsFirst, false);
        REQUIRE(rig.start() == 0);
        rig.write(1);
        CHECK(rig.take_esas() == Esas{Esa::Ordinary});
    }
    SECTION("LM-LOG-71") {
        rig.rules().set_on(Id::LogResumeIsFirst, false);
        REQUIRE(rig.start() == 0);
        REQUIRE(rig.suspend() == 0);
        REQUIRE(rig.pf.resume(1) == 0);
        rig.write(1);
        CHECK(rig.take_esas() == Esas{Esa::First, Esa::Suspended, Esa::Ordinary});
    }
    SECTION("LM-LOG-72") {
        rig.rules().set_on(Id::LogStopIsLast, false);
        REQUIRE(rig.start() == 0);
        CHECK(rig.stop() == 0);
        CHECK(rig.take_esas() == Esas{Esa::First});
        CHECK_FALSE(rig.logs());
    }
    SECTION("LM-LOG-80") {
        rig.rules().set_on(Id::LogEveryChange, false);
        REQUIRE(rig.start() == 0);
        rig.write(1);
        CHECK(rig.take_esas() == Esas{Esa::First});
    }
}

TEST_CASE("a range longer than an entry takes several") {
    LogRig rig;
    REQUIRE(rig.start() == 0);
    const std::uint64_t most = std::uint64_t{1} << 32;
    change(rig, {1, 10, 2 * most + 5, false});
    change(rig, {1, 0, most, true});
    check(rig.take(), {marker(Esa::First), range(10, most), range(10 + most, most),
                       range(10 + 2 * most, 5), deallocated(range(0, most))});
}

TEST_CASE("LM-LOG-81 off: nobody tells deallocated from written") {
    LogRig rig;
    rig.rules().set_on(Id::LogTellsDeallocation, false);
    REQUIRE(rig.start() == 0);
    change(rig, {1, 10, 5, true});
    check(rig.take(), {marker(Esa::First), range(10, 5)});
}

TEST_CASE("a change with more entries than a step has room for") {
    LogRig rig(256);
    REQUIRE(rig.start() == 0);
    const std::uint64_t most = std::uint64_t{1} << 32;
    Effects effects;
    Context<SimBounds> ctx{*rig.bench.subsystem, rig.bench.config, rig.bench.rules, rig.bench.env(),
                           effects};
    const std::uint64_t taken = user_data_changed(ctx, 1, {1, 0, 100 * most, true});
    CHECK(taken % most == 0);
    CHECK(taken >= most);
    CHECK(taken < 100 * most);
    CHECK(effects.size() + change_effects > Effects::capacity);
    CHECK_FALSE(can_log(ctx));
    CHECK(user_data_changed(ctx, 1, {1, taken, most, true}) == 0);
    // Where nothing is logged nothing is left over either.
    CHECK(user_data_changed(ctx, 2, {1, taken, most, true}) == most);
}

TEST_CASE("what fills the queue is the last, however much was to come") {
    LogRig rig(4);
    REQUIRE(rig.start() == 0);
    const std::uint64_t most = std::uint64_t{1} << 32;
    change(rig, {1, 0, 7 * most, true});
    CHECK(rig.take_esas() == Esas{Esa::First, Esa::Ordinary, Esa::Full});
}

TEST_CASE("ranges that touch become one while commands are in flight") {
    Config config;
    config.cdq_merge = true;
    LogRig rig(16, config);
    REQUIRE(rig.start() == 0);
    rig.bench.held = [](const Effect& effect) { return effect.kind == EffectKind::Media; };
    const auto submit = [&](std::uint64_t slba, std::uint32_t blocks) {
        rig.vf.submit(1, rig.vf.io(spec::opcode::NvmWrite, slba, blocks));
        REQUIRE(rig.bench.run());
    };
    const auto finish = [&] {
        rig.bench.held = nullptr;
        REQUIRE(rig.bench.run());
        rig.vf.reap(1);
    };
    SECTION("after, before, inside, over") {
        submit(10, 2);
        submit(12, 2);
        submit(8, 2);
        submit(9, 1);
        submit(6, 9);
        finish();
        check(rig.take(), {marker(Esa::First), range(6, 9)});
    }
    SECTION("a gap separates") {
        submit(10, 2);
        submit(13, 2);
        submit(5, 2);
        finish();
        check(rig.take(), {marker(Esa::First), range(10, 2), range(13, 2), range(5, 2)});
    }
    SECTION("nothing waits once nothing is in flight") {
        submit(10, 2);
        finish();
        submit(12, 2);
        finish();
        check(rig.take(), {marker(Esa::First), range(10, 2), range(12, 2)});
    }
    SECTION("a stop, a suspend and a reset wait for none") {
        submit(10, 2);
        submit(20, 2);
        rig.bench.held = [](const Effect& effect) { return effect.address == 20; };
        REQUIRE(rig.bench.run());
        CHECK(rig.take_esas() == Esas{Esa::First});
        SECTION("stop") {
            CHECK(rig.stop() == 0);
            check(rig.take(), {range(10, 2), marker(Esa::Stopped)});
        }
        SECTION("suspend") {
            rig.pf.submit(0,
                          wire::encode(wire::MigrationSend::suspend(1, wire::SuspendType::Suspend),
                                       rig.rules()));
            REQUIRE(rig.bench.run());
            finish();
            check(rig.take(), {range(10, 2), range(20, 2), marker(Esa::Suspended)});
        }
        SECTION("reset") {
            rig.bench.reset(1);
            check(rig.take(), {range(10, 2)});
        }
    }
}

TEST_CASE("what may not become one range") {
    Config config;
    config.cdq_merge = true;
    LogRig rig(16, config);
    REQUIRE(rig.start() == 0);
    const std::uint64_t most = std::uint64_t{1} << 32;
    SECTION("of two kinds") {
        change(rig, {1, 10, 2, false});
        change(rig, {1, 12, 2, true});
    }
    SECTION("of two namespaces") {
        change(rig, {1, 10, 2, false});
        change(rig, {2, 12, 2, false});
    }
    SECTION("longer than an entry") {
        change(rig, {1, 10, most - 1, false});
        change(rig, {1, 9 + most, 2, false});
    }
    CHECK(rig.take_esas() == Esas{Esa::First, Esa::Ordinary});
    CHECK(rig.stop() == 0);
    CHECK(rig.take_esas() == Esas{Esa::Ordinary, Esa::Stopped});
}
