#pragma once

#include <cstdint>

#include "model/nvme/machines.hpp"
#include "model/nvme/state.hpp"

namespace lmsim::nvme {

/// Why a controller is still being suspended. A completion queue without room is the one reason
/// that lasts: only the guest ends it, whose vCPUs may have stopped (NVMe Base 2.3, 5.2.17.1.1
/// knows no way out).
struct SuspendWait {
    bool waiting = false;
    std::uint32_t in_flight = 0;     // commands fetched and not completed
    std::uint32_t held = 0;          // of these, finished without room for their completion
    std::uint16_t full_cq = 0xffff;  // the first completion queue without room, 0xffff: none
};

template <class Bounds>
SuspendWait suspend_wait(const Subsystem<Bounds>& subsystem, std::uint16_t function) {
    const Controller<Bounds>& c = subsystem.controller[function];
    SuspendWait result;
    result.waiting = is(c.migration, Migration::Suspending);
    result.in_flight = c.busy;
    for (std::uint32_t i = 0; i < Bounds::queues; ++i) {
        for (std::uint32_t slot = c.cq[i].waiting; slot != 0; slot = c.slot[slot - 1].next) {
            ++result.held;
            if (result.full_cq == 0xffff) {
                result.full_cq = static_cast<std::uint16_t>(i);
            }
        }
    }
    return result;
}

}  // namespace lmsim::nvme
