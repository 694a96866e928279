#include "tests/model/nvme/udmq.hpp"

// The ring of a Controller Data Queue (NVMe Base 2.3, 8.1.7) and feature 21h (5.2.26.1.23).

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

using Esas = std::vector<Esa>;

/// A queue whose changes are being logged; the marker of the start is read and consumed.
struct Rig : LogRig {
    explicit Rig(std::uint32_t slots = 4) : LogRig(slots) {
        REQUIRE(start() == 0);
        REQUIRE(take_esas() == Esas{Esa::First});
        REQUIRE(move_head(ring.next) == 0);
    }
    struct Got {
        wire::Cqe cqe;
        CdqFeature feature;
        std::vector<std::uint8_t> bytes;
    };
    Got get(std::uint64_t offset = 0, std::uint32_t select = 0) {
        const std::vector<std::uint8_t> marks(600, 0xEE);
        pf.memory().write(Driver::data_address + offset, marks.data(), marks.size());
        wire::Sqe sqe = wire::encode_get_cdq_feature(ring.cdqid, rules());
        sqe.cdw10 |= select << 8;
        Got got;
        got.cqe = pf.admin(pf.with_data(sqe, 8, offset));
        got.bytes = pf.memory().bytes(Driver::data_address + offset, 600);
        got.feature = *wire::decode_cdq_feature_got(got.cqe, got.bytes.data(), 512, rules());
        return got;
    }
    std::size_t written(const Got& got) {
        std::size_t count = 0;
        while (count < got.bytes.size() && got.bytes[count] != 0xEE) ++count;
        return count;
    }
};

}  // namespace

TEST_CASE("CDQP is 1 on the first pass and inverts at each wrap") {
    Rig rig;
    for (std::uint64_t i = 0; i < 11; ++i) {
        rig.write(i);
        const auto entries = rig.take();  // reads by the phase
        REQUIRE(entries.size() == 1);
        CHECK(entries[0].slba == i);
        CHECK(entries[0].phase == ((i + 1) / 4 % 2 == 0));
        REQUIRE(rig.move_head(rig.ring.next) == 0);
    }
}

TEST_CASE("LM-CDQ-70 off: CDQP stays 1") {
    Rig rig;
    rig.rules().set_on(Id::CdqPhaseInverts, false);
    for (int i = 0; i < 2; ++i) rig.write(0);
    CHECK(rig.take().size() == 2);
    REQUIRE(rig.move_head(3) == 0);
    for (int i = 0; i < 2; ++i) rig.write(0);  // in slots 3 and 0
    CHECK(rig.take().size() == 1);
    CHECK(rig.cdq().phase == 1);
}

TEST_CASE("entries are posted by the creator, 32 bytes each") {
    Rig rig;
    rig.bench.log.clear();
    rig.write(9);
    CHECK(rig.bench.count(EffectKind::PostCdqe, 1) == 0);
    REQUIRE(rig.bench.count(EffectKind::PostCdqe, 0) == 1);
    for (const Effect& effect : rig.bench.log) {
        if (effect.kind == EffectKind::PostCdqe) {
            CHECK(effect.address == rig.ring.base + 32);
            CHECK(effect.length == 32);
            CHECK(effect.ticket == rig.ring.cdqid);
        }
    }
}

