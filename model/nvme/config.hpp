#pragma once

#include <cstdint>

namespace lmsim::nvme {

/// What a device is, apart from what it does: constant over a run.
struct Config {
    std::uint32_t queue_pairs = 8;     // I/O pairs a VF offers, 1 to 64
    std::uint32_t vectors = 0;         // MSI-X vectors of a VF; 0: one for each pair and one
    std::uint32_t queue_size = 1024;   // entries, 2 to 65536 (CAP.MQES is one less)
    std::uint32_t contexts = 1024;     // commands a controller works on at once
    std::uint8_t ready_timeout = 120;  // CAP.TO, CRTO.CRWMT: 500 ms units
    bool vfs_online = true;            // the VFs start online, with their resources
    std::uint32_t flexible_vqs = 0;    // VQFRT, at most 65535; 0: all queues are private resources
    std::uint32_t flexible_vis = 0;    // VIFRT, likewise of interrupt vectors
    bool subsystem_reset = true;       // CAP.NSSRS of the PF
    bool write_cache = true;           // there is a volatile one (VWC)
    std::uint32_t hmpre = 16'384;      // 4 KiB: what it would ask for of a host without an MMC
    std::uint32_t mdts = 6;            // 2^n pages of 4 KiB
    std::uint32_t vendor_bytes = 0;    // opaque vendor state behind our own area, dwords
    std::uint64_t blocks = 1U << 28;   // of a namespace
    std::uint32_t block_bytes = 512;
    std::uint64_t capacity = 0;  // bytes of NVM for namespaces; 0: what the first ones take
    std::uint32_t nguid_seed = 1;
    std::uint32_t serial = 0;  // SN, and a part of SUBNQN: other subsystems of a host have another
    std::uint16_t vid = 0;     // as in the PCI configuration space
    std::uint16_t ssvid = 0;
    std::uint16_t temperature = 313;  // kelvins, for good, and below the thresholds
    std::uint16_t warning_temperature = 343;
    std::uint16_t critical_temperature = 353;
    std::uint16_t power = 2500;        // 0.01 W, of the only power state
    std::uint8_t template_number = 1;  // which template it has, where a dialect has any: LM-TPL-01
    bool private_namespaces = false;   // VF i alone has vf_namespaces of them; else one for all
    std::uint32_t vf_namespaces = 1;   // NSIDs one after the other, at most vf_most
    static constexpr std::uint32_t vf_most = 16;
    std::uint64_t vf_blocks[vf_most] = {};  // of each of them; 0: `blocks`
    std::uint32_t vf_reachable = 0;         // bit n: other subsystems have the n-th, too
    bool track_allocation = false;          // which blocks are allocated: Get LBA Status tells
    std::uint16_t mcudmq = 256;  // UDMQs of the MMC, and of the subsystem: at most Bounds::cdqs
    std::uint16_t mnsudmq = 256;
    std::uint16_t mcmr = 1024;  // memory ranges of one CDQ, and of all
    std::uint16_t nmcmr = 0xffff;
    std::uint16_t mcdqpc = 1024;                 // PRPs of one CDQ
    bool cdq_merge = false;                      // logged ranges that touch become one
    bool track_memory = true;                    // TRATTR.THMCS
    bool power_of_two_ranges = false;            // TRATTR.MRTLL
    std::uint32_t tracked_ranges = 16384;        // CMMRTD: descriptors of the MMC, at most 65535
    std::uint32_t subsystem_ranges = 16384;      // NMMRTD: of the subsystem, at most 65535
    std::uint32_t finest_granule = 0;            // MINMRTG: 2^n * 4 KiB
    std::uint32_t coarsest_granule = 9;          // MAXMRTG
    std::uint32_t ranges_per_mc = 64;            // what it can really track of one MC at once:
    std::uint64_t granules_per_mc = 1ULL << 28;  // beyond either Not Enough Resources
    bool carry_registers = true;  // which parts that v0 leaves out go into the vendor area
    bool carry_admin_queue = true;
    bool carry_features = true;
    bool carry_aer = true;
};

}  // namespace lmsim::nvme
