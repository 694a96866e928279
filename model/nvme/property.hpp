#pragma once

#include <cstdint>

/// Offsets and bits of properties in BAR 0 (NVMe Base 2.3, 3.1.4) and of doorbells (NVMe over PCIe
/// Transport 1.2, 3.1): what a controller and whoever drives it agree on.
namespace lmsim::nvme::property {

constexpr std::uint64_t CAP = 0x00;
constexpr std::uint64_t VS = 0x08;
constexpr std::uint64_t CC = 0x14;
constexpr std::uint64_t CSTS = 0x1c;
constexpr std::uint64_t NSSR = 0x20;
constexpr std::uint64_t AQA = 0x24;
constexpr std::uint64_t ASQ = 0x28;
constexpr std::uint64_t ACQ = 0x30;
constexpr std::uint64_t CRTO = 0x68;
constexpr std::uint64_t doorbells = 0x1000;  // CAP.DSTRD is 0

constexpr std::uint64_t sq_doorbell(std::uint32_t queue) { return doorbells + 8ULL * queue; }
constexpr std::uint64_t cq_doorbell(std::uint32_t queue) { return doorbells + 8ULL * queue + 4; }

/// CAP (3.1.4.1, figure 36). MQES stands in bits 15:0.
namespace cap {
constexpr std::uint64_t cqr = 1ULL << 16;              // queues are physically contiguous
constexpr std::uint32_t to_shift = 24;                 // TO, 500 ms units
constexpr std::uint64_t nssrs = 1ULL << 36;            // there is an NSSR
constexpr std::uint64_t css_nvm = 1ULL << 37;          // CSS.NCSS: the NVM command set
constexpr std::uint64_t crms_with_media = 1ULL << 59;  // CRMS.CRWMS: ready means media too
}  // namespace cap

/// CC (3.1.4.5, figure 41).
namespace cc {
constexpr std::uint32_t en = 1U << 0;
constexpr std::uint32_t css = 7U << 4;   // 000b: the NVM command set, the one that CAP.CSS names
constexpr std::uint32_t mps = 15U << 7;  // 0h: 4 KiB, which CAP.MPSMIN and MPSMAX are
constexpr std::uint32_t ams = 7U << 11;  // 000b: round robin, the one without a bit in CAP.AMS
constexpr std::uint32_t shn = 3U << 14;
constexpr std::uint32_t iosqes_shift = 16;
constexpr std::uint32_t iocqes_shift = 20;
constexpr std::uint32_t sqe_64_bytes = 6;
constexpr std::uint32_t cqe_16_bytes = 4;
/// Bits 31:24 and 3:1 are read-only and 0: reserved, and CRIME without a choice in CAP.CRMS.
constexpr std::uint32_t writable = 0x00FF'FFF1;
/// What a driver writes to enable a controller.
constexpr std::uint32_t enabled = en | sqe_64_bytes << iosqes_shift | cqe_16_bytes << iocqes_shift;

constexpr std::uint32_t iosqes(std::uint32_t value) { return value >> iosqes_shift & 15; }
constexpr std::uint32_t iocqes(std::uint32_t value) { return value >> iocqes_shift & 15; }
/// Are MPS, CSS and AMS what CAP offers?
constexpr bool supported(std::uint32_t value) { return (value & (css | mps | ams)) == 0; }
}  // namespace cc

/// CSTS (3.1.4.6, figure 42).
namespace csts {
constexpr std::uint32_t rdy = 1U << 0;
constexpr std::uint32_t cfs = 1U << 1;
constexpr std::uint32_t shst = 3U << 2;
constexpr std::uint32_t shst_shift = 2;
constexpr std::uint32_t nssro = 1U << 4;  // write 1 to clear
}  // namespace csts

/// Writable bits of AQA, ASQ and ACQ: the rest is reserved (3.1.4.8 to 3.1.4.10).
constexpr std::uint32_t aqa_writable = 0x0FFF'0FFF;
constexpr std::uint64_t queue_base_writable = ~std::uint64_t{0xFFF};

}  // namespace lmsim::nvme::property
