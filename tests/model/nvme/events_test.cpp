#include "tests/model/nvme/udmq.hpp"

// Asynchronous events of the One-Shot type (NVMe Base 2.3, 5.2.2).

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

/// Both kinds of event of one queue: an entry fills it, in the slot that triggers.
void raise_both(LogRig& rig) {
    REQUIRE(rig.start() == 0);
    REQUIRE(rig.arm(0, 2) == 0);
    rig.write(0);
    rig.write(0);
}

}  // namespace

TEST_CASE("an event waits for an AER, and takes one") {
    LogRig rig(4);
    raise_both(rig);
    CHECK(rig.events().empty());
    rig.aer();
    auto events = rig.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].dw0 == 0x0000'0004);
    CHECK(events[0].dw1 == rig.ring.cdqid);
    CHECK(rig.bench.at(0).aers == 0);
    rig.aer();
    events = rig.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].dw0 == 0x0000'0104);
    rig.aer();
    CHECK(rig.events().empty());
    CHECK(rig.bench.at(0).aers == 1);
    CHECK(rig.bench.at(0).busy == 0);
}

TEST_CASE("events complete AERs in the order in which they came") {
    LogRig rig(4);
    const std::uint16_t first = rig.pf.submit(0, wire::encode(wire::Aer{}, rig.rules()));
    const std::uint16_t second = rig.pf.submit(0, wire::encode(wire::Aer{}, rig.rules()));
    const std::uint16_t third = rig.pf.submit(0, wire::encode(wire::Aer{}, rig.rules()));
    raise_both(rig);
    const auto events = rig.events();
    REQUIRE(events.size() == 2);
    CHECK(events[0].cid == first);
    CHECK(events[1].cid == second);
    REQUIRE(rig.bench.at(0).aers == 1);
    CHECK(rig.bench.at(0).slot[rig.bench.at(0).aer[0]].cid == third);
}

TEST_CASE("AD-AER-01 off: an event without an AER is lost") {
    LogRig rig(4);
    rig.rules().set_on(Id::EventsWaitForAer, false);
    raise_both(rig);
    rig.aer();
    CHECK(rig.events().empty());
}

TEST_CASE("events go to the controller that made the queue") {
    LogRig rig(4);
    rig.vf.submit(0, wire::encode(wire::Aer{}, rig.rules()));
    raise_both(rig);
    CHECK(rig.vf.reap(0).empty());
    rig.aer();
    CHECK(rig.events().size() == 1);
}

TEST_CASE("an event that nobody took goes with its queue") {
    LogRig rig(4);
    raise_both(rig);
    CHECK(rig.remove(rig.ring.cdqid) == 0);
    rig.aer();
    CHECK(rig.events().empty());
}

TEST_CASE("an event whose completion has no room waits like any other") {
    LogRig rig(4);
    for (int i = 0; i < 2; ++i) rig.aer();
    // The PF's completion queue is full of commands that nobody has looked at.
    const wire::Sqe get = wire::encode(wire::GetFeatures{7, 0, 0}, rig.rules());
    REQUIRE(rig.start() == 0);
    REQUIRE(rig.arm(0, 2) == 0);
    for (int i = 0; i < 31; ++i) {
        rig.pf.submit(0, get);
        REQUIRE(rig.bench.run());
    }
    rig.write(0);
    rig.write(0);
    CHECK(rig.bench.at(0).busy == 2);
    CHECK(rig.pf.reap(0).size() == 31);
    const auto events = rig.pf.reap(0);
    REQUIRE(events.size() == 2);
    CHECK(events[0].dw0 == 0x0000'0004);
    CHECK(events[1].dw0 == 0x0000'0104);
}

TEST_CASE("AERs of a suspended controller stay, and can be aborted after its Resume") {
    LogRig rig;
    const std::uint16_t cid = rig.vf.submit(0, wire::encode(wire::Aer{}, rig.rules()));
    REQUIRE(rig.bench.run());
    SECTION("stay") {
        CHECK(rig.suspend() == 0);
        CHECK(rig.mc().aers == 1);
        CHECK(rig.vf.reap(0).empty());
        CHECK(rig.pf.resume(1) == 0);
        CHECK(rig.mc().aers == 1);
        rig.vf.submit(0, wire::encode(wire::Abort{0, cid}, rig.rules()));
        REQUIRE(rig.bench.run());
        CHECK(rig.vf.reap(0).size() == 2);
    }
    SECTION("LM-SUSP-05 off: are aborted") {
        rig.rules().set_on(Id::SuspendKeepsAers, false);
        CHECK(rig.suspend() == 0);
        CHECK(is(rig.mc().migration, Migration::Suspended));
        CHECK(rig.mc().aers == 0);
        const auto done = rig.vf.reap(0);
        REQUIRE(done.size() == 1);
        CHECK(done[0].status == 0x007);
    }
}
