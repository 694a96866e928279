#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/arc.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"
#include "model/vfio/device.hpp"

namespace lmsim::vfio {

/// All rows of the device migration machine: driver arcs, reset, failure.
fsm::ArcList arcs();

/// Takes the driver arc to `target`, sessions included. False when no arc leads there.
bool take_arc(DeviceState& device, MigState target, const spec::Rules& rules, Effects& effects);

/// VFIO_DEVICE_RESET took place: RUNNING, no session.
void take_reset(DeviceState& device, const spec::Rules& rules, Effects& effects);

/// A driver arc failed beyond repair: ERROR, no session.
void take_failure(DeviceState& device, const spec::Rules& rules, Effects& effects);

/// Ends the session, if there is one: its data_fd is stale from now on.
void end_session(DeviceState& device, Effects& effects);

/// An arc that a driver implements, where its flags include `needs` and nothing of `forbids`.
struct DriverArc {
    MigState from;
    MigState to;
    std::uint8_t needs;
    std::uint8_t forbids;
    spec::Id rule;

    bool exists(std::uint8_t flags, const spec::Rules& rules) const {
        return (flags & needs) == needs && (flags & forbids) == 0 && rules.on(rule);
    }
};
inline constexpr std::size_t driver_arc_count = 18;

/// The driver arcs of all feature sets, read out of the machine's table.
const std::array<DriverArc, driver_arc_count>& driver_arcs();

/// Bit t of element s: the driver has an arc from state s to state t.
std::array<std::uint8_t, state_count> successors(std::uint8_t flags, const spec::Rules& rules);

/// The next state on a walk, or why there is none.
struct NextState {
    Errno error = Errno::Ok;
    MigState state = MigState::ERROR;
};

/// The next hop of a SET from `current` to `target`, both as raw numbers: along the shortest path,
/// under the path rules of the uAPI. Invalid where there is none, or a state is not supported. The
/// same answer as vfio_mig_get_next_state() of Linux, derived from the arcs.
NextState next_state(std::uint32_t current, std::uint32_t target, std::uint8_t flags,
                     const spec::Rules& rules);

/// The states of a whole walk, `from` and `to` included. `size` is 0 when there is no path.
struct Path {
    std::array<MigState, state_count> states{};
    std::size_t size = 0;
};
Path find_path(MigState from, MigState to, std::uint8_t flags, const spec::Rules& rules);

}  // namespace lmsim::vfio
