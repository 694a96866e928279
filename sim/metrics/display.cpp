#include "sim/metrics/display.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/core/text.hpp"
#include "sim/core/units.hpp"

namespace lmsim::sim::metrics {
namespace {

struct Unit {
    const char* name;
    std::uint64_t size;
};
constexpr std::array<Unit, 5> times{
    {{"ps", 1}, {"ns", 1'000}, {"us", 1'000'000}, {"ms", 1'000'000'000}, {"s", 1'000'000'000'000}}};
constexpr std::array<Unit, 5> sizes{{{"B", 1},
                                     {"KiB", 1ULL << 10U},
                                     {"MiB", 1ULL << 20U},
                                     {"GiB", 1ULL << 30U},
                                     {"TiB", 1ULL << 40U}}};

constexpr std::uint64_t power_of_ten(unsigned n) {
    std::uint64_t power = 1;
    while (n-- > 0) power *= 10;
    return power;
}

Uint128 rounded(std::uint64_t value, std::uint64_t unit, unsigned decimals) {
    return (Uint128{value} * power_of_ten(decimals) + unit / 2) / unit;
}

/// Decimals that leave three digits.
unsigned decimals_of(std::uint64_t value, std::uint64_t unit) {
    if (unit == 1) return 0;
    if (rounded(value, unit, 2) < 1000) return 2;
    return rounded(value, unit, 1) < 1000 ? 1 : 0;
}

template <std::size_t N>
std::string readable(std::uint64_t value, const std::array<Unit, N>& units) {
    std::size_t i = 0;
    // What would be rounded to 1000 of a unit is 1 of the next.
    while (i + 1 < N && (value >= units[i + 1].size || rounded(value, units[i].size, 0) >= 1000)) {
        ++i;
    }
    const std::uint64_t unit = units[i].size;
    return decimal(value, unit, decimals_of(value, unit)) + " " + units[i].name;
}

}  // namespace

std::string decimal(std::uint64_t value, std::uint64_t unit, unsigned decimals) {
    LMSIM_ASSERT(unit > 0 && decimals <= 9);
    const Uint128 scaled = rounded(value, unit, decimals);
    const std::uint64_t power = power_of_ten(decimals);
    const auto whole = static_cast<std::uint64_t>(scaled / power);
    if (decimals == 0) return fmt::format("{}", whole);
    return fmt::format("{}.{:0{}}", whole, static_cast<std::uint64_t>(scaled % power), decimals);
}

std::string readable_time(Ps ps) {
    LMSIM_ASSERT(ps >= 0);
    return ps == 0 ? "0 s" : readable(static_cast<std::uint64_t>(ps), times);
}

std::string readable_bytes(std::uint64_t bytes) { return readable(bytes, sizes); }

std::string readable_share(std::uint32_t ppm) { return decimal(ppm, 10'000, 1) + " %"; }

std::string plural(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string terminal_text(std::string_view text) {
    constexpr std::size_t piece = 160;  // printable() cuts what is longer than 200
    std::string out;
    while (!text.empty()) {
        std::size_t length = std::min(piece, text.size());
        // Not within a character, unless there are only continuation bytes.
        while (length < text.size() && length > piece - 4 && (text[length] & 0xC0) == 0x80)
            --length;
        out += printable(text.substr(0, length));
        text.remove_prefix(length);
    }
    return out;
}

std::string markdown_text(std::string_view text) {
    std::string out;
    for (const char c : terminal_text(text)) {
        if (std::string_view("\\`*_{}[]<>#|!~&$").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

}  // namespace lmsim::sim::metrics
