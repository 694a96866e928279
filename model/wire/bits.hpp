#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "model/assert.hpp"
#include "model/spec/row.hpp"

/// Little-endian access to bytes (NVMe Base 2.3, 1.4.3), and to runs of bits named by rows.
namespace lmsim::wire {

template <class T>
inline T load_le(const std::uint8_t* from) {
    T value;
    std::memcpy(&value, from, sizeof(T));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
#endif
    return value;
}

template <class T>
inline void store_le(std::uint8_t* to, T value) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
#endif
    std::memcpy(to, &value, sizeof(T));
}

/// The low 64 bits of the field at `place`. The caller has checked that place.end_byte() bytes are
/// there.
inline std::uint64_t load_bits(const std::uint8_t* base, spec::Place place) {
    const std::uint32_t width = place.width > 64 ? 64U : place.width;
    if (place.bit % 8 == 0) {  // most fields are whole bytes
        if (width == 8) return base[place.bit / 8];
        if (width == 16) return load_le<std::uint16_t>(base + place.bit / 8);
        if (width == 32) return load_le<std::uint32_t>(base + place.bit / 8);
        if (width == 64) return load_le<std::uint64_t>(base + place.bit / 8);
    }
    std::uint64_t value = 0;
    for (std::uint32_t got = 0; got < width;) {
        const std::uint32_t bit = place.bit + got;
        const std::uint32_t shift = bit % 8;
        const std::uint32_t room = 8 - shift;
        const std::uint32_t take = width - got < room ? width - got : room;
        const std::uint64_t chunk = (base[bit / 8] >> shift) & ((1U << take) - 1U);
        value |= chunk << got;
        got += take;
    }
    return value;
}

/// Does `value` fit into a field of this width?
inline bool fits(std::uint64_t value, spec::Place place) {
    return place.width >= 64 || (value >> place.width) == 0;
}

/// Stores the low bits of `value` at `place` and clears the field's bits above 64; leaves all
/// other bits alone. A dialect with a narrower field loses the upper bits, as its hardware would.
inline void store_bits(std::uint8_t* base, spec::Place place, std::uint64_t value) {
    if (place.bit % 8 == 0) {  // most fields are whole bytes
        std::uint8_t* to = base + place.bit / 8;
        if (place.width == 8) return store_le(to, static_cast<std::uint8_t>(value));
        if (place.width == 16) return store_le(to, static_cast<std::uint16_t>(value));
        if (place.width == 32) return store_le(to, static_cast<std::uint32_t>(value));
        if (place.width == 64) return store_le(to, value);
    }
    for (std::uint32_t put = 0; put < place.width;) {
        const std::uint32_t bit = place.bit + put;
        const std::uint32_t shift = bit % 8;
        const std::uint32_t room = 8 - shift;
        const std::uint32_t take = place.width - put < room ? place.width - put : room;
        const std::uint32_t mask = ((1U << take) - 1U) << shift;
        const std::uint64_t rest = put < 64 ? value >> put : 0;
        const std::uint32_t chunk = static_cast<std::uint32_t>(rest << shift) & mask;
        base[bit / 8] = static_cast<std::uint8_t>((base[bit / 8] & ~mask) | chunk);
        put += take;
    }
}

/// Is the part of a field above its low 64 bits zero? (NVMECSS and VSS are 128 bits wide.)
inline bool upper_bits_zero(const std::uint8_t* base, spec::Place place) {
    if (place.width <= 64) {
        return true;
    }
    const auto rest = static_cast<std::uint16_t>(place.width - 64);
    LMSIM_ASSERT(rest <= 64);
    return load_bits(base, {place.bit + 64, rest}) == 0;
}

}  // namespace lmsim::wire
