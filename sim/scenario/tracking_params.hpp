#pragma once

#include <array>

#include "sim/core/param.hpp"

namespace lmsim::sim {

/// What a device can track for a migration, and what that costs it. Identify Controller tells the
/// host most of it (TRATTR and the fields behind it).
struct TrackingParams {
    static constexpr const char* identify = "estimate; NVMe Base 2.3, figure 328, has no default";

    bool memory = param(&memory, "memory", true,
                        "writes to host memory can be tracked (TRATTR.THMCS)", estimate);
    Time user_data_cost =
        param(&user_data_cost, "user_data_cost", 200_ns, between(0_s, 1_s),
              "time that logging adds to a command that changes user data", estimate);
    Time memory_cost =
        param(&memory_cost, "memory_cost", 20_ns, between(0_s, 1_ms),
              "time of the DMA engine to mark each granule of a tracked write", estimate);
    bool merge =
        param(&merge, "merge", false, "adjacent changes of user data share an entry", estimate);
    std::uint32_t controller_queues =
        param(&controller_queues, "controller_queues", 256, between(1, 256),
              "User Data Migration Queues of the PF (MCUDMQ)", identify);
    std::uint32_t subsystem_queues =
        param(&subsystem_queues, "subsystem_queues", 256, between(1, 256),
              "User Data Migration Queues of the subsystem (MNSUDMQ)", identify);
    std::uint32_t queue_ranges = param(&queue_ranges, "queue_ranges", 1024, between(1, 65535),
                                       "memory ranges of one queue (MCMR)", identify);
    std::uint32_t subsystem_ranges =
        param(&subsystem_ranges, "subsystem_ranges", 65535, between(1, 65535),
              "memory ranges of all queues together (NMCMR)", identify);
    std::uint32_t queue_prps = param(&queue_prps, "queue_prps", 1024, between(1, 65535),
                                     "PRPs of one discontiguous queue (MCDQPC)", identify);
    std::uint32_t descriptors = param(&descriptors, "descriptors", 16384, between(1, 65535),
                                      "memory ranges that the PF can track (CMMRTD)", identify);
    std::uint32_t subsystem_descriptors =
        param(&subsystem_descriptors, "subsystem_descriptors", 16384, between(1, 65535),
              "memory ranges that the subsystem can track (NMMRTD)", identify);
    Bytes finest = param(&finest, "finest", 4_KiB, between(4_KiB, 1_GiB),
                         "smallest granule of memory tracking, a power of two (MINMRTG)", identify);
    Bytes coarsest =
        param(&coarsest, "coarsest", 2_MiB, between(4_KiB, 1_GiB),
              "largest granule of memory tracking, a power of two (MAXMRTG)", identify);
    std::uint64_t granules =
        param(&granules, "granules", 1 << 28, between<std::int64_t>(1, std::int64_t{1} << 40),
              "granules of one VF that the device can track at once; beyond it offers coarser ones",
              estimate);
    bool power_of_two =
        param(&power_of_two, "power_of_two", false,
              "tracked ranges have a power of two of granules (TRATTR.MRTLL)", estimate);
};

enum class ProgramAbi : std::uint8_t { Lp64, I386 };
template <>
struct EnumNames<ProgramAbi> {
    static constexpr std::array names{"lp64", "i386"};
};

/// How a host logs the user data changes of a VF: its User Data Migration Queue.
struct UserDataLogParams {
    std::uint32_t entries = param(&entries, "entries", 4096, between(4, 1 << 20),
                                  "slots of the queue of one VF, 32 bytes each", estimate);
    std::uint32_t batch = param(&batch, "batch", 512, between(1, 1 << 20),
                                "entries after which the head is moved (Set Features 21h), and the "
                                "trigger armed for as many more",
                                estimate);
    Time poll =
        param(&poll, "poll", 0_s, between(0_s, 10_s),
              "time between two looks at the queue; 0s: looks when the trigger tells", choice);
    Time entry_cost = param(&entry_cost, "entry_cost", 100_ns, between(0_s, 1_ms),
                            "CPU time to take one entry", estimate);
    bool contiguous = param(&contiguous, "contiguous", true,
                            "the queue is contiguous in memory; else it has a PRP list", choice);
    ProgramAbi abi = param(&abi, "abi", ProgramAbi::Lp64,
                           "of the program that has the queues, where the driver's dialect lets a "
                           "program have them (HO-CIO-01)",
                           choice);
    Time pin = param(&pin, "pin", 100_ns, between(0_s, 1_ms),
                     "CPU time to pin one page of such a program's queue", estimate);
    Time wake = param(&wake, "wake", 5_us, between(0_s, 1_s),
                      "from the signal of an eventfd until such a program runs", estimate);
    bool delete_at_suspend =
        param(&delete_at_suspend, "delete_at_suspend", false,
              "the Suspend deletes the queue (DUDMQ); else a command does, at the end", choice);
};

/// How a host has a device track the memory that it writes.
struct MemoryTrackParams {
    Bytes granule = param(&granule, "granule", 4_KiB, between(4_KiB, 1_GiB),
                          "finest granule that is asked for, a power of two",
                          "QEMU 10.1 hw/vfio/common.c: the host's page size");
    Bytes report = param(&report, "report", 16_KiB, between(64_B, 2_MiB),
                         "buffer of one Track Receive, at most the MDTS", estimate);
};

}  // namespace lmsim::sim
