#pragma once

#include <cstdint>
#include <string_view>

#include "model/spec/id.hpp"

namespace lmsim::spec {

/// What a row states, and therefore which of its columns have a meaning.
enum class Kind : std::uint8_t {
    Opcode,     // value: the opcode
    Status,     // value: SCT << 8 | SC
    Field,      // place: bits of a command (64 bytes) or of a completion entry (16 bytes)
    Layout,     // place: bits of a data structure
    Size,       // value: bytes of a structure or of one of its entries
    Value,      // value: an encoding (a CNS, a SEL, a feature identifier, ...)
    Limit,      // value: a bound
    Condition,  // status: the answer when the condition of the title holds
    Behaviour,  // on or off
    Switch,     // the documents leave it open: value (or on) is the stated default
    Arc,        // a transition of a machine
    Defect,     // what a posted driver gets wrong: on or off, and off until asked for
};

/// A run of bits in a little-endian structure: bit 0 is bit 0 of byte 0.
struct Place {
    std::uint32_t bit = 0;
    std::uint16_t width = 0;

    constexpr std::uint32_t byte() const { return bit / 8; }
    constexpr std::uint32_t end_byte() const { return (bit + width + 7) / 8; }
    friend constexpr bool operator==(Place a, Place b) {
        return a.bit == b.bit && a.width == b.width;
    }
};

/// Bytes first..last of a structure, as the documents write "last:first".
constexpr Place bytes(std::uint32_t first, std::uint32_t last) {
    return {first * 8, static_cast<std::uint16_t>((last - first + 1) * 8)};
}

/// Bits msb:lsb of the structure's field that begins at byte `first`.
constexpr Place bits(std::uint32_t first, std::uint32_t msb, std::uint32_t lsb) {
    return {first * 8 + lsb, static_cast<std::uint16_t>(msb - lsb + 1)};
}

/// Bits msb:lsb of command dword `n` of a submission queue entry.
constexpr Place cdw(std::uint32_t n, std::uint32_t msb, std::uint32_t lsb) {
    return bits(n * 4, msb, lsb);
}

/// One statement of the documents. `name` is the requirement id, `symbol` the enumerator.
struct Row {
    Id id;
    Kind kind;
    std::string_view symbol;
    std::string_view name;
    std::string_view title;
    std::string_view document;
    std::string_view section;
    std::uint32_t value;
    Place place;
    Id status;  // a Status row, or the Value row of an errno; Id::Count where the row states none
};

std::string_view to_string(Kind kind);

}  // namespace lmsim::spec
