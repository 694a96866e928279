#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "model/wire/bits.hpp"

namespace lmsim::wire {

/// Submission queue entry, 64 bytes (NVMe Base 2.3, 4.1.1). Its members stand in wire order.
struct Sqe {
    static constexpr std::size_t size = 64;

    std::uint8_t opcode = 0;
    std::uint8_t flags = 0;  // FUSE 1:0, PSDT 7:6
    std::uint16_t cid = 0;
    std::uint32_t nsid = 0;
    std::uint32_t cdw2 = 0;
    std::uint32_t cdw3 = 0;
    std::uint64_t mptr = 0;
    std::uint64_t prp1 = 0;
    std::uint64_t prp2 = 0;
    std::uint32_t cdw10 = 0;
    std::uint32_t cdw11 = 0;
    std::uint32_t cdw12 = 0;
    std::uint32_t cdw13 = 0;
    std::uint32_t cdw14 = 0;
    std::uint32_t cdw15 = 0;
};
static_assert(sizeof(Sqe) == Sqe::size && std::is_trivially_copyable_v<Sqe>);
static_assert(offsetof(Sqe, prp1) == 24 && offsetof(Sqe, cdw10) == 40);

/// Writes 64 bytes.
inline void encode(const Sqe& sqe, std::uint8_t* to) {
    store_le<std::uint64_t>(to, sqe.opcode | std::uint64_t{sqe.flags} << 8 |
                                    std::uint64_t{sqe.cid} << 16 | std::uint64_t{sqe.nsid} << 32);
    store_le<std::uint64_t>(to + 8, sqe.cdw2 | std::uint64_t{sqe.cdw3} << 32);
    store_le<std::uint64_t>(to + 16, sqe.mptr);
    store_le<std::uint64_t>(to + 24, sqe.prp1);
    store_le<std::uint64_t>(to + 32, sqe.prp2);
    store_le<std::uint64_t>(to + 40, sqe.cdw10 | std::uint64_t{sqe.cdw11} << 32);
    store_le<std::uint64_t>(to + 48, sqe.cdw12 | std::uint64_t{sqe.cdw13} << 32);
    store_le<std::uint64_t>(to + 56, sqe.cdw14 | std::uint64_t{sqe.cdw15} << 32);
}

/// Reads 64 bytes. Every pattern of bits is an entry.
inline Sqe decode_sqe(const std::uint8_t* from) {
    Sqe sqe;
    sqe.opcode = from[0];
    sqe.flags = from[1];
    sqe.cid = load_le<std::uint16_t>(from + 2);
    sqe.nsid = load_le<std::uint32_t>(from + 4);
    sqe.cdw2 = load_le<std::uint32_t>(from + 8);
    sqe.cdw3 = load_le<std::uint32_t>(from + 12);
    sqe.mptr = load_le<std::uint64_t>(from + 16);
    sqe.prp1 = load_le<std::uint64_t>(from + 24);
    sqe.prp2 = load_le<std::uint64_t>(from + 32);
    sqe.cdw10 = load_le<std::uint32_t>(from + 40);
    sqe.cdw11 = load_le<std::uint32_t>(from + 44);
    sqe.cdw12 = load_le<std::uint32_t>(from + 48);
    sqe.cdw13 = load_le<std::uint32_t>(from + 52);
    sqe.cdw14 = load_le<std::uint32_t>(from + 56);
    sqe.cdw15 = load_le<std::uint32_t>(from + 60);
    return sqe;
}

inline bool operator==(const Sqe& a, const Sqe& b) {
    return std::memcmp(&a, &b, sizeof(Sqe)) == 0;  // no padding: see the assertion on its size
}
inline bool operator!=(const Sqe& a, const Sqe& b) { return !(a == b); }

}  // namespace lmsim::wire
