#include <algorithm>
#include <deque>
#include <vector>

#include "model/host/pf_submit.hpp"
#include "model/host/rfc/driver_rules.hpp"
#include "model/host/udmq.hpp"
#include "tests/catch.hpp"
#include "tests/model/nvme/udmq.hpp"

using namespace lmsim;
using namespace lmsim::host;
using namespace lmsim::nvme::bench;
using spec::Id;

namespace {

constexpr std::uint64_t ring_at = LogRig::ring_base;
constexpr std::uint32_t slots = 8;

/// A host of the ratified device that logs the first VF, with one AER as Linux has; it goes by the
/// rules that driver_rules() makes of `rules`.
struct LogHost {
    LogRig rig{0};
    Udmq log;
    spec::Rules taken;
    std::uint16_t aer_cid = 0xffff;
    std::deque<Effect> looks;
    std::vector<std::uint64_t> blocks;  // that entries told of
    int lost = 0;
    int events = 0;

    explicit LogHost(const spec::Rules& rules) : taken(driver_rules(rules)) {
        log.cntlid = 1;
        log.entries = slots;
        log.batch = 3;
        log.base = ring_at;
        send_aer();
    }
    void send_aer() {
        aer_cid = rig.pf.submit(0, wire::encode(wire::Aer{}, taken));
        REQUIRE(rig.bench.run());
    }
    void give(UdmqEvent event) {
        Effects effects;
        step(log, event, taken, effects);
        for (const Effect& effect : effects) {
            perform(effect);
        }
    }
    void give(UdmqEvent::Kind kind) {
        UdmqEvent event;
        event.kind = kind;
        event.ticket = 9;
        give(event);
    }
    void perform(const Effect& effect) {
        if (effect.kind == EffectKind::Submit) {
            rig.pf.submit(0, command(log, effect, taken));
            waiting.push_back(effect);
        } else if (effect.kind == EffectKind::Report) {
            const auto what = static_cast<LogReport>(effect.token);
            lost += what == LogReport::Lost ? 1 : 0;
            if (what == LogReport::Range) {
                blocks.push_back(effect.address);
            }
        } else if (effect.kind == EffectKind::Call) {
            const auto what = static_cast<LogCall>(effect.token);
            if (what == LogCall::Look) {
                looks.push_back(effect);
            } else if (what == LogCall::ZeroRing) {
                const std::vector<std::uint8_t> zeros(32 * slots);
                rig.pf.memory().write(ring_at, zeros.data(), zeros.size());
            }
        }
    }
    void look() {
        const Effect effect = looks.front();
        looks.pop_front();
        const auto bytes = rig.pf.memory().bytes(ring_at + 32 * effect.address, 32 * effect.length);
        UdmqEvent event;
        event.kind = UdmqEvent::Kind::Looked;
        event.count = static_cast<std::uint32_t>(effect.length);
        event.bytes = bytes.data();
        give(event);
    }
    void took(const wire::Cqe& cqe) {
        if (cqe.cid != aer_cid) {
            REQUIRE_FALSE(waiting.empty());
            UdmqEvent event;
            event.ticket = waiting.front().ticket;
            event.status = cqe.status;
            event.dw0 = cqe.dw0;
            waiting.pop_front();
            return give(event);
        }
        ++events;
        aer_cid = 0xffff;
        const wire::AerResult event = wire::decode_aer_result(cqe, taken);
        const bool claims = log.state != LogState::Off && event.cdqid == log.cdqid;
        if (resubmits_aer(PfError::None, event, claims, taken)) {
            send_aer();
        }
        if (claims) {
            give(event.is(wire::CdqEvent::FullError, taken) ? UdmqEvent::Kind::Full
                                                            : UdmqEvent::Kind::Tail);
        }
    }
    /// A command of somebody else's on the same queue, to its completion.
    void admin(const wire::Sqe& sqe) {
        const std::uint16_t cid = rig.pf.submit(0, sqe);
        REQUIRE(rig.bench.run());
        for (const wire::Cqe& cqe : rig.pf.reap(0)) {
            if (cqe.cid == cid) {
                CHECK(cqe.status == 0);
            } else {
                took(cqe);
            }
        }
    }
    void settle() {
        for (int left = 1000; left != 0; --left) {
            REQUIRE(rig.bench.run());
            const auto done = rig.pf.reap(0);
            for (const wire::Cqe& cqe : done) {
                took(cqe);
            }
            if (!looks.empty()) {
                look();
            } else if (done.empty()) {
                return;
            }
        }
        FAIL("the log does not come to rest");
    }
    void start() {
        give(UdmqEvent::Kind::Start);
        settle();
        REQUIRE(log.state == LogState::Logging);
    }
    /// The VF writes blocks from..to, one after the other.
    void change(std::uint64_t from, std::uint64_t to) {
        for (std::uint64_t block = from; block <= to; ++block) {
            rig.write(block);
            settle();
        }
    }
    std::deque<Effect> waiting;
};

std::vector<std::uint64_t> up_to(std::uint64_t last) {
    std::vector<std::uint64_t> list;
    for (std::uint64_t block = 1; block <= last; ++block) {
        list.push_back(block);
    }
    return list;
}

spec::Rules with(Id defect) {
    spec::Rules rules;
    rules.set_on(defect, true);
    return rules;
}

}  // namespace

