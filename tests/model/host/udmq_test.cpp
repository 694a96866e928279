#include <set>

#include "tests/model/host/udmq_rig.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::tests;
using spec::Id;

TEST_CASE("a log: zeroed, created, armed, started, and ready only then", "[udmq]") {
    Rig rig;
    rig.ring.assign(rig.ring.size(), 0xff);  // of an earlier queue
    rig.give(UdmqEvent::Kind::Start, start_ticket);
    CHECK(rig.zeroed == 1);
    rig.answer();
    CHECK(rig.log.state == LogState::Arming);
    CHECK(rig.log.cdqid == 3);
    rig.answer();
    CHECK(rig.tpt == 2U);
    CHECK(rig.log.state == LogState::Starting);
    CHECK_FALSE(rig.reply(start_ticket));
    rig.answer();
    CHECK(rig.reply(start_ticket) == Errno::Ok);
    rig.settle();
    CHECK(rig.sent ==
          std::vector<LogCommand>{LogCommand::Create, LogCommand::Move, LogCommand::StartLog});
    CHECK(rig.count(LogReport::Marker) == 1);

    rig.give(UdmqEvent::Kind::Start, 99);
    CHECK(rig.reply(99) == Errno::Busy);
}

TEST_CASE("without the rule on CDQP, what was left in the ring is taken for entries", "[udmq]") {
    Rig rig;
    for (std::size_t slot = 0; slot < 8; ++slot) {
        rig.ring[32 * slot + 31] = 1;
    }
    rig.rules.set_on(Id::HostZeroesCdqp, false);
    rig.start();
    CHECK(rig.zeroed == 0);
    CHECK(rig.blocks().size() > 0);
}

TEST_CASE("without the rule on Track Send, copying begins before changes are logged", "[udmq]") {
    Rig rig;
    rig.rules.set_on(Id::HostCopiesWhenLogged, false);
    rig.give(UdmqEvent::Kind::Start, start_ticket);
    rig.answer();
    rig.answer();
    CHECK_FALSE(rig.logging);
    CHECK(rig.reply(start_ticket) == Errno::Ok);
}

TEST_CASE("a polled log is not armed", "[udmq]") {
    Rig rig;
    rig.log.poll = 1000;
    rig.start();
    CHECK(rig.count(LogCommand::Move) == 0);
    REQUIRE(rig.ticking);
    for (std::uint64_t block = 1; block <= 40; ++block) {
        rig.post(block);
        if (block % 3 == 0) {
            rig.ticking = false;
            rig.give(UdmqEvent::Kind::Timer);
            CHECK(rig.ticking);
            rig.settle();
            CHECK_FALSE(rig.tpt);
        }
    }
    rig.suspend();
    rig.settle();
    CHECK(rig.blocks() == up_to(40));
    CHECK(rig.count(LogReport::Lost) == 0);
}

TEST_CASE("events drive the log around the ring", "[udmq]") {
    Rig rig;
    rig.start();
    for (std::uint64_t block = 1; block <= 100; ++block) {
        rig.post(block);
        rig.settle();
    }
    CHECK(rig.blocks().size() > 94);  // the rest waits for a trigger
    rig.suspend();
    rig.settle();
    CHECK(rig.reply(suspend_ticket) == Errno::Ok);
    CHECK(rig.log.state == LogState::Closed);
    CHECK(rig.blocks() == up_to(100));
    CHECK(rig.count(LogReport::Lost) == 0);
    rig.give(UdmqEvent::Kind::Stop, stop_ticket);
    rig.settle();
    CHECK(rig.reply(stop_ticket) == Errno::Ok);
    CHECK(rig.log.state == LogState::Off);
    CHECK(rig.released == 1);
    CHECK_FALSE(rig.exists);
    CHECK(rig.sent.back() == LogCommand::Delete);
    CHECK(rig.count(LogCommand::StopLog) == 0);
}