TEST_CASE("the head moves to what was posted, and no further") {
    Rig rig(8);  // head and tail at 1
    CHECK(rig.move_head(1) == 0);
    CHECK(rig.move_head(2) == 0x002);  // empty
    CHECK(rig.move_head(0) == 0x002);
    for (int i = 0; i < 3; ++i) rig.write(0);  // in 1, 2, 3
    CHECK(rig.move_head(0) == 0x002);
    CHECK(rig.move_head(5) == 0x002);
    CHECK(rig.move_head(8) == 0x002);
    CHECK(rig.move_head(0xFFFF'FFFF) == 0x002);
    CHECK(rig.move_head(1) == 0);
    CHECK(rig.move_head(3) == 0);
    CHECK(rig.move_head(2) == 0x002);          // not back
    CHECK(rig.move_head(4) == 0);              // all consumed
    for (int i = 0; i < 6; ++i) rig.write(0);  // 4 to 7, 0, 1
    CHECK(rig.move_head(3) == 0x002);
    CHECK(rig.move_head(2) == 0);
    CHECK(rig.cdq().head == 2);
}

TEST_CASE("FT-21-41 and FT-21-42 off: the head goes anywhere in the queue") {
    Rig rig(8);
    SECTION("of an empty queue") {
        rig.rules().set_on(Id::CdqHeadOfEmpty, false);
        CHECK(rig.move_head(5) == 0);
        CHECK(rig.move_head(8) == 0x002);  // not empty now
        CHECK(rig.cdq().head == 5);
    }
    SECTION("of one with entries") {
        rig.write(0);
        rig.rules().set_on(Id::CdqHeadNotPosted, false);
        CHECK(rig.move_head(7) == 0);
    }
    SECTION("but not beyond it") {
        rig.rules().set_on(Id::CdqHeadOfEmpty, false);
        rig.rules().set_on(Id::CdqHeadNotPosted, false);
        CHECK(rig.move_head(8) == 0x006);
    }
}

TEST_CASE("by the letter the head stops at the last entry") {
    Rig rig(8);
    rig.rules().set_on(Id::CdqHeadMayReachTail, false);
    for (int i = 0; i < 3; ++i) rig.write(0);
    CHECK(rig.move_head(4) == 0x002);
    CHECK(rig.move_head(3) == 0);
    CHECK(rig.move_head(3) == 0);
}

TEST_CASE("feature 21h of a queue that the controller has not") {
    Rig rig;
    CdqFeature feature{7, 0, false, 0};
    CHECK(rig.set(feature) == 0x137);
    feature.cdqid = 0xFFFF;
    CHECK(rig.set(feature) == 0x137);
    const wire::Sqe get = wire::encode_get_cdq_feature(7, rig.rules());
    CHECK(rig.pf.admin(rig.pf.with_data(get, 512)).status == 0x137);
    const wire::Sqe own = wire::encode_get_cdq_feature(rig.ring.cdqid, rig.rules());
    CHECK(rig.vf.admin(rig.vf.with_data(own, 512)).status == 0x137);
    rig.rules().set_on(Id::CdqFeatureUnknown, false);
    CHECK(rig.set(feature) == 0x006);
}

TEST_CASE("feature 21h: SEL asks for what is current, the default, or what can be done with it") {
    Rig rig;
    CHECK(rig.arm(1, 2) == 0);
    CHECK(rig.get().feature.tpt == 2);
    for (const std::uint32_t initial : {1U, 2U}) {
        const Rig::Got got = rig.get(0, initial);
        CHECK(got.cqe.status == 0);
        CHECK(got.feature == CdqFeature{rig.ring.cdqid, 0, false, 0});
        CHECK(rig.written(got) == 512);
    }
    const Rig::Got got = rig.get(0, 3);
    CHECK(got.cqe.dw0 == 4);  // changeable
    CHECK(rig.written(got) == 0);
    CHECK(rig.get(0, 4).cqe.status == 0x002);
    CHECK(rig.get(0, 7).cqe.status == 0x002);
    rig.rules().set_on(Id::SelectReserved, false);
    CHECK(rig.get(0, 7).feature.tpt == 2);
}

TEST_CASE("feature 21h is the controller's: no NSID names it") {
    Rig rig;
    wire::Sqe sqe = wire::encode_set_cdq_feature({rig.ring.cdqid, 1, true, 2}, rig.rules());
    sqe.nsid = 1;
    CHECK(rig.pf.admin(sqe).status == 0x10F);
    CHECK_FALSE(rig.get().feature.etpt);
    rig.rules().set_on(Id::FeatureOfController, false);
    CHECK(rig.pf.admin(sqe).status == 0);
}

TEST_CASE("feature 21h is not saved") {
    Rig rig;
    wire::Sqe sqe = wire::encode_set_cdq_feature({rig.ring.cdqid, 1, true, 2}, rig.rules());
    sqe.cdw10 |= 0x8000'0000;
    CHECK(rig.pf.admin(sqe).status == 0x10D);
    CHECK_FALSE(rig.cdq().etpt);
}

TEST_CASE("Get Features 21h brings what was set") {
    Rig rig(8);
    rig.write(0);
    CHECK(rig.arm(2, 6) == 0);
    auto got = rig.get();
    CHECK(got.cqe.status == 0);
    CHECK(got.cqe.dw0 == 0x8000'0000);
    CHECK(got.feature == CdqFeature{rig.ring.cdqid, 2, true, 6});
    CHECK(rig.written(got) == 512);
    CHECK(rig.set({rig.ring.cdqid, 2, false, 6}) == 0);
    got = rig.get();
    CHECK(got.cqe.dw0 == 0);
    CHECK(got.feature.tpt == 0);
}

TEST_CASE("Get Features 21h writes 512 bytes, or what the buffer holds, or 8") {
    Rig rig;
    CHECK(rig.written(rig.get(4096 - 64)) == 64);  // PRP2 is 0: there is no second page
    CHECK(rig.written(rig.get(4096 - 512)) == 512);
    CHECK(rig.written(rig.get(4096 - 8)) == 8);
    rig.rules().set_on(Id::CdqGetWritesAll, false);
    CHECK(rig.written(rig.get()) == 8);
}

TEST_CASE("ETPT and TPT: an event when the slot is posted, once") {
    Rig rig(8);
    rig.aer();
    rig.aer();
    CHECK(rig.arm(1, 3) == 0);
    rig.write(0);
    rig.write(0);
    CHECK(rig.events().empty());
    rig.write(0);  // in slot 3
    const auto events = rig.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].status == 0);
    CHECK(events[0].dw0 == 0x0000'0004);
    CHECK(events[0].dw1 == rig.ring.cdqid);
    CHECK_FALSE(rig.get().feature.etpt);
    CHECK(rig.move_head(4) == 0);
    for (int i = 0; i < 7; ++i) rig.write(0);  // slot 3 is not reached again
    CHECK(rig.logs() == false);             // but the queue is full
    REQUIRE(rig.events().size() == 1);
}

TEST_CASE("TPT is a slot of the queue") {
    Rig rig(8);
    CHECK(rig.arm(1, 8) == 0x002);
    CHECK_FALSE(rig.cdq().etpt);
    CHECK(rig.arm(1, 7) == 0);
    CHECK(rig.set({rig.ring.cdqid, 1, false, 8}) == 0);  // ignored with ETPT = 0
    rig.rules().set_on(Id::CdqTriggerBeyond, false);
    CHECK(rig.arm(1, 8) == 0);
}

TEST_CASE("rules of the trigger") {
    Rig rig(8);
    for (int i = 0; i < 3; ++i) rig.aer();
    SECTION("LM-CDQ-73 off: no event") {
        rig.rules().set_on(Id::CdqTriggerGivesEvent, false);
        CHECK(rig.arm(1, 1) == 0);
        rig.write(0);
        CHECK(rig.events().empty());
    }
    SECTION("LM-CDQ-74 off: again and again") {
        rig.rules().set_on(Id::CdqTriggerOnce, false);
        CHECK(rig.arm(1, 1) == 0);
        for (std::uint32_t i = 1; i < 10; ++i) {
            rig.write(0);
            if (i == 4) {
                CHECK(rig.events().size() == 1);
                CHECK(rig.arm(4, 1) == 0);
            }
        }
        CHECK(rig.cdq().etpt);
        CHECK(rig.events().size() == 1);
    }
    SECTION("LM-CDQ-76 on: as the tail reaches it, one entry early") {
        rig.rules().set_on(Id::CdqTriggerOnNewTail, true);
        CHECK(rig.arm(1, 2) == 0);
        rig.write(0);
        CHECK(rig.events().size() == 1);
    }
}

TEST_CASE("Set Features takes a pending tail event back") {
    Rig rig(8);
    CHECK(rig.arm(1, 1) == 0);
    rig.write(0);
    CHECK(rig.cdq().tail_pending);
    CHECK(rig.move_head(7) == 0x002);  // not a successful one
    CHECK(rig.cdq().tail_pending);
    SECTION("successfully") {
        CHECK(rig.move_head(2) == 0);
        rig.aer();
        CHECK(rig.events().empty());
    }
    SECTION("LM-CDQ-75 off: or not") {
        rig.rules().set_on(Id::CdqSetDropsTailEvent, false);
        CHECK(rig.move_head(2) == 0);
        rig.aer();
        CHECK(rig.events().size() == 1);
    }
}

TEST_CASE("LM-CDQ-71 off: a queue of n slots takes more than n - 1 entries") {
    Rig rig(4);
    rig.rules().set_on(Id::CdqOneSlotStaysFree, false);
    for (int i = 0; i < 3; ++i) rig.write(0);
    CHECK(rig.logs());
    rig.write(0);
    CHECK_FALSE(rig.logs());
}
