#include "tests/model/host/vmm/toy.hpp"

using namespace lmsim;
using namespace lmsim::host::vmm;
using namespace lmsim::host::vmm::test;

namespace {

/// A destination alone, its calls answered at once.
struct Alone {
    Config config = world(1).config;
    spec::Rules rules;
    Destination<1> side;
    std::vector<Effect> calls;
    int fail_call = -1;

    void give(const Event& event) {
        Effects effects;
        step(side, event, config, rules, effects);
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Call) {
                calls.push_back(effect);
                const int error = static_cast<int>(calls.size()) - 1 == fail_call ? 22 : 0;
                give(answer(effect.ticket, 0, error));
            }
        }
    }
    void message(Message what, std::uint64_t length = 0, Marker marker = Marker::EndOfState) {
        Event event = occurrence(EventKind::Message, 0);
        event.message = what;
        event.device = what == Message::DeviceData ? 0 : no_device;
        event.length = length;
        event.marker = marker;
        give(event);
    }
    Call last() const { return static_cast<Call>(calls.back().token); }
};

}  // namespace

TEST_CASE("initial data that nobody asked for is an error", "[vmm]") {
    Alone alone;
    alone.config.switchover_ack = true;
    const auto sent = [&] {
        alone.give(occurrence(EventKind::Start, 0));
        alone.message(Message::Header);
        alone.message(Message::DeviceData, 0, Marker::InitDataSent);
    };
    SECTION("switchover-ack is off") {
        alone.config.switchover_ack = false;
        sent();
        CHECK(alone.side.control.flow.outcome == Outcome::Failed);
    }
    SECTION("the device here has no pre-copy") {
        alone.config.features[0] = vfio::STOP_COPY_FLAG;
        sent();
        CHECK(alone.side.control.flow.outcome == Outcome::Failed);
    }
    SECTION("twice") {
        sent();
        CHECK(alone.last() == Call::SendMessage);
        CHECK(alone.calls.back().token2 == static_cast<std::uint64_t>(Message::Ack));
        CHECK(ready_for_message(alone.side.control));
        alone.message(Message::DeviceData, 0, Marker::InitDataSent);
        CHECK(alone.side.control.flow.outcome == Outcome::Failed);
    }
}

TEST_CASE("a stream that ends early releases the devices", "[vmm]") {
    Alone alone;
    alone.give(occurrence(EventKind::Start, 0));
    SECTION("before its header nothing was touched") {
        alone.give(occurrence(EventKind::ChannelClosed, 0));
        CHECK(alone.calls.empty());
    }
    SECTION("after its header") {
        alone.message(Message::Header);
        alone.give(occurrence(EventKind::ChannelClosed, 0));
        CHECK(alone.last() == Call::ReleaseDevice);
    }
    SECTION("without exit-on-error the devices stay") {
        alone.config.exit_on_error = false;
        alone.message(Message::Header);
        alone.give(occurrence(EventKind::ChannelClosed, 0));
        CHECK(alone.last() == Call::SendMessage);
        CHECK(alone.side.device[0].state == MigState::RESUMING);
    }
    CHECK(alone.side.control.flow.outcome == Outcome::Failed);
    CHECK(alone.side.control.flow.finished);
    CHECK_FALSE(ready_for_message(alone.side.control));
}

TEST_CASE("RESUMING that fails goes back to RUNNING, is told, and releases", "[vmm]") {
    Alone alone;
    alone.fail_call = 0;
    alone.give(occurrence(EventKind::Start, 0));
    alone.message(Message::Header);
    REQUIRE(alone.calls.size() == 4);
    CHECK(alone.calls[1].token2 == static_cast<std::uint64_t>(MigState::RUNNING));
    CHECK(alone.calls[2].token2 == static_cast<std::uint64_t>(Message::Shut));
    CHECK(alone.calls[2].token3 == 22);
    CHECK(static_cast<Call>(alone.calls[3].token) == Call::ReleaseDevice);
}

TEST_CASE("without a return path nobody is told", "[vmm]") {
    Alone alone;
    alone.config.return_path = false;
    alone.give(occurrence(EventKind::Start, 0));
    alone.message(Message::Header);
    alone.message(Message::End);
    CHECK(vm_runs(alone.side.control));
    for (const Effect& call : alone.calls) {
        CHECK(static_cast<Call>(call.token) != Call::SendMessage);
    }
}
