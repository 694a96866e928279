#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/host/memory_log.hpp"
#include "model/vfio/errno.hpp"
#include "model/wire/track.hpp"
#include "sim/bridge/device_port.hpp"
#include "sim/core/kernel.hpp"
#include "sim/host/admin_queue.hpp"
#include "sim/trace/machine_tap.hpp"
#include "sim/trace/step_log.hpp"

namespace lmsim::sim {

/// How memory is tracked.
struct MemoryTrackTiming {
    bool on = false;
    std::uint8_t wanted = 0;    // granules of 2^n * 4 KiB: the finest that is asked for
    std::uint8_t coarsest = 0;  // that the device knows
    bool power_of_two = false;  // ranges have a power of two of granules (MRTLL)
    std::uint64_t report = 0;   // bytes of one report
    std::uint64_t memory = 0;   // bytes of the VM's memory, from address 0 on
};

/// What the tracking of all VFs came to.
struct MemoryTrackUse {
    std::uint64_t reports = 0;  // that were asked for, each in one or more commands
    std::uint64_t commands = 0;
    std::uint64_t ranges = 0;
    std::uint64_t pages = 0;   // that the ranges name
    std::uint64_t failed = 0;  // reports without an answer: all memory counted as written
};

/// The part of a host's driver behind VFIO's DMA logging: model/host/memory_log for each VF, with
/// memory and commands.
class MemoryTracker {
  public:
    using Done = std::function<void(vfio::Errno)>;
    /// Told of memory that was written: address and length in bytes.
    using Mark = std::function<void(std::uint64_t, std::uint64_t)>;

    MemoryTracker(Kernel& kernel, const MemoryTrackTiming& timing, AdminQueue& admin,
                  DevicePort& pf, std::uint16_t vfs, const spec::Rules& rules);

    /// Bytes of host memory for one VF.
    static std::uint64_t memory_bytes(const MemoryTrackTiming& timing);

    /// What traces call the first of these VFs.
    void set_first_vf(std::uint16_t number) { first_vf_ = number; }
    void set_cntlid(std::uint16_t vf, std::uint16_t cntlid) { vfs_[vf].log.cntlid = cntlid; }
    /// Begins to track all VFs. What cannot be tracked is reported as written, every time.
    void start(std::function<void()> done);
    /// Calls `mark` for all that was written since the last report, then `done`.
    void report(Mark mark, std::function<void()> done);
    void stop();
    void reset();

    bool started() const { return started_; }
    const MemoryTrackUse& used() const { return used_; }
    void set_step_log(trace::StepLog* steps, metrics::Side side) {
        steps_ = steps;
        side_ = side;
    }
    void set_trace(trace::TraceSink* sink, metrics::Side side) { tap_.connect(sink, side); }

  private:
    struct Vf {
        host::MemoryLog log;
        std::uint64_t buffer = 0;
        std::uint64_t list = 0;
    };

    void request(std::uint16_t vf, host::MemoryLogEvent::Kind kind, std::uint32_t ticket);
    void step(std::uint16_t vf, const host::MemoryLogEvent& event);
    void submit(std::uint16_t vf, const Effect& effect);
    std::uint64_t write_ranges(const Vf& vf, std::uint8_t granularity);
    void take_report(const Vf& vf);
    void replied(std::uint16_t vf, const Effect& effect);
    void mark_all() const { mark_(0, timing_.memory); }

    Kernel& kernel_;
    MemoryTrackTiming timing_;
    spec::Rules rules_;
    AdminQueue& admin_;
    Memory& memory_;
    std::vector<Vf> vfs_;
    MemoryTrackUse used_;
    Mark mark_;
    std::function<void()> done_;
    std::size_t waiting_ = 0;
    std::uint16_t first_vf_ = 0;
    bool started_ = false;
    trace::StepLog* steps_ = nullptr;
    trace::MachineTap tap_;
    metrics::Side side_ = metrics::Side::Source;
};

}  // namespace lmsim::sim
