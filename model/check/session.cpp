#include "model/check/session.hpp"

#include "model/vfio/machine.hpp"
#include "model/vfio/uapi.hpp"

namespace lmsim::check {

using vfio::MigState;

bool is_stopped(std::uint8_t vfio_state) {
    switch (static_cast<MigState>(vfio_state)) {
        case MigState::STOP:
        case MigState::STOP_COPY:
        case MigState::RESUMING: return true;
        default: return false;
    }
}

bool moves_state(std::uint8_t vfio_state, bool saving) {
    const auto state = static_cast<MigState>(vfio_state);
    return saving ? vfio::is_saving(state) : state == MigState::RESUMING;
}

bool is_arc(std::uint64_t from, std::uint64_t to, const spec::Rules& rules) {
    if (from >= vfio::state_count || to >= vfio::state_count) {
        return false;
    }
    if (static_cast<MigState>(to) == MigState::ERROR) {
        return true;
    }
    for (const vfio::DriverArc& arc : vfio::driver_arcs()) {
        if (static_cast<std::uint64_t>(arc.from) == from &&
            static_cast<std::uint64_t>(arc.to) == to && rules.on(arc.rule)) {
            return true;
        }
    }
    return false;
}

}  // namespace lmsim::check
