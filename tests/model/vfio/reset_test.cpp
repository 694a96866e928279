#include <cstdint>
#include <vector>

#include "model/vfio/machine.hpp"
#include "tests/model/vfio/rig.hpp"

using namespace lmsim;
using namespace lmsim::vfio;

TEST_CASE("a reset leads from every state to RUNNING") {
    for (std::uint32_t number = 0; number < state_count; ++number) {
        Rig rig = Rig::in(static_cast<MigState>(number));
        const auto answer = rig.step(reset(9));
        REQUIRE(answer);
        CHECK(answer->error == Errno::Ok);
        CHECK(answer->ticket == 9);
        CHECK(rig.device.state == MigState::RUNNING);
        CHECK(rig.device.session == Session::None);
    }
}

TEST_CASE("a reset at any point of a walk takes effect when the walk ends") {
    for (const std::uint8_t flags : golden::feature_sets) {
        for (const MigState from : golden::states(flags)) {
            for (const MigState to : golden::states(flags)) {
                const auto path = golden::path(from, to, flags);
                for (std::size_t at = 1; at < path.size(); ++at) {
                    CAPTURE(int{flags}, from, to, at);
                    Rig rig = Rig::in(from, flags);
                    rig.step(set_state(to, 3));
                    for (std::size_t hop = 1; hop < at; ++hop) {
                        rig.arc();
                    }
                    CHECK(rig.step(reset(4))->error == Errno::Ok);
                    CHECK(rig.effects.size() == 1);
                    CHECK(rig.device.state == path[at - 1]);
                    for (std::size_t hop = at; hop < path.size(); ++hop) {
                        const auto early = rig.answer();
                        CHECK((!early || early->ticket == 4));
                        rig.arc();
                    }
                    REQUIRE(rig.answer());
                    CHECK(rig.answer()->ticket == 3);
                    CHECK(rig.answer()->error == Errno::Ok);
                    CHECK(rig.device.state == MigState::RUNNING);
                    CHECK(rig.device.session == Session::None);
                    CHECK_FALSE(rig.device.reset_pending);
                }
            }
        }
    }
}

TEST_CASE("the descriptor that a SET returns after a reset is stale") {
    Rig rig;
    rig.step(set_state(MigState::PRE_COPY));
    rig.step(reset());
    const auto answer = rig.arc();
    REQUIRE(answer);
    CHECK(answer->error == Errno::Ok);
    REQUIRE(answer->result >= 0);
    CHECK(answer->third == static_cast<std::uint64_t>(MigState::RUNNING));
    CHECK(rig.step(read(static_cast<std::uint32_t>(answer->result), 1, 1))->error ==
          Errno::NoDevice);
}

TEST_CASE("a reset that waits also follows a SET that fails") {
    for (const bool fatal : {false, true}) {
        Rig rig = Rig::in(MigState::PRE_COPY);
        rig.step(set_state(MigState::STOP_COPY));
        rig.step(reset());
        const auto answer = rig.step(arc_done(rig.device.hop, Errno::Busy, fatal));
        CHECK(answer->error == Errno::Busy);
        CHECK(rig.device.state == MigState::RUNNING);
        CHECK(rig.device.session == Session::None);
        CHECK(rig.all(EffectKind::CloseSession).size() == 1);
    }
}

TEST_CASE("without the deferral a reset waits for its turn") {
    Rig rig;
    rig.rules.set_on(spec::Id::VfioResetDeferred, false);
    rig.step(set_state(MigState::STOP));
    CHECK(rig.step(reset())->waits());
    CHECK_FALSE(rig.device.reset_pending);
    rig.arc();
    rig.arc();
    CHECK(rig.device.state == MigState::STOP);
    CHECK_FALSE(rig.step(reset())->waits());
    CHECK(rig.device.state == MigState::RUNNING);
}

TEST_CASE("logging survives a reset and ends with the device's last descriptor") {
    Rig rig;
    rig.step(log_start());
    rig.step(enable_precopy_info_v2());
    rig.step(reset());
    CHECK(rig.device.logging);
    CHECK(rig.device.precopy_info_v2);
    rig.set(MigState::STOP_COPY);
    CHECK(rig.step(close_device())->error == Errno::Ok);
    CHECK(rig.all(EffectKind::CloseSession).size() == 1);
    CHECK(rig.device.state == MigState::RUNNING);
    CHECK_FALSE(rig.device.logging);
    CHECK_FALSE(rig.device.precopy_info_v2);
}
