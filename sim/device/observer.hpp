#pragma once

#include <cstdint>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// What a device lets others see: for traces, metrics and checks. Nothing depends on an answer.
class DeviceObserver {
  public:
    virtual ~DeviceObserver() = default;
    /// A machine of a function entered a state (nvme::Life, or nvme::Migration + 16).
    virtual void state_entered(Ps at, std::uint16_t function, std::uint32_t state) = 0;
    /// Is it worth telling it of each command? Asked when the observer is set.
    virtual bool hears_commands() const { return true; }
    /// A fetched command has left: times of its fetch and of its completion's start on the link.
    virtual void command_posted(Ps fetched, Ps posted, std::uint16_t function, std::uint16_t sqid,
                                std::uint16_t cid, std::uint8_t opcode, std::uint16_t status) = 0;
    /// A command is all there: it waits so long for an admin processor, which then works so long.
    virtual void admin_takes(Ps /*at*/, std::uint16_t /*function*/, std::uint16_t /*cid*/,
                             Ps /*waits*/, Ps /*works*/) {}
    /// A suspended function fetched, wrote or interrupted.
    virtual void broke_suspension(Ps at, std::uint16_t function) = 0;
    /// MSI-X of a function as a whole was switched.
    virtual void interrupts_switched(Ps /*at*/, std::uint16_t /*function*/, bool /*on*/) {}
    /// An interrupt found MSI-X off.
    virtual void interrupt_lost(Ps at, std::uint16_t function) = 0;
};

}  // namespace lmsim::sim