TEST_CASE("without a defect every change is told, by events, over many turns of the ring",
          "[rfc]") {
    LogHost host{spec::Rules{}};
    host.start();
    host.change(1, 40);
    CHECK(host.events >= 12);
    CHECK(host.lost == 0);
    const auto suspend = wire::MigrationSend::suspend(1, wire::SuspendType::Suspend);
    host.admin(wire::encode(suspend, host.taken));
    host.give(UdmqEvent::Kind::Suspended);
    host.settle();
    CHECK(host.blocks == up_to(40));
}

TEST_CASE("a trigger that is never armed brings no event: the ring fills (R004-13)", "[rfc]") {
    LogHost host(with(Id::RfcNeverArmed));
    host.start();
    host.change(1, 4);
    CHECK(host.events == 0);
    CHECK(host.blocks.empty());
    host.change(5, 9);
    CHECK(host.events == 1);  // it is full
    CHECK(host.lost == 1);
}

TEST_CASE("a head that never moves lets the ring fill (R004-31)", "[rfc]") {
    LogHost host(with(Id::RfcHeadNeverMoves));
    host.start();
    host.change(1, 20);
    CHECK(host.lost == 1);
    CHECK(host.log.full);
    CHECK(host.blocks.size() < slots);
}

TEST_CASE("a full ring that nobody hears of loses changes (R004-16)", "[rfc]") {
    for (const bool posted : {false, true}) {
        LogHost host(posted ? with(Id::RfcFullUnheard) : spec::Rules{});
        host.start();
        // The host is busy: it takes no completion while the VF goes on.
        for (std::uint64_t block = 1; block <= 20; ++block) {
            host.rig.write(block);
        }
        host.settle();
        CHECK(host.blocks != up_to(20));
        CHECK(host.lost == (posted ? 0 : 1));
    }
}

TEST_CASE("a ring that is not zeroed is read for what was there (R004-08)", "[rfc]") {
    for (const bool posted : {false, true}) {
        LogHost host(posted ? with(Id::RfcRingNotZeroed) : spec::Rules{});
        wire::UdmqEntry stale = range(777, 1);
        stale.phase = true;
        std::uint8_t bytes[32];
        wire::encode(stale, bytes, host.taken);
        for (std::uint64_t slot = 0; slot < slots; ++slot) {
            host.rig.pf.memory().write(ring_at + 32 * slot, bytes, sizeof bytes);
        }
        host.start();
        host.change(1, 3);
        const bool told = std::count(host.blocks.begin(), host.blocks.end(), 777) != 0;
        CHECK(told == posted);
    }
}

TEST_CASE("an AER that no queue claims is the last one (R004-15)", "[rfc]") {
    for (const bool posted : {false, true}) {
        LogHost host(posted ? with(Id::RfcOneShotEndsAers) : spec::Rules{});
        host.start();
        // A queue of the other VF's, which somebody else has; its event comes first.
        REQUIRE(host.rig.create(2, ring_at + 4096, slots) == 0);
        const auto other = static_cast<std::uint16_t>(host.log.cdqid + 1);
        wire::CdqFeature feature{other, 0};
        feature.etpt = true;
        host.admin(wire::encode_set_cdq_feature(feature, host.taken));
        host.admin(host.rig.track_send(wire::LogAction::Start, other));  // its first entry: slot 0
        host.settle();
        CHECK(host.events == 1);
        host.change(1, 4);
        CHECK((host.aer_cid == 0xffff) == posted);
        CHECK((host.events > 1) == !posted);
        CHECK(host.blocks.empty() == posted);
    }
}

TEST_CASE("which AERs are sent again", "[rfc]") {
    const spec::Rules right;
    const spec::Rules posted = with(Id::RfcOneShotEndsAers);
    const auto tail = wire::AerResult::of(wire::CdqEvent::TailPointer, 3, right);
    const auto full = wire::AerResult::of(wire::CdqEvent::FullError, 3, right);
    wire::AerResult notice;
    notice.type = 2;
    for (const bool claims : {false, true}) {
        CHECK(resubmits_aer(PfError::None, tail, claims, right));
        CHECK(resubmits_aer(PfError::None, full, claims, right));
        CHECK(resubmits_aer(PfError::None, tail, claims, posted) == claims);
        CHECK_FALSE(resubmits_aer(PfError::None, full, claims, posted));
        CHECK(resubmits_aer(PfError::None, notice, claims, posted));
        CHECK_FALSE(resubmits_aer(PfError::Reset, tail, claims, right));
    }
}
