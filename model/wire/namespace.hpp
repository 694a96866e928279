#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/result.hpp"

/// The Identify data structures of namespaces, 4096 bytes each.
namespace lmsim::wire {

constexpr std::uint32_t nsid_broadcast = 0xffff'ffff;
constexpr std::size_t lba_formats = 64;  // room of an Identify Namespace

constexpr std::uint8_t nmic_shared = 1U << 0;
constexpr std::uint8_t nmic_dispersed = 1U << 1;
constexpr std::uint8_t nsfeat_uid_never_reused = 1U << 3;
constexpr std::uint8_t dlfeat_reads_zeroes = 1;
constexpr std::uint8_t dlfeat_deac = 1U << 3;

using Nguid = std::array<std::uint8_t, 16>;
using Eui64 = std::array<std::uint8_t, 8>;

/// A format that a namespace can have.
struct LbaFormat {
    std::uint16_t ms = 0;    // metadata bytes of a block
    std::uint8_t lbads = 0;  // data bytes of a block: 2^lbads; 0 = not available
    std::uint8_t rp = 0;     // 0 best to 3 worst
};
bool operator==(const LbaFormat& a, const LbaFormat& b);

/// Identify Namespace of the NVM Command Set, CNS 00h and 11h (NVM Command Set 1.2, 4.1.5.1): the
/// fields that the model sets.
struct IdentifyNamespace {
    std::uint64_t nsze = 0;  // blocks; 0: no such namespace for this controller
    std::uint64_t ncap = 0;
    std::uint64_t nuse = 0;
    std::uint8_t nsfeat = 0;
    std::uint8_t nlbaf = 0;  // 0's based
    std::uint8_t flbas = 0;
    std::uint8_t mc = 0;
    std::uint8_t dpc = 0;
    std::uint8_t dps = 0;
    std::uint8_t nmic = 0;
    std::uint8_t dlfeat = 0;
    std::uint64_t nvmcap = 0;  // bytes, the low 64 bits
    Nguid nguid{};
    Eui64 eui64{};
    std::array<LbaFormat, lba_formats> lbaf{};

    /// The format in use: FLBAS bits 6:5 are the upper ones of its index.
    std::size_t format() const { return (flbas & 0xFU) | (flbas >> 5 & 3U) << 4; }
};
bool operator==(const IdentifyNamespace& a, const IdentifyNamespace& b);

/// Writes 4096 bytes.
void encode(const IdentifyNamespace& page, std::uint8_t* to, const spec::Rules& rules);

/// Faults: Truncated.
Result<IdentifyNamespace> decode_identify_namespace(const std::uint8_t* data, std::size_t size,
                                                    const spec::Rules& rules);

/// I/O Command Set Independent Identify Namespace, CNS 08h (NVMe Base 2.3, 5.2.13.2.8).
struct IndependentNamespace {
    std::uint8_t nsfeat = 0;
    std::uint8_t nmic = 0;
    bool ready = false;  // NSTAT.NRDY
};
bool operator==(const IndependentNamespace& a, const IndependentNamespace& b);

/// Writes 4096 bytes.
void encode(const IndependentNamespace& page, std::uint8_t* to, const spec::Rules& rules);

/// Faults: Truncated.
Result<IndependentNamespace> decode_independent_namespace(const std::uint8_t* data,
                                                          std::size_t size,
                                                          const spec::Rules& rules);

/// Identify Controller of the NVM Command Set, CNS 06h CSI 00h (NVM Command Set 1.2, 4.1.5.4).
struct IdentifyControllerNvm {
    std::uint8_t vsl = 0;
    std::uint8_t wzsl = 0;
    std::uint8_t wusl = 0;
    std::uint8_t dmrl = 0;    // ranges; 0 = no limit
    std::uint32_t dmrsl = 0;  // blocks of a range; 0 = no limit
    std::uint64_t dmsl = 0;   // blocks of all ranges; 0 = no limit
    bool ralbas = false;      // Get LBA Status reports allocated LBAs
    std::uint32_t ver = 0;    // 00010200h = 1.2
    std::uint8_t lbamqf = 0;  // LBA Migration Queue entries: 0 = type 0
};
bool operator==(const IdentifyControllerNvm& a, const IdentifyControllerNvm& b);

/// Writes 4096 bytes.
void encode(const IdentifyControllerNvm& page, std::uint8_t* to, const spec::Rules& rules);

/// Faults: Truncated.
Result<IdentifyControllerNvm> decode_identify_controller_nvm(const std::uint8_t* data,
                                                             std::size_t size,
                                                             const spec::Rules& rules);

}  // namespace lmsim::wire
