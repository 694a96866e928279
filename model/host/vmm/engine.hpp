#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "model/host/vmm/call.hpp"
#include "model/host/vmm/config.hpp"
#include "model/host/vmm/decisions.hpp"
#include "model/host/vmm/machines.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"

// QEMU 10.1's migration engine with VFIO devices: what the source and the destination do, one call
// after the other; with device state over multifd threads of the devices call beside them. Left
// out: postcopy, background snapshot, COLO, pause-before-switchover, block inactivation.
//
// Order on the source: Start -> set-up -> rounds -> switchover -> completed, or -> roll-back.
// Effects are Call (call.hpp says what each means and what answers it), StartTimer (`length` in
// picoseconds, answered by TimerFired), Report and EnterState (function = no_device, token = the
// machine's byte, token2 = Machine).

namespace lmsim::host::vmm {

enum class Machine : std::uint8_t {
    Precopy,
    Switchover,
    Rollback,
    Start,
    SetState,
    Incoming,
    CloudSource,
    CloudBack,
    CloudTarget,
};

/// What either side knows of one device.
struct Device {
    MigState state = MigState::RUNNING;
    bool initial_sent = false;
    PrecopySizes pending;          // source
    std::uint64_t stop_bytes = 0;  // source: as last told less what was read (QEMU-DEC-05)
    std::uint32_t read_bytes = 0;  // source: size of one read, at most 1 MiB

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.state, self.initial_sent, self.pending, self.stop_bytes, self.read_bytes);
    }
};

/// Where a side stands among its calls.
struct Flow {
    std::uint32_t ticket = 0;  // of the outstanding call or timer, 0 = none
    Call call = Call::None;    // the outstanding one
    std::uint8_t start = 0;    // Start
    std::uint8_t set = 0;      // SetState
    MigState wanted = MigState::ERROR;
    MigState recover = MigState::ERROR;
    std::uint16_t cursor = 0;    // the device at work
    std::int32_t set_error = 0;  // why `wanted` failed
    std::int32_t error = 0;      // the first error of the migration
    Outcome outcome = Outcome::None;
    bool finished = false;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.ticket, self.call, self.start, self.set, self.wanted, self.recover, self.cursor,
              self.set_error, self.error, self.outcome, self.finished);
    }
};

/// The thread of one device where its state takes channels of its own, on either side.
struct DeviceThread {
    Flow flow;
    std::uint8_t state = 0;     // SaveThread or LoadThread
    bool config_ready = false;  // destination: the main thread has come to it
    bool last_known = false;    // source: only the last packet is left; destination: it has come
    std::uint32_t packet = 0;   // the next one's number
    std::uint32_t arrived = 0;  // destination: so many have come, without gaps
    std::uint32_t last = 0;     // destination: number of the configuration space
    std::uint32_t turn = 0;     // source: when it asked for the queue's lock, 0 = it did not
    std::uint64_t block = 0;    // source: bytes read and not queued

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.flow, self.state, self.config_ready, self.last_known, self.packet, self.arrived,
              self.last, self.turn, self.block);
    }
};

/// What a side knows of the threads of its devices.
struct Threads {
    std::uint16_t count = 0;   // those that there are
    std::uint16_t holder = 0;  // who has the lock, its number + 1: the queue's on the source, the
                               // big one on the destination (the main thread has it in a call)
    std::uint32_t turns = 0;   // source: at the lock
    std::int32_t error = 0;    // of the first that failed
    bool abort = false;        // they are to end
    bool waited_for = false;   // destination: by the release of the devices

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.count, self.holder, self.turns, self.error, self.abort, self.waited_for);
    }
};

/// QEMU's source, but for its devices and threads.
struct SourceControl {
    Flow flow;
    std::uint8_t precopy = 0;     // Precopy
    std::uint8_t switchover = 0;  // Switchover
    std::uint8_t rollback = 0;    // Rollback
    bool cancelled = false;
    bool acked = false;
    std::uint16_t acks_open = 0;  // asked for and not given (QEMU-DEC-12)
    bool shut = false;            // the destination has said how it ended
    bool vm_stopped = false;
    bool logging = false;
    bool synced = false;  // last_sync_ms is set

