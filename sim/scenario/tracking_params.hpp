#pragma once

#include "sim/core/param.hpp"

namespace lmsim::sim {

/// What a device can track for a migration, and what that costs it. All of it is optional in the
/// standard; Identify Controller tells the host (TRATTR and the fields behind it).
struct TrackingParams {
    static constexpr const char* identify = "estimate; NVMe Base 2.3, figure 328, has no default";

    bool user_data = param(&user_data, "user_data", true,
                           "changes of user data can be logged (TRATTR.TUDCS)", estimate);
    bool memory = param(&memory, "memory", true,
                        "writes to host memory can be tracked (TRATTR.THMCS)", estimate);
    Time user_data_cost =
        param(&user_data_cost, "user_data_cost", 200_ns, between(0_s, 1_s),
              "time of the controller for each change that it logs, one after the other", estimate);
    Time memory_cost =
        param(&memory_cost, "memory_cost", 20_ns, between(0_s, 1_ms),
              "time of the DMA engine to mark each granule of a tracked write", estimate);
    bool merge =
        param(&merge, "merge", false, "adjacent changes of user data share an entry", estimate);
    std::uint32_t controller_queues =
        param(&controller_queues, "controller_queues", 256, between(1, 65535),
              "User Data Migration Queues of the PF (MCUDMQ)", identify);
    std::uint32_t subsystem_queues =
        param(&subsystem_queues, "subsystem_queues", 256, between(1, 65535),
              "User Data Migration Queues of the subsystem (MNSUDMQ)", identify);
    std::uint32_t queue_ranges = param(&queue_ranges, "queue_ranges", 1024, between(1, 65535),
                                       "memory ranges of one queue (MCMR)", identify);
    std::uint32_t subsystem_ranges =
        param(&subsystem_ranges, "subsystem_ranges", 65535, between(1, 65535),
              "memory ranges of all queues together (NMCMR)", identify);
    std::uint32_t queue_prps = param(&queue_prps, "queue_prps", 1024, between(1, 65535),
                                     "PRPs of one discontiguous queue (MCDQPC)", identify);
    std::uint32_t descriptors = param(&descriptors, "descriptors", 64, between(1, 65535),
                                      "memory ranges that the PF can track (CMMRTD)", identify);
    std::uint32_t subsystem_descriptors =
        param(&subsystem_descriptors, "subsystem_descriptors", 4096, between(1, 65535),
              "memory ranges that the subsystem can track (NMMRTD)", identify);
    Bytes finest = param(&finest, "finest", 4_KiB, between(4_KiB, 1_GiB),
                         "smallest granule of memory tracking, a power of two (MINMRTG)", identify);
    Bytes coarsest =
        param(&coarsest, "coarsest", 2_MiB, between(4_KiB, 1_GiB),
              "largest granule of memory tracking, a power of two (MAXMRTG)", identify);
    bool power_of_two =
        param(&power_of_two, "power_of_two", false,
              "tracked ranges have a power of two of granules (TRATTR.MRTLL)", estimate);
};

}  // namespace lmsim::sim
