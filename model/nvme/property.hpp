#pragma once

#include <cstdint>

/// Offsets of properties in BAR 0 (NVMe Base 2.3, 3.1.4) and of doorbells (NVMe over PCIe
/// Transport 1.2, 3.1): what a controller and whoever drives it agree on.
namespace lmsim::nvme::property {

constexpr std::uint64_t CAP = 0x00;
constexpr std::uint64_t VS = 0x08;
constexpr std::uint64_t CC = 0x14;
constexpr std::uint64_t CSTS = 0x1c;
constexpr std::uint64_t AQA = 0x24;
constexpr std::uint64_t ASQ = 0x28;
constexpr std::uint64_t ACQ = 0x30;
constexpr std::uint64_t doorbells = 0x1000;  // CAP.DSTRD is 0

constexpr std::uint64_t sq_doorbell(std::uint32_t queue) { return doorbells + 8ULL * queue; }
constexpr std::uint64_t cq_doorbell(std::uint32_t queue) { return doorbells + 8ULL * queue + 4; }

}  // namespace lmsim::nvme::property
