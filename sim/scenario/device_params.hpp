#pragma once

#include <optional>
#include <vector>

#include "sim/core/param.hpp"
#include "sim/scenario/tracking_params.hpp"

namespace lmsim::sim {

inline constexpr const char* ssd_iq_note =
    "SSD-iq (VLDB 2025): Samsung PM9A3 at 10k IOPS, seen from the host, so the link and the driver "
    "count twice; min is assumed, p90 fitted to its mean";

/// The PF's admin queue: its size and how long the controller works on each command.
struct AdminParams {
    std::uint32_t depth = param(&depth, "depth", 32, between(2, 4096), "entries of the queue",
                                "Linux 7.3 include/linux/nvme.h, NVME_AQ_DEPTH");
    std::uint32_t reserved_aer = param(&reserved_aer, "reserved_aer", 1, between(0, 16),
                                       "entries kept for Asynchronous Event Requests",
                                       "Linux 7.3 include/linux/nvme.h, NVME_NR_AEN_COMMANDS");
    std::uint32_t parallel = param(&parallel, "parallel", 1, between(1, 256),
                                   "admin commands executed at once", estimate);
    Quantiles identify = param(&identify, "identify", uniform(20_us, 100_us), between(0_s, 100_s),
                               "Identify", estimate);
    Quantiles features = param(&features, "features", uniform(20_us, 100_us), between(0_s, 100_s),
                               "Get Features and Set Features", estimate);
    std::optional<Quantiles> set_features = param(&set_features, "set_features", std::nullopt,
                                                  "Set Features; \"none\": as features", estimate);
    Quantiles create_queue = param(&create_queue, "create_queue", fixed(59_us), between(0_s, 100_s),
                                   "Create or Delete I/O Queue",
                                   "kernel log of a PM1733-class drive: 56 queues in 3.3 ms");
    std::optional<Quantiles> create_sq =
        param(&create_sq, "create_sq", std::nullopt,
              "Create I/O Submission Queue; \"none\": as create_queue", estimate);
    std::optional<Quantiles> delete_sq =
        param(&delete_sq, "delete_sq", std::nullopt,
              "Delete I/O Submission Queue; \"none\": as create_queue", estimate);
    std::optional<Quantiles> delete_cq =
        param(&delete_cq, "delete_cq", std::nullopt,
              "Delete I/O Completion Queue; \"none\": as create_queue", estimate);
    Quantiles suspend = param(&suspend, "suspend", uniform(50_us, 150_us), between(0_s, 100_s),
                              "Migration Send (Suspend), before the drain begins", estimate);
    Quantiles resume = param(&resume, "resume", uniform(50_us, 150_us), between(0_s, 100_s),
                             "Migration Send (Resume)", estimate);
    Quantiles get_state =
        param(&get_state, "get_state", uniform(50_us, 150_us), between(0_s, 100_s),
              "Migration Receive (Get Controller State), without the transfer", estimate);
    Quantiles set_state =
        param(&set_state, "set_state", uniform(50_us, 150_us), between(0_s, 100_s),
              "Migration Send (Set Controller State), without the transfer", estimate);
    Quantiles cdq = param(&cdq, "cdq", fixed(59_us), between(0_s, 100_s),
                          "Controller Data Queue, to create or delete one",
                          "estimate: as create_queue, which it resembles");
    std::optional<Quantiles> delete_cdq =
        param(&delete_cdq, "delete_cdq", std::nullopt,
              "Controller Data Queue, to delete one; \"none\": as cdq", estimate);
    Quantiles track_send =
        param(&track_send, "track_send", uniform(20_us, 100_us), between(0_s, 100_s),
              "Track Send: begin or end of logging user data or of tracking memory", estimate);
    Quantiles track_receive =
        param(&track_receive, "track_receive", uniform(20_us, 100_us), between(0_s, 100_s),
              "Track Receive, without the transfer", estimate);
    Quantiles namespaces =
        param(&namespaces, "namespaces", uniform(1_ms, 10_ms), between(0_s, 100_s),
              "Namespace Management and Namespace Attachment", estimate);
    Quantiles format = param(&format, "format", uniform(100_ms, 1_s), between(0_s, 100000_s),
                             "Format NVM and Sanitize", estimate);
    Quantiles virtualization = param(&virtualization, "virtualization", uniform(20_us, 100_us),
                                     between(0_s, 100_s), "Virtualization Management", estimate);
    Quantiles lba_status = param(&lba_status, "lba_status", uniform(20_us, 100_us),
                                 between(0_s, 100_s), "Get LBA Status", estimate);
};

/// What reads and writes of one size take, of media without dies.
struct MediaSizeParams {
    Bytes bytes = param(&bytes, "bytes", 4_KiB, between(512_B, 1_GiB),
                        "of one read or write; those in between two sizes lie in between in time, "
                        "shorter ones are as the shortest, longer ones as the longest",
                        estimate);
    std::optional<Quantiles> read =
        param(&read, "read", std::nullopt,
              "time of one read of so many bytes; \"none\": media.read", estimate);
    std::optional<Quantiles> write =
        param(&write, "write", std::nullopt,
              "time of one write of so many bytes; \"none\": media.write", estimate);
};

/// What stores the blocks; all VFs share it. Either channels that take whatever comes first, or the
/// dies of a flash drive behind one controller: docs/drives.md.
struct MediaParams {
    std::uint32_t channels =
        param(&channels, "channels", 16, between(1, 4096),
              "operations that proceed at once, where there are no dies", estimate);
    std::uint32_t dies =
        param(&dies, "dies", 0, between(0, 4096),
              "units of flash that each serve one read or one program after the other; a block "
              "lies on one of them; 0: channels take whatever comes first",
              estimate);
    Bytes stripe =
        param(&stripe, "stripe", 4_KiB, between(512_B, 1_MiB),
              "blocks that one die reads at once; the next ones lie on the next die", estimate);
    Quantiles command = param(
        &command, "command", fixed(0_s), between(0_s, 1_s),
        "time of the controller for one I/O command, of all VFs one after the other", estimate);
    Time write_command = param(&write_command, "write_command", 0_s, between(0_s, 1_s),
                               "what each write takes besides, one after the other, where there "
                               "are dies: its way into the mapping table",
                               estimate);
    Quantiles read =
        param(&read, "read",
              Quantiles{}
                  .set("min", 50_us)
                  .set("p50", 64_us)
                  .set("p90", 80_us)
                  .set("p99", 237_us)
                  .set("p999", 393_us)
                  .set("p9999", 526_us)
                  .set("max", 1854_us),
              between(0_s, 100_s), "time of one read; of a die where there are any", ssd_iq_note);
    Quantiles write = param(&write, "write",
                            Quantiles{}
                                .set("min", 8_us)
                                .set("p50", 11_us)
                                .set("p90", 13_us)
                                .set("p99", 14_us)
                                .set("p999", 17_us)
                                .set("p9999", 19_us)
                                .set("max", 285_us),
                            between(0_s, 100_s),
                            "time of one write; where there are dies, into the cache", ssd_iq_note);
    Quantiles flush = param(&flush, "flush", uniform(10_us, 50_us), between(0_s, 100_s),
                            "time of one flush (write cache with power-loss protection)", estimate);
    Bandwidth read_rate =
        param(&read_rate, "read_rate", 0_bit_per_s, between(0_bit_per_s, 10000_Gbit_per_s),
              "of all reads of a drive with dies; 0: no limit", estimate);
    Bandwidth write_rate =
        param(&write_rate, "write_rate", 0_bit_per_s, between(0_bit_per_s, 10000_Gbit_per_s),
              "of all writes of a drive with dies into its cache; 0: no limit", estimate);
    Bytes cache = param(&cache, "cache", 0_B, between(0_B, 1_TiB),
                        "write cache of a drive with dies: a write waits for room in it; 0: there "
                        "is always room, and nothing is written back",
                        estimate);
    Bytes unit = param(&unit, "unit", 64_KiB, between(512_B, 16_MiB),
                       "what one program takes out of the cache", estimate);
    Quantiles program = param(&program, "program", fixed(1_ms), between(0_s, 10_s),
                              "time of a die for one program, with its share of erases", estimate);
    Share amplification = param(
        &amplification, "amplification", 100_percent, between(100_percent, 10000_percent),
        "programs for each one that leaves the cache: what moves older data counts too", estimate);
    Bytes collection =
        param(&collection, "collection", 0_B, between(0_B, 1_TiB),
              "older data are moved at once, after so many bytes that left the cache; 0: one "
              "program after the other, between the others",
              estimate);
    bool registers = param(&registers, "registers", false,
                           "dies have registers: what a program takes out of the cache leaves room "
                           "when it begins, not when it has ended",
                           estimate);
    Time slice = param(&slice, "slice", 0_s, between(0_s, 1_s),
                       "a read waits no longer for a program under way, which is suspended; 0: "
                       "until the program has ended",
                       estimate);
    std::uint32_t yields = param(&yields, "yields", 16, between(0, 1000000),
                                 "reads that one program lets pass at most", estimate);
    Quantiles stall = param(&stall, "stall", fixed(0_s), between(0_s, 100_s),
                            "how long the controller of a drive with dies begins nothing now and "
                            "then, for work of its own",
                            estimate);
    Quantiles stall_interval =
        param(&stall_interval, "stall_interval", fixed(0_s), between(0_s, 100000_s),
              "from the begin of a stall to that of the next one; 0: there are none", estimate);
    std::vector<MediaSizeParams> sizes =
        list(&sizes, "size", 16,
             "times of reads and writes by their size, in rising order, instead of read and write, "
             "where there are no dies");
};

/// What one VF gets of the device at most: a slice of a drive.
struct VfLimitParams {
    Share share = param(&share, "share", 100_percent, between(1_ppm, 100_percent),
                        "the VF's part of what follows", choice);
    Rate read_iops = param(&read_iops, "read_iops", 0_per_s, between(0_per_s, 1000000000_per_s),
                           "reads; 0: no limit", choice);
    Rate write_iops = param(&write_iops, "write_iops", 0_per_s, between(0_per_s, 1000000000_per_s),
                            "writes; 0: no limit", choice);
    Bandwidth read_rate =
        param(&read_rate, "read_rate", 0_bit_per_s, between(0_bit_per_s, 10000_Gbit_per_s),
              "bytes read; 0: no limit", choice);
    Bandwidth write_rate =
        param(&write_rate, "write_rate", 0_bit_per_s, between(0_bit_per_s, 10000_Gbit_per_s),
              "bytes written; 0: no limit", choice);
};

/// What serves I/O at once, for utilizations.
inline std::uint32_t media_servers(const MediaParams& media) {
    return media.dies != 0 ? media.dies : media.channels;
}

/// The NVM subsystem: one PF and its VFs.
struct DeviceParams {
    std::uint32_t vfs = param(&vfs, "vfs", 4, between(0, 256),
                              "VFs that migrate; 0: the VM has none", choice, Written::InAliasOnly);
    std::uint32_t max_vfs = param(&max_vfs, "max_vfs", 64, between(1, 256),
                                  "VFs that the device has (TotalVFs)", estimate);
    std::uint32_t queue_pairs = param(&queue_pairs, "queue_pairs", 8, between(1, 64),
                                      "I/O queue pairs of each VF", estimate);
    std::uint32_t queue_size = param(&queue_size, "queue_size", 1024, between(2, 65536),
                                     "entries of each I/O queue (CAP.MQES + 1)",
                                     "Linux 7.3 drivers/nvme/host/pci.c, io_queue_depth");
    std::uint32_t completion_queue_size =
        param(&completion_queue_size, "completion_queue_size", 0, between(0, 65536),
              "entries of each I/O completion queue, at most queue_size; 0: as many as that (a "
              "smaller one can be full, which holds up a suspend)",
              "Linux 7.3 drivers/nvme/host/pci.c: both are of one size", Written::InAliasOnly);
    std::uint32_t msix_vectors =
        param(&msix_vectors, "msix_vectors", 0, between(0, 2048),
              "MSI-X vectors of each VF; 0: one for each queue pair and one", estimate);
    std::uint32_t contexts = param(&contexts, "contexts", 1024, between(1, 1024),
                                   "commands that one VF works on at once", estimate);
    Bytes mdts = param(&mdts, "mdts", 256_KiB, between(8_KiB, 2_MiB),
                       "largest data transfer of one command, a power of two (MDTS)", estimate);
    Bytes vendor_bytes = param(&vendor_bytes, "vendor_bytes", 0_B, between(0_B, 1_GiB),
                               "vendor specific part of the controller state", estimate);
    Bandwidth state_rate =
        param(&state_rate, "state_rate", 4_GB_per_s, between(1_Mbit_per_s, 10000_Gbit_per_s),
              "speed at which the device itself reads or loads its state", estimate);
    Bytes capacity = param(&capacity, "capacity", 64_GiB, between(1_MiB, 4096_TiB),
                           "size of the namespace of each VF", estimate, Written::InAliasOnly);
    Bytes block = param(&block, "block", 512_B, one_of({512_B, 4096_B}),
                        "logical block of the namespaces", estimate, Written::InAliasOnly);
    bool private_namespaces = param(&private_namespaces, "private_namespaces", true,
                                    "each VF has a namespace of its own; else all share one",
                                    choice, Written::InAliasOnly);
    std::uint32_t namespace_set =
        param(&namespace_set, "namespace_set", 1, between(0, 1 << 30),
              "which namespaces these are: hosts with the same number reach the same ones (NGUID)",
              choice);
    std::uint32_t exported_template = param(
        &exported_template, "template", 1, between(0, 255),
        "which template it exports its subsystem after, where the profile has any (LM-TPL-01): "
        "states go from one host to another with the same number",
        choice);
    Time enable = param(&enable, "enable", 4_ms, between(0_s, 100_s), "CC.EN to CSTS.RDY",
                        "kernel log of a Samsung drive: 4 ms from reset to Identify");
    std::optional<Time> disable = param(&disable, "disable", std::nullopt, between(0_s, 100_s),
                                        "CC.EN = 0 to CSTS.RDY = 0; \"none\": as enable", estimate);
    Time reset = param(&reset, "reset", 100_ms, between(0_s, 100_s), "function level reset",
                       "PCIe Base 5.0, 6.6.2: software waits 100 ms");
    Time ready_timeout = param(&ready_timeout, "ready_timeout", 60_s, between(500_ms, 127500_ms),
                               "how long a driver waits for CSTS.RDY at most (CAP.TO, in units of "
                               "500 ms)",
                               estimate);
    AdminParams admin = group(&admin, "admin", "the PF's admin queue");
    MediaParams media = group(&media, "media", "what stores the blocks");
    VfLimitParams vf_limit =
        group(&vf_limit, "vf_limit", "what one VF gets at most, of a drive with dies");
    TrackingParams tracking =
        group(&tracking, "tracking", "what the device tracks for a migration");
};

/// Entries of the MSI-X table of a VF: what the file says, or one for each queue pair and one for
/// the admin queue.
inline std::uint32_t msix_vectors(const DeviceParams& device) {
    return device.msix_vectors != 0 ? device.msix_vectors : device.queue_pairs + 1;
}

/// Entries of an I/O completion queue.
inline std::uint32_t completion_entries(const DeviceParams& device) {
    return device.completion_queue_size != 0 ? device.completion_queue_size : device.queue_size;
}

}  // namespace lmsim::sim
