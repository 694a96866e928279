#include <cstdint>
#include <vector>

#include "model/vfio/machine.hpp"
#include "tests/model/vfio/rig.hpp"

using namespace lmsim;
using namespace lmsim::vfio;

namespace {

template <class Visit>
void for_each_walk(Visit&& visit) {
    for (const std::uint8_t flags : golden::feature_sets) {
        for (const MigState from : golden::states(flags)) {
            for (const MigState to : golden::states(flags)) {
                const auto path = golden::path(from, to, flags);
                if (from != to && !path.empty()) {
                    visit(flags, path);
                }
            }
        }
    }
}

/// Brings a device to the path's first state and begins the SET of its last.
Rig begin(std::uint8_t flags, const std::vector<MigState>& path) {
    Rig rig = Rig::in(path.front(), flags);
    rig.step(set_state(path.back(), 77));
    return rig;
}

}  // namespace

TEST_CASE("a SET walks the whole path, one driver arc at a time") {
    for_each_walk([](std::uint8_t flags, const std::vector<MigState>& path) {
        CAPTURE(int{flags}, path);
        Rig rig = begin(flags, path);
        for (std::size_t hop = 1; hop < path.size(); ++hop) {
            CAPTURE(hop);
            REQUIRE(rig.device.state == path[hop - 1]);
            const auto arcs = rig.all(EffectKind::DriverArc);
            REQUIRE(arcs.size() == 1);
            CHECK(arcs[0].token == static_cast<std::uint64_t>(path[hop - 1]));
            CHECK(arcs[0].token2 == static_cast<std::uint64_t>(path[hop]));
            CHECK(arcs[0].ticket == hop);
            CHECK_FALSE(rig.answer());
            rig.step(arc_done(arcs[0].ticket));
            const auto entered = rig.all(EffectKind::EnterState);
            REQUIRE(entered.size() == 1);
            CHECK(entered[0].token == static_cast<std::uint64_t>(path[hop]));
            CHECK(entered[0].token2 == static_cast<std::uint64_t>(path[hop - 1]));
        }
        REQUIRE(rig.answer());
        CHECK(rig.answer()->error == Errno::Ok);
        CHECK(rig.answer()->ticket == 77);
        CHECK(rig.device.state == path.back());
        CHECK_FALSE(walking(rig.device));
    });
}

TEST_CASE("an arc that fails leaves a state of the path, or ERROR") {
    for_each_walk([](std::uint8_t flags, const std::vector<MigState>& path) {
        for (std::size_t failing = 1; failing < path.size(); ++failing) {
            for (const bool fatal : {false, true}) {
                CAPTURE(int{flags}, path, failing, fatal);
                Rig rig = begin(flags, path);
                for (std::size_t hop = 1; hop < failing; ++hop) {
                    rig.arc();
                }
                const Session session = rig.device.session;
                const auto answer = rig.step(arc_done(rig.device.hop, Errno::TimedOut, fatal));
                REQUIRE(answer);
                CHECK(answer->error == Errno::TimedOut);
                CHECK(answer->result == -1);
                CHECK(rig.device.state == (fatal ? MigState::ERROR : path[failing - 1]));
                CHECK(rig.device.session == (fatal ? Session::None : session));
                CHECK_FALSE(walking(rig.device));
            }
        }
    });
}

TEST_CASE("after a failed arc the user may retry, go elsewhere or reset") {
    Rig rig = Rig::in(MigState::RUNNING);
    rig.step(set_state(MigState::STOP_COPY));
    rig.arc();
    rig.step(arc_done(rig.device.hop, Errno::Busy));
    REQUIRE(rig.device.state == MigState::RUNNING_P2P);

    Rig retry = rig;
    CHECK(retry.set(MigState::STOP_COPY).error == Errno::Ok);
    CHECK(retry.walked ==
          std::vector<MigState>{MigState::RUNNING_P2P, MigState::STOP, MigState::STOP_COPY});
    Rig elsewhere = rig;
    CHECK(elsewhere.set(MigState::RUNNING).error == Errno::Ok);
    rig.step(reset());
    CHECK(rig.device.state == MigState::RUNNING);
}