TEST_CASE("any order of entries, events, looks and answers gives all changes once", "[udmq]") {
    const auto holds = [] {
        const auto entries = *rc::gen::inRange<std::uint32_t>(3, 20);
        Rig rig(entries, *rc::gen::inRange<std::uint32_t>(1, entries));
        rig.log.dudmq = *rc::gen::arbitrary<bool>();
        rig.log.poll = *rc::gen::arbitrary<bool>() ? 1000 : 0;
        rig.give(UdmqEvent::Kind::Start, start_ticket);
        rig.settle();
        std::uint64_t block = 0;
        std::set<std::uint64_t> unlogged;
        for (const int action : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8))) {
            switch (action) {
                case 0: rig.deliver(); break;
                case 1:
                case 2: rig.look(); break;
                case 3: rig.answer(); break;
                case 4: rig.give(UdmqEvent::Kind::Timer); break;
                default:
                    ++block;
                    if (!rig.logging) {
                        unlogged.insert(block);
                    }
                    rig.post(block);
                    break;
            }
        }
        const bool full = rig.full_event || rig.log.lost || rig.count(LogReport::Lost) != 0;
        rig.settle();
        rig.give(UdmqEvent::Kind::Timer);
        rig.settle();
        rig.suspend();
        rig.settle();
        RC_ASSERT(rig.log.state == LogState::Closed || rig.log.state == LogState::Off);
        std::vector<std::uint64_t> logged;
        for (std::uint64_t i = 1; i <= block; ++i) {
            if (unlogged.count(i) == 0) {
                logged.push_back(i);
            }
        }
        if (!full) {
            RC_ASSERT(rig.blocks() == logged);
        } else {
            RC_ASSERT(rig.count(LogReport::Lost) >= 1);
        }
        rig.give(UdmqEvent::Kind::Stop, stop_ticket);
        rig.settle();
        RC_ASSERT(rig.log.state == LogState::Off);
        RC_ASSERT(rig.released == 1);
    };
    CHECK(failure_of(holds, 1000) == "");
}

TEST_CASE("a trigger that was passed before it was armed is armed again", "[udmq]") {
    for (const bool looks : {true, false}) {
        Rig rig;
        if (!looks) {
            rig.rules.set_on(Id::HostLooksAfterArming, false);
        }
        rig.start();
        rig.post(1);
        rig.post(2);  // slot 2: the trigger
        rig.deliver();
        while (rig.look()) {
        }
        REQUIRE(rig.commands.size() == 1);  // HP 3, TPT 5
        rig.post(3);
        rig.post(4);
        rig.post(5);  // slot 5, before the command is carried out
        rig.answer();
        rig.settle();
        CHECK(rig.tail_event == false);
        if (looks) {
            CHECK(rig.blocks() == up_to(5));
            CHECK(rig.tpt.has_value());
        } else {
            CHECK(rig.blocks() == up_to(2));  // and nobody will tell
        }
    }
}

TEST_CASE("a trigger fires once: who does not arm it again hears of the full queue", "[udmq]") {
    Rig rig;
    rig.rules.set_on(Id::HostRearms, false);
    rig.start();
    for (std::uint64_t block = 1; block <= 20; ++block) {
        rig.post(block);
        if (!rig.full_event) {
            rig.settle();
        }
    }
    CHECK(rig.full_event);
}

TEST_CASE("the head never passes what was not read", "[udmq]") {
    for (const bool releases_consumed : {true, false}) {
        Rig rig;
        rig.rules.set_on(Id::HostReleasesConsumed, releases_consumed);
        rig.start();
        rig.post(1);
        rig.post(2);
        rig.deliver();
        REQUIRE(rig.commands.empty() == releases_consumed);
        if (!releases_consumed) {
            rig.answer();
            CHECK(rig.head == 3);
            CHECK(rig.blocks().empty());
        }
    }
}

