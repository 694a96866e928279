#pragma once

#include <array>

#include "sim/core/param.hpp"

namespace lmsim::sim {

enum class DirtyPattern : std::uint8_t { Uniform, Sequential };
template <>
struct EnumNames<DirtyPattern> {
    static constexpr std::array names{"uniform", "sequential"};
};

/// How the guest's CPUs change its memory: two uniform sets of pages, a hot one within a working
/// set, or one page after the other.
struct DirtyParams {
    static constexpr const char* measured =
        "A. Gudkov on qemu-devel, 2023-09: 2060 MiB/s of first writes with write-protection, "
        "about 1.9 us each";

    Rate rate = param(&rate, "rate", 20000_per_s, between(0_per_s, 1000000000_per_s),
                      "page writes by all vCPUs together", estimate);
    Bytes working_set = param(&working_set, "working_set", 256_MiB, between(4_KiB, 64_TiB),
                              "memory that the vCPUs write to", estimate);
    Bytes hot = param(&hot, "hot", 16_MiB, between(0_B, 64_TiB),
                      "part of the working set that most writes go to", estimate);
    Share hot_share = param(&hot_share, "hot_share", 80_percent, between(0_percent, 100_percent),
                            "share of the writes that go to the hot part", estimate);
    DirtyPattern pattern =
        param(&pattern, "pattern", DirtyPattern::Uniform,
              "where the next write goes: uniform, anywhere in the hot part or the working set; "
              "sequential, to the next page of the working set, round and round",
              choice);
    Time log_fault = param(&log_fault, "log_fault", 0_s, between(0_s, 1_ms),
                           "what a vCPU loses at its first write to a page since the dirty log was "
                           "read; 0: logging is free",
                           measured);
    std::uint32_t writers = param(&writers, "writers", 0, between(0, 1024),
                                  "vCPUs that write and share the rate; 0: all", estimate);
    Time until =
        param(&until, "until", 0_s, between(0_s, 100000_s),
              "when the writes end, after the drivers of the guest are up; 0: never", choice);
};

/// The emulated devices, whose state the VMM moves while the guest stands still.
struct VmDevicesParams {
    Bytes bytes = param(&bytes, "bytes", 256_KiB, between(0_B, 1_GiB),
                        "non-iterable state of the vCPUs and emulated devices", estimate);
    Time save = param(&save, "save", 2_ms, between(0_s, 60_s), "time to collect that state",
                      "estimate: QEMU traces show 0.3 ms for a virtio device");
    Time load = param(&load, "load", 2_ms, between(0_s, 60_s),
                      "time to load that state on the destination", estimate);
};

/// The guest: CPUs, memory and the prices of its I/O path.
struct VmParams {
    std::uint32_t vcpus = param(&vcpus, "vcpus", 4, between(1, 1024), "virtual CPUs", estimate);
    Bytes ram = param(&ram, "ram", 4_GiB, between(16_MiB, 64_TiB), "guest memory", estimate);
    Bytes ram_used = param(&ram_used, "ram_used", 1_GiB, between(0_B, 64_TiB),
                           "memory with content; the rest are zero pages", estimate);
    Time pause =
        param(&pause, "pause", 100_us, between(0_s, 10_s), "time to stop all vCPUs", estimate);
    Time resume =
        param(&resume, "resume", 100_us, between(0_s, 10_s), "time to start all vCPUs", estimate);
    Time irq_latency = param(&irq_latency, "irq_latency", 2_us, between(0_s, 1_s),
                             "from the MSI-X write to the guest's handler", estimate);
    Time ready_poll = param(&ready_poll, "ready_poll", 1_ms, between(1_us, 10_s),
                            "between two looks of a driver at CSTS.RDY",
                            "Linux 7.3 drivers/nvme/host/core.c, nvme_wait_ready()");
    Time submit_cost = param(&submit_cost, "submit_cost", 400_ns, between(0_s, 1_ms),
                             "CPU time to submit one I/O", estimate);
    Time complete_cost = param(&complete_cost, "complete_cost", 300_ns, between(0_s, 1_ms),
                               "CPU time to complete one I/O", estimate);
    Time io_timeout =
        param(&io_timeout, "io_timeout", 30_s, between(1_us, 100000_s),
              "after which a guest's driver looks for a completion, and resets its controller if "
              "there is none; only in runs with faults",
              "Linux 7.3 drivers/nvme/host/core.c, io_timeout");
    DirtyParams dirty = group(&dirty, "dirty", "how the vCPUs change the guest's memory");
    VmDevicesParams devices = group(&devices, "devices", "vCPUs and emulated devices");
};

}  // namespace lmsim::sim
