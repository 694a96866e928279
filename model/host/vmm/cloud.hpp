#pragma once

#include "model/host/vmm/engine.hpp"

// Cloud Hypervisor's migration: strictly one thing after the other, each request answered before
// the next. No PRE_COPY, no P2P, no acknowledgement of the switchover, no limit of bandwidth. It
// takes the same calls, events and reports as QEMU; Cancel it does not know.

namespace lmsim::host::vmm {

/// The source, but for its devices.
struct CloudSourceControl {
    Flow flow;
    std::uint8_t state = 0;  // CloudSource
    std::uint8_t back = 0;   // CloudBack
    bool sent = false;       // the request of this state, and its answer is waited for
    bool ok = false;         // that has come
    bool vm_stopped = false;
    bool paused = false;  // the VM's state says so: only when all devices have stopped
    bool logging = false;
    std::uint16_t place = 0;  // in the order of devices

    std::int64_t start_ms = 0;
    std::int64_t memory_ms = 0;  // when the rounds over memory began
    std::int64_t downtime_start_ms = 0;
    std::int64_t send_ns = 0;       // when the table at hand began to be sent
    std::int64_t last_ns = 0;       // what the last one took
    std::uint64_t last_bytes = 0;   // and had
    std::uint64_t table_pages = 0;  // not sent
    std::uint64_t twice_pages = 0;  // in both tables of the last transfer
    std::uint64_t rounds = 0;
    std::uint64_t blob = 0;  // bytes of device state in the snapshot
    std::uint64_t transferred = 0;
    std::uint16_t devices = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.flow, self.state, self.back, self.sent, self.ok, self.vm_stopped, self.paused,
              self.logging, self.place, self.start_ms, self.memory_ms, self.downtime_start_ms,
              self.send_ns, self.last_ns, self.last_bytes, self.table_pages, self.twice_pages,
              self.rounds, self.blob, self.transferred, self.devices);
    }
};

/// The destination, but for its devices.
struct CloudTargetControl {
    Flow flow;
    std::uint8_t state = 0;  // CloudTarget
    bool closed = false;
    bool restored = false;  // the VM is built, and not resumed
    bool resumed = false;
    std::uint16_t place = 0;
    std::uint16_t devices = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.flow, self.state, self.closed, self.restored, self.resumed, self.place,
              self.devices);
    }
};

/// The source; trivially copyable.
template <std::size_t MaxDevices = max_devices>
struct CloudSourceState {
    CloudSourceControl control;
    Device device[MaxDevices];

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.control);
        visit.array(self.device, self.control.devices);
    }
};

/// The destination; trivially copyable.
template <std::size_t MaxDevices = max_devices>
struct CloudTargetState {
    CloudTargetControl control;
    Device device[MaxDevices];

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.control);
        visit.array(self.device, self.control.devices);
    }
};

void step(CloudSourceControl& control, Device* device, const Event& event, const Config& config,
          const spec::Rules& rules, Effects& effects);
void step(CloudTargetControl& control, Device* device, const Event& event, const Config& config,
          const spec::Rules& rules, Effects& effects);

template <std::size_t MaxDevices>
void step(CloudSourceState<MaxDevices>& source, const Event& event, const Config& config,
          const spec::Rules& rules, Effects& effects) {
    LMSIM_ASSERT(config.devices <= MaxDevices);
    step(source.control, source.device, event, config, rules, effects);
}

template <std::size_t MaxDevices>
void step(CloudTargetState<MaxDevices>& target, const Event& event, const Config& config,
          const spec::Rules& rules, Effects& effects) {
    LMSIM_ASSERT(config.devices <= MaxDevices);
    step(target.control, target.device, event, config, rules, effects);
}

bool ready_for_message(const CloudTargetControl& control);
bool vm_runs(const CloudSourceControl& control);
bool vm_runs(const CloudTargetControl& control);

}  // namespace lmsim::host::vmm