TEST_CASE("a full queue: the log is lost, and begins anew", "[udmq]") {
    Rig rig;
    rig.start();
    for (std::uint64_t block = 1; block <= 9; ++block) {
        rig.post(block);
    }
    CHECK_FALSE(rig.logging);
    rig.settle();
    CHECK(rig.count(LogReport::Lost) == 1);
    CHECK(rig.count(LogReport::Restarted) == 1);
    CHECK(rig.blocks() == up_to(6));
    CHECK(rig.count(LogCommand::StartLog) == 2);
    CHECK(rig.logging);
    CHECK(rig.log.state == LogState::Logging);
    rig.post(50);
    rig.suspend();
    rig.settle();
    CHECK(rig.blocks().back() == 50);
    CHECK(rig.reply(suspend_ticket) == Errno::Ok);
    CHECK(rig.count(LogReport::Lost) == 1);
}

TEST_CASE("without the rule a full queue is taken for the end of a log", "[udmq]") {
    Rig rig;
    rig.rules.set_on(Id::HostRecopiesAfterFull, false);
    rig.start();
    for (std::uint64_t block = 1; block <= 9; ++block) {
        rig.post(block);
    }
    rig.settle();
    rig.suspend();
    rig.settle();
    CHECK(rig.count(LogReport::Lost) == 0);
    CHECK(rig.blocks() == up_to(6));
}

TEST_CASE("a queue that is full at the suspend has lost the log", "[udmq]") {
    Rig rig;
    rig.start();
    for (std::uint64_t block = 1; block <= 9; ++block) {
        rig.post(block);
    }
    rig.suspend();
    rig.settle();
    CHECK(rig.reply(suspend_ticket) == Errno::Ok);
    CHECK(rig.count(LogReport::Lost) == 1);
    // Rolled back, it begins anew.
    rig.give(UdmqEvent::Kind::Resumed);
    rig.settle();
    CHECK(rig.count(LogReport::Restarted) == 1);
    CHECK(rig.log.state == LogState::Logging);
}

TEST_CASE("a restart that a suspend overtakes leaves the log lost", "[udmq]") {
    Rig rig;
    rig.start();
    for (std::uint64_t block = 1; block <= 9; ++block) {
        rig.post(block);
    }
    while (rig.log.state == LogState::Logging) {
        rig.deliver();
        if (!rig.look()) {
            rig.answer();
        }
    }
    REQUIRE(rig.log.state == LogState::Starting);
    rig.suspend();
    rig.answer(0x139);
    rig.settle();
    CHECK(rig.log.state == LogState::Closed);
    CHECK(rig.reply(suspend_ticket) == Errno::Ok);
    CHECK(rig.count(LogReport::Restarted) == 0);
}

TEST_CASE("after a suspend the log is read to its last entry", "[udmq]") {
    for (const bool drains : {true, false}) {
        Rig rig(16, 9);
        rig.rules.set_on(Id::HostDrainsTail, drains);
        rig.start();
        rig.post(1);
        rig.post(2);
        rig.suspend();
        CHECK(rig.reply(suspend_ticket).has_value() == !drains);
        rig.settle();
        CHECK(rig.blocks().size() == (drains ? 2U : 0U));
    }
}

TEST_CASE("a last entry that comes late is waited for, but not for ever", "[udmq]") {
    Rig rig;
    rig.start();
    rig.give(UdmqEvent::Kind::Suspended, suspend_ticket);
    rig.settle();
    for (int i = 0; i < 3; ++i) {
        REQUIRE(std::exchange(rig.ticking, false));
        rig.give(UdmqEvent::Kind::Timer);
        rig.settle();
    }
    CHECK_FALSE(rig.reply(suspend_ticket));
    SECTION("it comes") {
        rig.post(0, Esa::Suspended);
        rig.give(UdmqEvent::Kind::Timer);
        rig.settle();
        CHECK(rig.count(LogReport::Lost) == 0);
    }
    SECTION("it never comes") {
        for (int i = 0; i < 2000 && std::exchange(rig.ticking, false); ++i) {
            rig.give(UdmqEvent::Kind::Timer);
            rig.settle();
        }
        CHECK(rig.count(LogReport::Lost) == 1);
    }
    CHECK(rig.reply(suspend_ticket) == Errno::Ok);
    CHECK(rig.log.state == LogState::Closed);
}

