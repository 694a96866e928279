#pragma once

#include <cstddef>
#include <cstdint>

#include "model/wire/bits.hpp"

namespace lmsim::wire {

/// Completion queue entry, 16 bytes (NVMe Base 2.3, 4.2.1).
struct Cqe {
    static constexpr std::size_t size = 16;

    std::uint32_t dw0 = 0;
    std::uint32_t dw1 = 0;
    std::uint16_t sqhd = 0;
    std::uint16_t sqid = 0;
    std::uint16_t cid = 0;
    bool phase = false;
    // 15 bits: SC 7:0, SCT 10:8, CRD 12:11, M bit 13, DNR bit 14. 0 = success.
    std::uint16_t status = 0;

    friend bool operator==(const Cqe& a, const Cqe& b) {
        return a.dw0 == b.dw0 && a.dw1 == b.dw1 && a.sqhd == b.sqhd && a.sqid == b.sqid &&
               a.cid == b.cid && a.phase == b.phase && a.status == b.status;
    }
    friend bool operator!=(const Cqe& a, const Cqe& b) { return !(a == b); }
};

/// SCT << 8 | SC without CRD, M and DNR: what spec::Rules::status() names.
constexpr std::uint16_t status_code(std::uint16_t status) {
    return static_cast<std::uint16_t>(status & 0x7FF);
}
constexpr std::uint16_t status_dnr = 0x4000;
constexpr std::uint16_t status_more = 0x2000;

/// The entry as two little-endian words, DW1:DW0 and DW3:DW2 (as an Effect carries them).
struct CqeWords {
    std::uint64_t low;
    std::uint64_t high;
};

inline CqeWords to_words(const Cqe& cqe) {
    const std::uint64_t dw3 =
        cqe.cid | std::uint64_t{cqe.phase} << 16 | (std::uint64_t{cqe.status} & 0x7FFF) << 17;
    return {cqe.dw0 | std::uint64_t{cqe.dw1} << 32,
            cqe.sqhd | std::uint64_t{cqe.sqid} << 16 | dw3 << 32};
}

inline Cqe from_words(CqeWords words) {
    Cqe cqe;
    cqe.dw0 = static_cast<std::uint32_t>(words.low);
    cqe.dw1 = static_cast<std::uint32_t>(words.low >> 32);
    cqe.sqhd = static_cast<std::uint16_t>(words.high);
    cqe.sqid = static_cast<std::uint16_t>(words.high >> 16);
    cqe.cid = static_cast<std::uint16_t>(words.high >> 32);
    cqe.phase = (words.high >> 48 & 1) != 0;
    cqe.status = static_cast<std::uint16_t>(words.high >> 49);
    return cqe;
}

/// Writes 16 bytes.
inline void encode(const Cqe& cqe, std::uint8_t* to) {
    const CqeWords words = to_words(cqe);
    store_le(to, words.low);
    store_le(to + 8, words.high);
}

/// Reads 16 bytes. Every pattern of bits is an entry.
inline Cqe decode_cqe(const std::uint8_t* from) {
    return from_words({load_le<std::uint64_t>(from), load_le<std::uint64_t>(from + 8)});
}

/// The phase tag alone: what a host polls.
inline bool phase_of(const std::uint8_t* cqe) { return (cqe[14] & 1) != 0; }

}  // namespace lmsim::wire