    std::int64_t start_ms = 0;
    std::int64_t window_start_ms = 0;
    std::int64_t downtime_start_ms = 0;
    std::int64_t last_sync_ms = 0;
    std::uint64_t transferred = 0;         // bytes on the wire since Start
    std::uint64_t window_start_bytes = 0;  // the same at the start of the window
    std::uint64_t threshold = 0;
    std::uint64_t expected_downtime_ms = 0;
    std::uint64_t ram_pages = 0;  // dirty, as last told
    std::uint64_t last_sync_bytes = 0;
    std::uint64_t period_pages = 0;  // found dirty since the rate was computed
    std::uint64_t pages_rate = 0;    // per second
    std::uint64_t syncs = 0;
    std::uint64_t period_bytes = 0;  // `transferred` at its beginning
    std::uint64_t tick_syncs = 0;    // `syncs` at the last look of the throttle
    std::uint32_t ticks = 0;         // these looks
    std::uint8_t bad_periods = 0;
    std::uint8_t throttle = 0;  // percent
    std::uint64_t pending = 0;  // the exact count as it adds up, then the last one
    std::uint64_t block = 0;    // bytes of the block between read and send
    std::uint16_t devices = 0;  // as the configuration says
    Threads threads;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.flow, self.precopy, self.switchover, self.rollback, self.cancelled, self.acked,
              self.acks_open, self.shut, self.vm_stopped, self.logging, self.synced, self.start_ms,
              self.window_start_ms, self.downtime_start_ms, self.last_sync_ms, self.transferred,
              self.window_start_bytes, self.threshold, self.expected_downtime_ms, self.ram_pages,
              self.last_sync_bytes, self.period_pages, self.pages_rate, self.syncs,
              self.period_bytes, self.tick_syncs, self.ticks, self.bad_periods, self.throttle,
              self.pending, self.block, self.devices, self.threads);
    }
};

/// QEMU's destination, but for its devices and threads.
struct DestinationControl {
    Flow flow;
    std::uint8_t incoming = 0;  // Incoming
    bool closed = false;        // the channel closed while a call was outstanding
    std::uint16_t acks_pending = 0;
    Message message = Message::None;  // being loaded
    Marker marker = Marker::None;
    std::uint16_t devices = 0;       // as the configuration says
    std::int32_t channel_error = 0;  // of a channel that carries pages and device state
    Threads threads;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.flow, self.incoming, self.closed, self.acks_pending, self.message, self.marker,
              self.devices, self.channel_error, self.threads);
    }
};

/// The state of a source with at most `MaxDevices` devices (the explorer takes 1 or 2), of which so
/// many may have threads (there none).
template <std::size_t MaxDevices = max_devices, std::size_t MaxThreads = MaxDevices>
struct Source {
    SourceControl control;
    Device device[MaxDevices];
    std::array<DeviceThread, MaxThreads> thread;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.control);
        visit.array(self.device, self.control.devices);
        visit.array(self.thread, self.control.threads.count);
    }
};

/// QEMU's destination; trivially copyable.
template <std::size_t MaxDevices = max_devices, std::size_t MaxThreads = MaxDevices>
struct Destination {
    DestinationControl control;
    Device device[MaxDevices];
    std::array<DeviceThread, MaxThreads> thread;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.control);
        visit.array(self.device, self.control.devices);
        visit.array(self.thread, self.control.threads.count);
    }
};
static_assert(std::is_trivially_copyable_v<Source<>> &&
              std::is_trivially_copyable_v<Destination<>>);

void step(SourceControl& control, Device* device, DeviceThread* thread, const Event& event,
          const Config& config, const spec::Rules& rules, Effects& effects);
void step(DestinationControl& control, Device* device, DeviceThread* thread, const Event& event,
          const Config& config, const spec::Rules& rules, Effects& effects);

/// One event of the source; effects are appended. config.devices <= MaxDevices.
template <std::size_t MaxDevices, std::size_t MaxThreads>
void step(Source<MaxDevices, MaxThreads>& source, const Event& event, const Config& config,
          const spec::Rules& rules, Effects& effects) {
    LMSIM_ASSERT(config.devices <= MaxDevices);
    LMSIM_ASSERT(!config.device_multifd || config.devices <= MaxThreads);
    step(source.control, source.device, source.thread.data(), event, config, rules, effects);
}

/// One event of the destination; effects are appended. config.devices <= MaxDevices.
template <std::size_t MaxDevices, std::size_t MaxThreads>
void step(Destination<MaxDevices, MaxThreads>& destination, const Event& event,
          const Config& config, const spec::Rules& rules, Effects& effects) {
    LMSIM_ASSERT(config.devices <= MaxDevices);
    LMSIM_ASSERT(!config.device_multifd || config.devices <= MaxThreads);
    step(destination.control, destination.device, destination.thread.data(), event, config, rules,
         effects);
}

/// May the host hand the next message over? It keeps the others in order.
bool ready_for_message(const DestinationControl& control);

/// Is the VM running on this side, as far as this side knows?
bool vm_runs(const SourceControl& control);
bool vm_runs(const DestinationControl& control);

constexpr Event answer(std::uint32_t ticket, std::int64_t now_ms, std::int32_t error = 0,
                       std::uint64_t value0 = 0, std::uint64_t value1 = 0) {
    Event event;
    event.kind = EventKind::Answer;
    event.ticket = ticket;
    event.now_ms = now_ms;
    event.error = error;
    event.value0 = value0;
    event.value1 = value1;
    return event;
}

constexpr Event occurrence(EventKind kind, std::int64_t now_ms) {
    Event event;
    event.kind = kind;
    event.now_ms = now_ms;
    return event;
}

std::string_view to_string(Call call);
std::string_view to_string(Report report);
std::string_view to_string(Outcome outcome);
std::string_view to_string(Message message);

}  // namespace lmsim::host::vmm