TEST_CASE("the queue of a suspended VF is deleted after its last entry was read", "[udmq]") {
    for (const bool waits : {true, false}) {
        Rig rig(16, 9);
        if (!waits) {
            rig.rules.set_on(Id::HostDeletesDrained, false);
        }
        rig.start();
        rig.post(1);
        rig.suspend();
        rig.give(UdmqEvent::Kind::Stop, stop_ticket);
        CHECK(rig.commands.empty() == waits);
        rig.settle();
        CHECK(rig.blocks().size() == (waits ? 1U : 0U));
        CHECK(rig.reply(suspend_ticket) == (waits ? Errno::Ok : Errno::Io));
        CHECK(rig.reply(stop_ticket) == Errno::Ok);
        CHECK(rig.log.state == LogState::Off);
    }
}

TEST_CASE("a Suspend that deletes the queue: its memory is read, its name not used", "[udmq]") {
    for (const bool knows : {true, false}) {
        Rig rig(16, 9);
        rig.log.dudmq = true;
        rig.rules.set_on(Id::HostKnowsDudmq, knows);
        rig.start();
        rig.post(1);
        rig.suspend();
        rig.settle();
        CHECK(rig.blocks() == up_to(1));
        CHECK(rig.log.state == LogState::Closed);
        rig.give(UdmqEvent::Kind::Stop, stop_ticket);
        CHECK(rig.count(LogCommand::Delete) == (knows ? 0 : 1));
        rig.settle();
        CHECK(rig.log.state == LogState::Off);
        CHECK(rig.released == 1);
        CHECK(rig.reply(stop_ticket) == Errno::Ok);
    }
}

TEST_CASE("a VF that is resumed logs on where it was", "[udmq]") {
    Rig rig;
    rig.start();
    rig.post(1);
    rig.suspend();
    rig.settle();
    rig.logging = true;
    rig.give(UdmqEvent::Kind::Resumed);
    rig.post(0, Esa::First);
    rig.post(2);
    rig.post(3);
    rig.settle();
    rig.suspend();
    rig.settle();
    CHECK(rig.blocks() == up_to(3));
    CHECK(rig.count(LogReport::Lost) == 0);

    Rig gone;
    gone.log.dudmq = true;
    gone.start();
    gone.suspend();
    gone.settle();
    gone.give(UdmqEvent::Kind::Resumed);
    CHECK(gone.count(LogReport::Lost) == 1);
    CHECK(gone.log.state == LogState::Closed);
}

TEST_CASE("entries that do not begin with a first one are no log", "[udmq]") {
    for (const bool expects : {true, false}) {
        Rig rig;
        if (!expects) {
            rig.rules.set_on(Id::HostExpectsFirst, false);
        }
        rig.start();
        rig.suspend();
        rig.settle();
        rig.logging = true;
        rig.give(UdmqEvent::Kind::Resumed);
        rig.post(1);
        rig.settle();
        rig.give(UdmqEvent::Kind::Tail);
        rig.settle();
        CHECK(rig.count(LogReport::Lost) == (expects ? 1 : 0));
    }
}

TEST_CASE("an entry that says nothing sound loses the log", "[udmq]") {
    Rig rig;
    rig.start();
    rig.post(1);
    rig.ring[32 + 31] |= 0x08;  // ESA 4
    rig.post(2);
    rig.settle();
    CHECK(rig.count(LogReport::Lost) == 1);
    CHECK(rig.blocks() == std::vector<std::uint64_t>{2});
}

