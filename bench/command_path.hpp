#pragma once

#include <cstdint>
#include <string>

#include "sim/device/nvme_device.hpp"
#include "sim/guest/fio/source.hpp"
#include "sim/guest/guest.hpp"
#include "sim/host/host_driver.hpp"

/// The full path of a command (doorbell, fetch, media, data, completion, interrupt) without any
/// migration: the same machine once in the simulator and once as a plain loop.
namespace lmsim::bench {

/// A machine and its work. Each VF has one I/O queue pair and runs one copy of the job.
struct CommandPath {
    std::string name;
    sim::DeviceTiming device;
    sim::GuestTiming guest;
    std::uint32_t queue_size = 0;
    std::uint64_t memory_pages = 0;
    std::uint64_t seed = 0;
    sim::fio::JobFile jobs;
    sim::fio::Target target;
    sim::Ps begin = 1'000'000'000'000;  // of the workload, when all has booted; draws go by time
    sim::Ps duration = 0;               // of simulated time
    sim::HostTiming host;               // of the PF's driver, where there is one
    std::uint64_t host_pages = 0;
};

/// `rw` and `depth` as in a fio job file; blocks of 4 KiB at random places.
struct Shape {
    std::uint16_t vfs = 1;
    std::uint32_t depth = 32;
    const char* rw = "randread";
    sim::Ps duration = 0;
    std::uint64_t iops = 0;      // of all VFs together (rate_iops=); 0: as many as the media give
    std::uint32_t channels = 0;  // of a larger machine; 0: the default one
};
CommandPath make_command_path(const Shape& shape);

/// The sources of one VF's job; both sides draw the same I/Os.
sim::fio::Sources make_sources(const CommandPath& path, std::uint16_t vf);

/// What happened, and what it cost. All but cpu_seconds, events and entries must be equal on both
/// sides.
struct Tally {
    std::uint64_t submitted = 0;
    std::uint64_t completed = 0;
    std::uint64_t page_writes = 0;
    sim::Uint128 latency_sum = 0;
    sim::Ps latency_min = 0;
    sim::Ps latency_p50 = 0;
    sim::Ps latency_p999 = 0;
    sim::Ps latency_max = 0;
    sim::Ps up_busy = 0;
    sim::Ps down_busy = 0;
    sim::Ps media_busy = 0;
    std::uint64_t events = 0;
    std::uint64_t entries = 0;  // of logs
    double cpu_seconds = 0;     // of this process, without set-up
};

/// Do both sides tell of the same run?
bool same_run(const Tally& a, const Tally& b);

/// In the simulator: one in each process, since SystemC has one kernel there.
Tally run_simulated(const CommandPath& path);

/// The same without the monitor of invariants that every run has.
Tally run_unwatched(const CommandPath& path);

/// What a traced run writes; nothing is the run as it is.
struct Traces {
    bool ndjson = false;
    bool pftrace = false;
    bool vcd = false;
};

/// The same while it is traced into files of `folder`, to their end and last byte.
Tally run_traced(const CommandPath& path, const Traces& traces, const std::string& folder);

/// The same with the PF's driver beside it, which logs the user data of all VFs if `log`.
Tally run_beside_driver(const CommandPath& path, bool log);

}  // namespace lmsim::bench
