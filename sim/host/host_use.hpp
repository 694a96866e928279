#pragma once

#include <cstdint>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// What a host's part of a migration took besides the commands themselves. What its drivers do to
/// come up does not count.
struct HostUse {
    // System calls, by interface.
    std::uint64_t vfio_calls = 0;   // of a VFIO device, its DMA logging and interrupts included
    std::uint64_t data_calls = 0;   // read() and write() of a data_fd
    std::uint64_t passthrough = 0;  // admin commands, each by an ioctl()
    std::uint64_t cdq_calls = 0;    // create and delete a queue, read() its entries

    // Threads that slept and were woken.
    std::uint64_t commands_waited = 0;  // by the completion of a command
    std::uint64_t events = 0;           // by an eventfd
    std::uint64_t messages = 0;         // by another process

    std::uint64_t copied_out = 0;  // bytes from the kernel to a process
    std::uint64_t copied_in = 0;
    std::uint64_t pinned_pages = 0;  // of processes, at most at once for queues, or in turn

    // The PF's admin queue.
    std::uint64_t commands = 0;
    Ps waited = 0;  // from the wish to the doorbell, all commands together
    Ps longest_wait = 0;

    std::uint64_t system_calls() const { return vfio_calls + data_calls + passthrough + cdq_calls; }
    std::uint64_t wake_ups() const { return commands_waited + events + messages; }
    Ps mean_wait() const { return commands == 0 ? 0 : waited / static_cast<Ps>(commands); }
};

}  // namespace lmsim::sim
