#include "model/host/pf_submit.hpp"

#include <rapidcheck.h>

#include <map>
#include <memory>
#include <vector>

#include "tests/catch.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::host;

namespace {

using Kind = PfEvent::Kind;

/// What came of a step, over all its parts.
template <class Queue>
struct RigOf {
    std::unique_ptr<Queue> queue = std::make_unique<Queue>();
    std::vector<Effect> effects;
    std::size_t parts = 0;

    RigOf(std::uint16_t depth, std::uint16_t reserved) {
        queue->depth = depth;
        queue->reserved = reserved;
    }
    void give(PfEvent event) {
        effects.clear();
        parts = 0;
        do {
            Effects some;
            step(*queue, event, 1'000, some);
            effects.insert(effects.end(), some.begin(), some.end());
            event = {};
            event.kind = Kind::Continue;
            ++parts;
        } while (queue->more);
    }
    void ask(std::uint32_t owner, Kind kind = Kind::Submit) {
        PfEvent event;
        event.kind = kind;
        event.owner = owner;
        give(event);
    }
    void complete(std::uint16_t tag, std::uint16_t status = 0, std::uint32_t dw0 = 0) {
        PfEvent event;
        event.kind = Kind::Completed;
        event.tag = tag;
        event.status = status;
        event.dw0 = dw0;
        give(event);
    }
    void fire(std::uint32_t timer) { ask(timer, Kind::TimerFired); }
    void tell(Kind kind) {
        PfEvent event;
        event.kind = kind;
        give(event);
    }
    std::vector<Effect> all(EffectKind kind) const {
        std::vector<Effect> result;
        for (const Effect& effect : effects) {
            if (effect.kind == kind) result.push_back(effect);
        }
        return result;
    }
    /// The tag that the one Submit of the last step carries.
    std::uint16_t tag() const {
        REQUIRE(all(EffectKind::Submit).size() == 1);
        return static_cast<std::uint16_t>(all(EffectKind::Submit)[0].token);
    }
    std::uint32_t timer() const {
        REQUIRE(all(EffectKind::StartTimer).size() == 1);
        return all(EffectKind::StartTimer)[0].ticket;
    }
    bool replied(std::uint32_t owner, PfError error) const {
        const auto replies = all(EffectKind::Reply);
        return replies.size() == 1 && replies[0].ticket == owner &&
               replies[0].flags == static_cast<std::uint8_t>(error);
    }
};
using Rig = RigOf<SimPfQueue>;

}  // namespace

TEST_CASE("every request gets its own tag, and its completion") {
    Rig rig(4, 1);
    rig.ask(11);
    const std::uint16_t first = rig.tag();
    CHECK(rig.all(EffectKind::Submit)[0].ticket == 11);
    CHECK(rig.all(EffectKind::StartTimer)[0].length == 1'000);
    rig.ask(12);
    CHECK(rig.tag() != first);
    rig.complete(first, 0x13A, 77);
    REQUIRE(rig.replied(11, PfError::None));
    CHECK(rig.all(EffectKind::Reply)[0].token == 0x13A);
    CHECK(rig.all(EffectKind::Reply)[0].token2 == 77);
    CHECK(rig.queue->pending == 1);
}

TEST_CASE("who finds no tag waits his turn, or is told to come again") {
    Rig rig(3, 1);
    rig.ask(1);
    rig.ask(2);
    for (const std::uint32_t owner : {3, 4, 5}) {
        rig.ask(owner);
        CHECK(rig.effects.empty());
    }
    rig.ask(6, Kind::SubmitNow);
    CHECK(rig.replied(6, PfError::Again));
    for (const std::uint32_t next : {3, 4, 5}) {
        rig.complete(0);
        CHECK(rig.all(EffectKind::Reply).size() == 1);
        REQUIRE(rig.tag() == 0);
        CHECK(rig.all(EffectKind::Submit)[0].ticket == next);
        if (next != 5) {  // nobody overtakes those who wait
            rig.ask(9, Kind::SubmitNow);
            CHECK(rig.replied(9, PfError::Again));
        }
    }
    rig.complete(0);
    CHECK(rig.all(EffectKind::Submit).empty());
    rig.ask(7, Kind::SubmitNow);
    CHECK(rig.tag() == 0);
}

TEST_CASE("the last tags are the AERs', who have no time-out and never wait") {
    Rig rig(4, 2);
    rig.ask(1);
    rig.ask(2);
    rig.ask(3);
    CHECK(rig.effects.empty());  // tags 2 and 3 are not lent
    rig.ask(10, Kind::SubmitAer);
    CHECK(rig.tag() == 2);
    CHECK(rig.all(EffectKind::StartTimer).empty());
    rig.ask(11, Kind::SubmitAer);
    CHECK(rig.tag() == 3);
    rig.ask(12, Kind::SubmitAer);
    CHECK(rig.replied(12, PfError::Again));
    rig.complete(2);
    CHECK(rig.replied(10, PfError::None));
    CHECK(rig.all(EffectKind::Submit).empty());  // not for who waits
    rig.complete(1);
    CHECK(rig.tag() == 1);
}

TEST_CASE("the places to wait are counted, and go round") {
    RigOf<ProofPfQueue> rig(2, 0);
    rig.ask(1);
    rig.ask(2);
    std::uint32_t next_in = 3;
    std::uint32_t next_out = 3;
    for (; next_in < 6; ++next_in) rig.ask(next_in);
    rig.ask(99);
    CHECK(rig.replied(99, PfError::Again));
    for (int i = 0; i < 10; ++i) {
        rig.complete(1);
        REQUIRE(rig.tag() == 1);
        CHECK(rig.all(EffectKind::Submit)[0].ticket == next_out++);
        rig.ask(next_in++);
        CHECK(rig.effects.empty());
    }
}

TEST_CASE("a time-out resets the PF: all that is pending fails, who waits is served afterwards") {
    Rig rig(3, 1);
    rig.ask(1);
    const std::uint32_t timer = rig.timer();
    rig.ask(2);
    rig.ask(20, Kind::SubmitAer);
    rig.ask(3);
    rig.ask(4);
    rig.fire(timer);
    const auto replies = rig.all(EffectKind::Reply);
    REQUIRE(replies.size() == 3);
    CHECK(replies[0].ticket == 1);
    CHECK(replies[0].flags == static_cast<std::uint8_t>(PfError::TimedOut));
    CHECK(replies[1].ticket == 2);
    CHECK(replies[1].flags == static_cast<std::uint8_t>(PfError::Reset));
    CHECK(replies[2].ticket == 20);
    REQUIRE(rig.all(EffectKind::Call).size() == 1);
    CHECK(rig.all(EffectKind::Call)[0].token == call_reset_pf);
    CHECK(rig.queue->pending == 0);

    // During the reset: late completions find nobody, new requests wait.
    rig.complete(0);
    rig.complete(1);
    CHECK(rig.effects.empty());
    rig.ask(5);
    CHECK(rig.effects.empty());
    rig.ask(6, Kind::SubmitNow);
    CHECK(rig.replied(6, PfError::Again));
    rig.ask(21, Kind::SubmitAer);
    CHECK(rig.replied(21, PfError::Again));
    rig.tell(Kind::ResetDone);
    const auto submitted = rig.all(EffectKind::Submit);
    REQUIRE(submitted.size() == 2);
    CHECK(submitted[0].ticket == 3);
    CHECK(submitted[1].ticket == 4);
    rig.complete(0);
    CHECK(rig.all(EffectKind::Submit)[0].ticket == 5);
}

TEST_CASE("a timer that is not its tag's any more has no effect") {
    Rig rig(2, 0);
    rig.ask(1);
    const std::uint32_t old = rig.timer();
    rig.complete(0);
    rig.fire(old);
    CHECK(rig.effects.empty());
    rig.ask(2);
    CHECK(rig.tag() == 0);  // the same tag
    CHECK(rig.timer() != old);
    rig.fire(old);
    CHECK(rig.effects.empty());
    CHECK(rig.queue->pending == 1);
    rig.fire(0xffff'ffff);
    CHECK(rig.effects.empty());
}

TEST_CASE("completions of nobody's tag have no effect") {
    Rig rig(2, 0);
    for (const std::uint16_t tag : {0, 1, 2, 4095, 65535}) {
        rig.complete(tag);
        CHECK(rig.effects.empty());
    }
    rig.ask(1);
    rig.complete(0);
    rig.complete(0);
    CHECK(rig.effects.empty());
    CHECK(rig.queue->pending == 0);
}

TEST_CASE("a reset with more pending than a step has room for") {
    Rig rig(4096, 8);
    for (std::uint32_t owner = 1; owner <= 4088; ++owner) rig.ask(owner);
    for (std::uint32_t owner = 5000; owner < 5008; ++owner) rig.ask(owner, Kind::SubmitAer);
    for (std::uint32_t owner = 6000; owner < 7000; ++owner) rig.ask(owner);
    CHECK(rig.queue->waiting == 1000);
    SECTION("somebody resets it") { rig.tell(Kind::ResetBegan); }
    SECTION("a time-out") {
        rig.fire(7U | 1U << 16);
        CHECK(rig.all(EffectKind::Call).size() == 1);
    }
    CHECK(rig.parts > 64);
    CHECK(rig.all(EffectKind::Reply).size() == 4096);
    CHECK(rig.queue->pending == 0);
    CHECK(rig.queue->waiting == 1000);
    rig.tell(Kind::ResetDone);
    CHECK(rig.parts > 30);
    const auto served = rig.all(EffectKind::Submit);
    REQUIRE(served.size() == 1000);
    for (std::size_t i = 0; i < served.size(); ++i) CHECK(served[i].ticket == 6000 + i);
}

TEST_CASE("every request is answered once, whatever happens") {
    const std::string failure = tests::failure_of([] {
        Rig rig(5, 2);
        std::map<std::uint32_t, int> answered;
        std::map<std::uint16_t, std::uint32_t> on_queue;
        std::vector<std::uint32_t> timers{1};
        std::uint32_t owner = 0;
        bool resetting = false;
        const auto account = [&] {
            for (const Effect& effect : rig.effects) {
                const auto tag = static_cast<std::uint16_t>(effect.token);
                if (effect.kind == EffectKind::Reply) ++answered[effect.ticket];
                if (effect.kind == EffectKind::StartTimer) timers.push_back(effect.ticket);
                if (effect.kind == EffectKind::Call) RC_ASSERT(!resetting);
                if (effect.kind == EffectKind::Submit) {
                    RC_ASSERT(!rig.queue->resetting);
                    RC_ASSERT(on_queue.count(tag) == 0U);
                    on_queue[tag] = effect.ticket;
                }
            }
            if (rig.queue->resetting) on_queue.clear();
            resetting = rig.queue->resetting;
            RC_ASSERT(rig.queue->pending == on_queue.size());
        };
        for (int left = *rc::gen::inRange(0, 200); left != 0; --left) {
            const auto tag = static_cast<std::uint16_t>(*rc::gen::inRange(0, 6));
            switch (*rc::gen::inRange(0, 9)) {
                case 0:
                case 1: rig.ask(++owner); break;
                case 2: rig.ask(++owner, Kind::SubmitNow); break;
                case 3: rig.ask(++owner, Kind::SubmitAer); break;
                case 4:
                case 5:
                case 6:
                    rig.complete(tag);
                    on_queue.erase(tag);
                    break;
                case 7: rig.fire(*rc::gen::elementOf(timers)); break;
                default: rig.tell(resetting ? Kind::ResetDone : Kind::ResetBegan);
            }
            account();
        }
        rig.tell(Kind::ResetDone);
        account();
        while (!on_queue.empty()) {
            const std::uint16_t tag = on_queue.begin()->first;
            rig.complete(tag);
            on_queue.erase(tag);
            account();
        }
        RC_ASSERT(rig.queue->waiting == 0U);
        for (std::uint32_t i = 1; i <= owner; ++i) RC_ASSERT(answered[i] == 1);
    });
    INFO(failure);
    CHECK(failure.empty());
}
