#include <cstdint>
#include <vector>

#include "model/vfio/machine.hpp"
#include "tests/model/vfio/rig.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::vfio;

namespace {

/// What a user of the device may believe, kept beside it and compared after every step.
struct Reference {
    bool set_under_way = false;
    std::uint32_t set_ticket = 0;
    int open_sessions = 0;
    std::uint64_t open_fd = 0;

    void check(const Rig& rig, const Event& event) {
        int replies = 0;
        for (const Effect& effect : rig.effects) {
            if (effect.kind == EffectKind::OpenSession) {
                RC_ASSERT(++open_sessions == 1);
                open_fd = effect.token2;
            } else if (effect.kind == EffectKind::CloseSession) {
                RC_ASSERT(--open_sessions == 0);
                RC_ASSERT(effect.token2 == open_fd);
            } else if (effect.kind == EffectKind::DriverArc) {
                const auto next = successors(rig.device.flags, rig.rules)[effect.token];
                RC_ASSERT(((next >> effect.token2) & 1U) == 1U);
                RC_ASSERT(effect.ticket == rig.device.hop);
            } else if (effect.kind == EffectKind::Reply) {
                ++replies;
                reply(rig, event, effect);
            }
        }
        const bool answers_later = event.kind == EventKind::ArcDone ||
                                   (event.kind == EventKind::SetState && walking(rig.device));
        RC_ASSERT(replies == 1 || (replies == 0 && answers_later));
        state(rig.device);
    }

    void reply(const Rig& rig, const Event& event, const Effect& effect) {
        const bool of_set = event.kind == EventKind::SetState || event.kind == EventKind::ArcDone;
        if (!of_set || (effect.flags & reply_waits) != 0) {
            return;
        }
        if (effect.token2 != ~std::uint64_t{0}) {
            // A descriptor: the last thing that was opened, in the state that was asked for, or
            // stale because of a reset.
            RC_ASSERT(effect.token == 0U);
            RC_ASSERT(effect.token2 == open_fd);
            RC_ASSERT(open_sessions == 1 || rig.device.state == MigState::RUNNING);
        }
    }

    void state(const DeviceState& device) const {
        const bool streams = is_saving(device.state) || device.state == MigState::RESUMING;
        RC_ASSERT((device.session != Session::None) == streams);
        RC_ASSERT((device.session == Session::Resuming) == (device.state == MigState::RESUMING));
        RC_ASSERT((open_sessions == 1) == device.fd_open);
        RC_ASSERT(!device.fd_open || streams);
        RC_ASSERT(supported(device.state, device.flags) || device.state == MigState::ERROR);
        RC_ASSERT(device.hop < state_count);
        RC_ASSERT(!device.reset_pending || walking(device));
    }
};

Event random_event(const DeviceState& device) {
    const auto kind = *rc::gen::weightedElement<EventKind>({
        {8, EventKind::SetState},
        {16, EventKind::ArcDone},
        {2, EventKind::GetState},
        {1, EventKind::Reset},
        {1, EventKind::CloseDevice},
        {3, EventKind::Read},
        {3, EventKind::Write},
        {1, EventKind::CloseFd},
        {1, EventKind::PrecopyInfo},
        {1, EventKind::OtherFdIoctl},
        {1, EventKind::DataSize},
        {1, EventKind::EnablePrecopyInfoV2},
        {1, EventKind::LogStart},
        {1, EventKind::LogStop},
        {1, EventKind::LogReport},
    });
    Event event = make_event(kind, *rc::gen::inRange<std::uint32_t>(0, 100));
    event.target = *rc::gen::weightedOneOf<std::uint32_t>(
        {{20, rc::gen::inRange<std::uint32_t>(0, 9)}, {1, rc::gen::arbitrary<std::uint32_t>()}});
    if (kind == EventKind::ArcDone) {
        event.ticket = *rc::gen::weightedElement<std::uint32_t>(
            {{20, device.hop}, {1, device.hop + 1U}, {1, 0U}});
        event.error = *rc::gen::weightedElement<Errno>({{8, Errno::Ok}, {1, Errno::Busy}});
        event.fatal = *rc::gen::weightedElement<bool>({{20, false}, {1, true}});
    }
    event.fd = data_fd(device.sessions, *rc::gen::arbitrary<bool>()) +
               *rc::gen::weightedElement<std::uint32_t>({{8, 0U}, {1, 2U}, {1, ~1U}});
    event.length = *rc::gen::inRange<std::uint64_t>(0, 3);
    event.available = *rc::gen::inRange<std::uint64_t>(0, 3);
    event.argsz = *rc::gen::element<std::uint32_t>(0, 24);
    event.reply_fault = *rc::gen::weightedElement<bool>({{20, false}, {1, true}});
    event.fault = *rc::gen::weightedElement<bool>({{20, false}, {1, true}});
    event.producing = *rc::gen::arbitrary<bool>();
    return event;
}

/// Gives every SET under way its answers, all good.
void finish(Rig& rig, Reference& reference) {
    for (int hop = 0; walking(rig.device); ++hop) {
        RC_ASSERT(hop < 8);
        const Event event = arc_done(rig.device.hop);
        rig.step(event);
        reference.check(rig, event);
    }
}

}  // namespace

TEST_CASE("whatever a user and a driver do, a device keeps its invariants") {
    CHECK(lmsim::tests::failure_of([] {
              Rig rig(*rc::gen::element<std::uint8_t>(1, 3, 5, 7), *rc::gen::arbitrary<bool>());
              Reference reference;
              const int steps = *rc::gen::inRange(1, 200);
              for (int i = 0; i < steps; ++i) {
                  const Event event = random_event(rig.device);
                  rig.step(event);
                  reference.check(rig, event);
              }
              finish(rig, reference);
              // From anywhere, a reset and a SET lead to a working migration.
              rig.step(reset());
              reference.check(rig, reset());
              RC_ASSERT(rig.set(MigState::STOP_COPY).error == Errno::Ok);
              RC_ASSERT(rig.device.state == MigState::STOP_COPY);
          }) == "");
}

TEST_CASE("a packed device is the device") {
    CHECK(lmsim::tests::failure_of([] {
              Rig rig;
              const int steps = *rc::gen::inRange(1, 50);
              for (int i = 0; i < steps; ++i) {
                  rig.step(random_event(rig.device));
              }
              const Packed<DeviceState> packed(rig.device);
              DeviceState copy;
              RC_ASSERT(unpack(packed.bytes.data(), packed.size, copy) == packed.size);
              RC_ASSERT(packed_equal(copy, rig.device));
              Rig other;
              other.device = copy;
              const Event event = random_event(copy);
              rig.step(event);
              other.step(event);
              RC_ASSERT(packed_equal(other.device, rig.device));
          }) == "");
}

TEST_CASE("with any rules switched off a device still never breaks down") {
    CHECK(lmsim::tests::failure_of([] {
              Rig rig;
              for (std::size_t i = 0; i < spec::row_count; ++i) {
                  if (*rc::gen::weightedElement<bool>({{15, false}, {1, true}})) {
                      rig.rules.set_on(static_cast<spec::Id>(i), false);
                  }
              }
              const int steps = *rc::gen::inRange(1, 100);
              for (int i = 0; i < steps; ++i) {
                  rig.step(random_event(rig.device));
                  RC_ASSERT(rig.device.hop < 2 * state_count);
              }
          }) == "");
}