TEST_CASE("a fatal failure without a number is an I/O error") {
    Rig rig;
    rig.step(set_state(MigState::STOP));
    CHECK(rig.step(arc_done(rig.device.hop, Errno::Ok, true))->error == Errno::Io);
    CHECK(rig.device.state == MigState::ERROR);
}

TEST_CASE("a SET of the current state succeeds without an arc") {
    for (const MigState state : golden::states(all_mig_flags)) {
        Rig rig = Rig::in(state);
        const DeviceState before = rig.device;
        const auto answer = rig.step(set_state(state));
        REQUIRE(answer);
        CHECK(answer->error == Errno::Ok);
        CHECK(answer->result == -1);
        CHECK(rig.effects.size() == 1);
        CHECK(packed_equal(rig.device, before));
    }
    Rig rig = Rig::in(MigState::ERROR);
    CHECK(rig.step(set_state(MigState::ERROR))->error == Errno::Ok);
}

TEST_CASE("a SET that cannot begin changes nothing") {
    for (const std::uint8_t flags : golden::feature_sets) {
        for (const MigState from : golden::states(flags)) {
            for (std::uint32_t target = 0; target < 256; ++target) {
                const auto number = static_cast<std::uint32_t>(from);
                if (target == number || golden::next_state(number, target, flags) != 0) {
                    continue;
                }
                CAPTURE(int{flags}, from, target);
                Rig rig = Rig::in(from, flags);
                const DeviceState before = rig.device;
                const auto answer = rig.step(set_state(target));
                REQUIRE(answer);
                CHECK(answer->error == Errno::Invalid);
                CHECK(answer->result == -1);
                CHECK(packed_equal(rig.device, before));
            }
        }
    }
}

TEST_CASE("only a reset leads out of ERROR") {
    for (std::uint32_t target = 1; target < 300; ++target) {
        Rig rig = Rig::in(MigState::ERROR);
        CHECK(rig.step(set_state(target))->error == Errno::Invalid);
        CHECK(rig.device.state == MigState::ERROR);
    }
    Rig rig = Rig::in(MigState::ERROR);
    CHECK(rig.step(get_state())->third == static_cast<std::uint64_t>(MigState::ERROR));
    CHECK(rig.step(reset())->error == Errno::Ok);
    CHECK(rig.device.state == MigState::RUNNING);
}

TEST_CASE("GET tells the state and no descriptor") {
    for (const MigState state : golden::states(all_mig_flags)) {
        Rig rig = Rig::in(state);
        const auto answer = rig.step(get_state(5));
        REQUIRE(answer);
        CHECK(answer->error == Errno::Ok);
        CHECK(answer->result == -1);
        CHECK(answer->third == static_cast<std::uint64_t>(state));
        CHECK(answer->ticket == 5);
    }
}

TEST_CASE("what needs the migration state waits while a SET is under way") {
    Rig rig;
    rig.step(set_state(MigState::STOP));
    const DeviceState before = rig.device;
    const Event events[] = {set_state(MigState::RUNNING),
                            get_state(),
                            data_size(1),
                            precopy_info(2, 0, 0),
                            log_start(),
                            log_stop(),
                            log_report(),
                            close_device()};
    for (const Event& event : events) {
        CAPTURE(static_cast<int>(event.kind));
        const auto answer = rig.step(event);
        REQUIRE(answer);
        CHECK(answer->waits());
        CHECK(packed_equal(rig.device, before));
    }
}

TEST_CASE("an answer for an arc that is not in flight is ignored") {
    Rig rig;
    rig.step(arc_done(1));
    CHECK(rig.effects.empty());
    rig.step(set_state(MigState::STOP));
    const std::uint8_t first = rig.device.hop;
    rig.step(arc_done(first));
    rig.step(arc_done(first));  // once more
    CHECK(rig.effects.empty());
    CHECK(rig.device.state == MigState::RUNNING_P2P);
    rig.step(arc_done(first + 2U, Errno::Io, true));
    CHECK(rig.device.state == MigState::RUNNING_P2P);
}
