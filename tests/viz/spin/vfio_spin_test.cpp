#include <array>
#include <cstdint>
#include <deque>
#include <set>

#include "model/vfio/event.hpp"
#include "tests/viz/spin/spin.hpp"
#include "viz/spin/promela.hpp"

using namespace lmsim;
using namespace lmsim::viz::test;
using vfio::DeviceState;
using vfio::Event;

namespace {

/// What is counted as one state: all of a device but its counters, see docs/spin.md.
using Key = std::array<std::uint8_t, 11>;

Key key_of(const DeviceState& device) {
    const auto byte = [](auto value) { return static_cast<std::uint8_t>(value); };
    return {byte(device.state),   byte(walking(device)),       byte(device.next),
            byte(device.target),  byte(device.reset_pending),  byte(device.reply_fault),
            byte(device.session), byte(device.fd_open),        byte(device.ended),
            byte(device.logging), byte(device.precopy_info_v2)};
}

/// Reachability by the step function of the model.
class Reach {
  public:
    std::size_t states = 0;
    std::size_t moves = 0;

    Reach(std::uint8_t flags, const spec::Rules& rules) : rules_(rules) {
        DeviceState first = vfio::make_device(flags, true);
        first.sessions = 1;
        add(first);
        while (!open_.empty()) {
            const DeviceState device = open_.front();
            open_.pop_front();
            expand(device);
        }
        states = seen_.size();
    }

  private:
    void add(const DeviceState& device) {
        if (seen_.insert(key_of(device)).second) {
            open_.push_back(device);
        }
    }

    /// A call that waits has not happened. Of one that is `optional` only changes count.
    void take(const DeviceState& before, const Event& event, bool optional = false) {
        DeviceState device = before;
        Effects effects;
        vfio::step(device, event, rules_, effects);
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Reply && (effect.flags & vfio::reply_waits) != 0) {
                return;
            }
        }
        device.hop = device.hop != 0 ? 1 : 0;
        device.sessions = 1;
        moves += !optional || key_of(device) != key_of(before) ? 1 : 0;
        add(device);
    }

    void expand(const DeviceState& device) {
        for (std::uint32_t target = 0; target <= vfio::state_count; ++target) {
            for (const bool fault : {false, true}) {
                Event event = vfio::set_state(target);
                event.reply_fault = fault;
                take(device, event);
            }
        }
        take(device, vfio::reset());
        take(device, vfio::close_device());
        const bool resuming = device.session == vfio::Session::Resuming;
        const std::uint32_t fd = vfio::data_fd(device.sessions, resuming);
        take(device, vfio::close_fd(fd), true);
        take(device, vfio::read(fd, 1, 0), true);
        take(device, vfio::log_start(), true);
        take(device, vfio::log_stop(), true);
        take(device, vfio::enable_precopy_info_v2(), true);
        if (walking(device)) {
            take(device, vfio::arc_done(device.hop));
            take(device, vfio::arc_done(device.hop, vfio::Errno::Busy));
            take(device, vfio::arc_done(device.hop, vfio::Errno::Io, true));
        }
    }

    const spec::Rules& rules_;
    std::set<Key> seen_;
    std::deque<DeviceState> open_;
};

std::string model_of(const viz::Dialect& dialect) {
    return viz::promela(*viz::find_machine("vfio"), dialect);
}

}  // namespace

TEST_CASE("Spin and the model count the same states of a VFIO device", "[spin]") {
    if (!has_spin()) {
        return;
    }
    const struct {
        std::uint8_t flags;
        std::size_t states;
    } sets[] = {{1, 210}, {3, 308}, {5, 620}, {7, 1176}};
    for (const auto& set : sets) {
        viz::Dialect dialect;
        dialect.features = set.flags;
        const Reach reach(set.flags, dialect.rules);
        const Verified spin = verify(model_of(dialect));
        INFO(int{set.flags} << "\n" << spin.output);
        CHECK(spin.errors == 0);
        CHECK(spin.states == reach.states);
        CHECK(spin.transitions == reach.moves + 1);
        CHECK(reach.states == set.states);
    }
}

TEST_CASE("under other rules they count the same too", "[spin]") {
    if (!has_spin()) {
        return;
    }
    using spec::Id;
    for (const Id off : {Id::VfioArcReset, Id::VfioArcPreCopyP2pStopCopy, Id::VfioPathNoRestart,
                         Id::VfioPathNoSavingInterior, Id::VfioSetFdNotLast, Id::VfioResetDeferred,
                         Id::VfioOneAtATime, Id::VfioFeatureFault}) {
        viz::Dialect dialect;
        dialect.rules.set_on(off, false);
        const Reach reach(vfio::all_mig_flags, dialect.rules);
        const Verified spin = verify(model_of(dialect));
        INFO(spec::index(off) << "\n" << spin.output);
        CHECK(spin.states == reach.states);
        CHECK(spin.transitions == reach.moves + 1);
    }
}

TEST_CASE("a SET ends, and a reset during it takes effect", "[spin]") {
    if (!has_spin()) {
        return;
    }
    CHECK(verify(model_of({}), "set_ends").errors == 0);
    CHECK(verify(model_of({}), "reset_runs").errors == 0);
    viz::Dialect dialect;
    dialect.rules.set_on(spec::Id::VfioArcReset, false);
    CHECK(verify(model_of(dialect), "reset_runs").errors != 0);
}
