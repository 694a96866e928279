#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/units.hpp"
#include "sim/guest/fio/error.hpp"

namespace lmsim::sim::fio {

/// A value as it stands in a file, or a piece of it, with the place of its first byte.
struct Value {
    const std::string* file = nullptr;
    std::string_view key;
    std::string_view text;
    Where at;
    bool present = true;  // false: a key without '='

    Value part(std::size_t from, std::size_t count) const;

    /// Pieces between separators; empty ones are kept, as fio's "bs=,8k" needs them.
    std::vector<Value> split(char separator) const;

    /// Throws InputError at this place: "key: message".
    [[noreturn]] void fail(const std::string& message) const;
};

/// A whole number with fio's size suffix (fio(1), "Parameter types"): k, m, g, t, p with an
/// optional b, powers of `kb_base`; ki, mi, .. with b, powers of the other base. Decimal or 0x.
/// fio drops what it cannot read ("1.5k" is 1 byte there); here that is an InputError.
std::uint64_t parse_size(const Value& value, unsigned kb_base, std::uint64_t min,
                         std::uint64_t max);

/// "10%" or a size. A percentage sets `percent` and is 0 to 100.
std::uint64_t parse_size_or_percent(const Value& value, unsigned kb_base, std::uint64_t max,
                                    bool& percent);

/// A time with us, ms, s, m, h, d (or usec, msec); without a suffix it counts `unit`.
/// At most 30 days: sums of a few must fit.
Time parse_time(const Value& value, Time unit);

/// 0 or 1; a key alone is 1.
bool parse_flag(const Value& value);

/// A decimal fraction in millionths, further digits cut off; 0 to 1000.
std::uint64_t parse_millionths(const Value& value);

}  // namespace lmsim::sim::fio
