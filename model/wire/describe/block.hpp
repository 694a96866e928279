#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/spec/rules.hpp"
#include "model/wire/describe/text.hpp"

/// Structures as tables: what a structure consists of is said by fields, and where a field stands
/// by its row.
namespace lmsim::wire::describe {

/// How the number of a field is best shown.
enum class Style : std::uint8_t {
    Decimal,
    Hex,
    Flag,
    Ascii,
    Uuid,   // 16 bytes in the order of RFC 9562
    Bytes,  // a run of bytes without a number
};

/// A run of something that outlives every use of it: a table.
template <class T>
struct Span {
    const T* data = nullptr;
    std::size_t size = 0;

    constexpr Span() = default;
    template <std::size_t N>
    constexpr Span(const T (&items)[N]) : data(items), size(N) {}
    constexpr const T* begin() const { return data; }
    constexpr const T* end() const { return data + size; }
    constexpr Span without_first() const {
        Span rest;
        rest.data = data + 1;
        rest.size = size - 1;
        return rest;
    }
};

struct Field;

/// A field as it was found in the input.
struct Value {
    const Field* field = nullptr;
    spec::Place place;         // from the beginning of the input
    std::uint64_t number = 0;  // the low 64 bits
    bool beyond_64_bits = false;
    const std::uint8_t* bytes = nullptr;  // from the byte in which the field begins
    std::size_t size = 0;                 // bytes that the field touches
    const spec::Rules* rules = nullptr;

    /// What the number says, if it says more than a number: adds nothing otherwise.
    void meaning(Text& text) const;
};

using Says = void (*)(const Value& value, Text& text);

/// The values that a coded field may have, each a row of its own.
struct Codes {
    Span<spec::Id> rows;
    spec::Id breaks = spec::Id::Count;  // the rule that any other value breaks; Count: none
    std::uint64_t vendor = ~0ULL;       // first vendor specific value
};

/// A field as it is printed: its row says where it is and how wide.
struct Field {
    std::string_view name;  // the mnemonic of the documents
    spec::Id row;
    Style style = Style::Decimal;
    Says says = nullptr;
    const Codes* codes = nullptr;
    spec::Id within = spec::Id::Count;  // the row's place counts from this field's
    spec::Place fixed{};                // where no row places it: a format of our own
};
using Fields = Span<Field>;

/// Where a field stands in its block.
spec::Place place_of(const Field& field, const spec::Rules& rules);

/// What is said of a row after the colon of its title: "Suspend" of "Migration Send SEL: Suspend".
std::string_view short_title(spec::Id id);

/// What may be said of the bits of a block that no field holds.
enum class Rest : std::uint8_t {
    Reserved,     // they are 0
    Undescribed,  // fields that no row names
};

struct View;
class Walker;

/// A run of bytes with fields at fixed places.
struct Block {
    std::string_view title;
    spec::Id size_row = spec::Id::Count;  // its size in bytes
    std::size_t size = 0;                 // where no row states it
    Fields fields;
    Rest rest = Rest::Reserved;
    // Rules over several fields, or over values.
    void (*check)(Walker& walker, const View& view) = nullptr;
    Fields more[4] = {};
};

std::size_t size_of(const Block& block, const spec::Rules& rules);

/// The bytes of one block; a field beyond them reads as 0.
struct View {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;  // bytes of the block that are there
    std::size_t at = 0;    // of the block, from the beginning of the input
    const spec::Rules* rules = nullptr;

    std::uint64_t get(spec::Id row) const;
    /// The byte of a field, from the beginning of the input.
    std::size_t where(spec::Id row) const { return at + rules->place(row).byte(); }
};

// What numbers commonly say.
void says_zero_based(const Value& value, Text& text);  // one more
void says_dwords(const Value& value, Text& text);      // four times as many bytes
void says_4k_power(const Value& value, Text& text);    // 2^n * 4 KiB
void says_kelvins(const Value& value, Text& text);     // in Celsius; 0: nothing

}  // namespace lmsim::wire::describe