TEST_CASE("a migration that ends while the VF works stops the log", "[udmq]") {
    Rig rig;
    rig.start();
    rig.post(1);
    rig.give(UdmqEvent::Kind::Stop, stop_ticket);
    CHECK(rig.log.state == LogState::Stopping);
    rig.settle();
    CHECK(rig.log.state == LogState::Off);
    CHECK(rig.reply(stop_ticket) == Errno::Ok);
    CHECK(rig.released == 1);

    // And while it is only beginning.
    rig.give(UdmqEvent::Kind::Start, start_ticket);
    rig.give(UdmqEvent::Kind::Stop, stop_ticket);
    rig.settle();
    CHECK(rig.log.state == LogState::Off);
    CHECK(rig.released == 2);

    rig.give(UdmqEvent::Kind::Stop, 77);
    CHECK(rig.reply(77) == Errno::Ok);
    rig.give(UdmqEvent::Kind::Suspended, 78);
    CHECK(rig.reply(78) == Errno::Ok);
}

TEST_CASE("what fails on the way to a log leaves nothing behind", "[udmq]") {
    for (int fails = 0; fails < 3; ++fails) {
        INFO(fails);
        Rig rig;
        rig.give(UdmqEvent::Kind::Start, start_ticket);
        for (int i = 0; i < fails; ++i) {
            rig.answer();
        }
        rig.answer(0x138);
        rig.settle();
        CHECK(rig.reply(start_ticket) == Errno::Io);
        CHECK(rig.log.state == LogState::Off);
        CHECK(rig.released == 1);
        CHECK_FALSE(rig.exists);
    }
}

TEST_CASE("memory stays with a queue that could not be deleted", "[udmq]") {
    Rig rig;
    rig.start();
    rig.give(UdmqEvent::Kind::Stop, stop_ticket);
    rig.answer();
    rig.answer(0x006);
    rig.settle();
    CHECK(rig.released == 0);
    CHECK(rig.reply(stop_ticket) == Errno::Io);
}

TEST_CASE("a reset of the PF takes the queue and the log", "[udmq]") {
    for (const bool knows : {true, false}) {
        Rig rig;
        rig.rules.set_on(Id::HostKnowsReset, knows);
        rig.start();
        rig.exists = rig.logging = false;
        rig.give(UdmqEvent::Kind::Reset);
        CHECK((rig.log.state == LogState::Off) == knows);
        CHECK(rig.count(LogReport::Lost) == (knows ? 1 : 0));
        rig.give(UdmqEvent::Kind::Stop, stop_ticket);
        CHECK(rig.commands.empty() == knows);  // else it names what is not there
        rig.settle();
    }
    Rig rig;
    rig.give(UdmqEvent::Kind::Start, start_ticket);
    rig.give(UdmqEvent::Kind::Reset);
    CHECK(rig.reply(start_ticket) == Errno::Io);
    const Effect stale = rig.commands.front();
    rig.start();
    UdmqEvent late;
    late.ticket = stale.ticket;
    late.status = 0x138;
    rig.give(late);
    CHECK(rig.log.state == LogState::Logging);
}

TEST_CASE("a queue is deleted after the Set Features 21h for it have ended") {
    for (const bool waits : {true, false}) {
        for (const bool suspended : {false, true}) {
            CAPTURE(waits, suspended);
            Rig rig(4, 1);
            rig.rules.set_on(Id::HostDeletesIdle, waits);
            rig.start();
            rig.post(1);
            rig.deliver();
            REQUIRE(rig.look());
            REQUIRE(rig.log.moving);
            if (suspended) {
                rig.suspend();
                REQUIRE(rig.look());
                REQUIRE(rig.log.state == LogState::Closed);
            }
            rig.give(UdmqEvent::Kind::Stop, stop_ticket);
            const bool begun = rig.count(LogCommand::StopLog) + rig.count(LogCommand::Delete) != 0;
            CHECK(begun == !waits);
            rig.settle();
            CHECK(rig.log.state == LogState::Off);
            CHECK(rig.reply(stop_ticket) == Errno::Ok);
            CHECK(rig.released == 1);
        }
    }
}
