#include "sim/core/units.hpp"

#include <algorithm>

#include "sim/core/text.hpp"

namespace lmsim::sim {

namespace {

constexpr std::uint64_t ki = 1ULL << 10U;
constexpr std::uint64_t mi = 1ULL << 20U;
constexpr std::uint64_t gi = 1ULL << 30U;
constexpr std::uint64_t ti = 1ULL << 40U;
constexpr std::uint64_t kilo = 1'000;
constexpr std::uint64_t mega = 1'000'000;
constexpr std::uint64_t giga = 1'000'000'000;
constexpr std::uint64_t tera = 1'000'000'000'000;

// 20 digits of any unit stay below 2^128, so that nothing has to be rounded on
// the way.
constexpr std::size_t max_digits = 20;

struct Number {
    Uint128 digits = 0;
    std::size_t decimals = 0;
    std::string_view unit;
};

std::string unit_names(const Dimension& dimension) {
    std::vector<std::string> names;
    for (const UnitName& unit : dimension.units) names.emplace_back(unit.name);
    return joined(names);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Splits "12.50ms" into 125, one decimal and "ms".
Result<Number> split(const Dimension& dimension, std::string_view text) {
    const Failure malformed{in_quotes(text) + " is not " + dimension.phrase};
    std::size_t at = 0;
    while (at < text.size() && is_digit(text[at])) ++at;
    const std::string_view whole = text.substr(0, at);
    std::string_view fraction;
    if (at < text.size() && text[at] == '.') {
        const std::size_t start = ++at;
        while (at < text.size() && is_digit(text[at])) ++at;
        fraction = text.substr(start, at - start);
        if (fraction.empty()) return malformed;
    }
    if (whole.empty()) return malformed;
    while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
    Number number;
    number.decimals = fraction.size();
    number.unit = text.substr(at);
    std::string digits = std::string(whole) + std::string(fraction);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.size() > max_digits || number.decimals > max_digits) {
        return Failure{in_quotes(text) + " has more than 20 digits"};
    }
    for (const char digit : digits) {
        number.digits = number.digits * 10 + static_cast<unsigned>(digit - '0');
    }
    return number;
}

Result<std::uint64_t> unit_factor(const Dimension& dimension, std::string_view text,
                                  std::string_view name) {
    if (name.empty()) {
        return Failure{in_quotes(text) + " has no unit; expected " + dimension.phrase};
    }
    if (name.front() == ' ') {
        return Failure{in_quotes(text) + ": no space between number and unit; expected " +
                       dimension.phrase};
    }
    std::vector<std::string> names;
    for (const UnitName& unit : dimension.units) {
        if (name == unit.name) return unit.factor;
        names.emplace_back(unit.name);
    }
    const std::string near = nearest(name, names);
    return Failure{in_quotes(text) + ": unknown unit " + in_quotes(name) + " for " +
                   dimension.what +
                   (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?") +
                   " (units: " + unit_names(dimension) + ")"};
}

std::string decimal(Uint128 digits, std::size_t decimals) {
    std::string text;
    do {
        text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(digits % 10)));
        digits /= 10;
    } while (digits != 0);
    if (decimals == 0) return text;
    if (text.size() <= decimals) text.insert(0, decimals + 1 - text.size(), '0');
    return text.insert(text.size() - decimals, ".");
}

/// The number of units, exact, or an empty text if that takes more than 20
/// digits.
std::string in_units(std::uint64_t raw, std::uint64_t factor) {
    Uint128 digits = raw / factor;
    std::uint64_t rest = raw % factor;
    std::size_t decimals = 0;
    while (rest != 0) {
        if (++decimals > max_digits) return {};
        const Uint128 shifted = static_cast<Uint128>(rest) * 10;
        digits = digits * 10 + shifted / factor;
        rest = static_cast<std::uint64_t>(shifted % factor);
        if (digits / 10 >= static_cast<Uint128>(10'000'000'000'000'000'000U)) return {};
    }
    return decimal(digits, decimals);
}

}  // namespace

template <>
const Dimension& dimension<Time>() {
    static const Dimension time{"a time",
                                "a time such as \"10us\"",
                                "picoseconds",
                                "s",
                                {{"ps", 1, true},
                                 {"ns", kilo, true},
                                 {"us", mega, true},
                                 {"ms", giga, true},
                                 {"s", tera, true},
                                 {"min", 60 * tera, false},
                                 {"h", 3600 * tera, false}},
                                static_cast<std::uint64_t>(Time::max().ps)};
    return time;
}

template <>
const Dimension& dimension<Bytes>() {
    static const Dimension bytes{"a size",
                                 "a size such as \"4KiB\"",
                                 "bytes",
                                 "B",
                                 {{"B", 1, true},
                                  {"kB", kilo, true},
                                  {"MB", mega, true},
                                  {"GB", giga, true},
                                  {"TB", tera, true},
                                  {"KiB", ki, true},
                                  {"MiB", mi, true},
                                  {"GiB", gi, true},
                                  {"TiB", ti, true}},
                                 Bytes::max().count};
    return bytes;
}

template <>
const Dimension& dimension<Bandwidth>() {
    // Decimal bytes are read but not printed: 40 Gbit/s shall not come back as 5
    // GB/s.
    static const Dimension bandwidth{"a bandwidth",
                                     "a bandwidth such as \"25Gbit/s\" or \"128MiB/s\"",
                                     "bits per second",
                                     "bit/s",
                                     {{"bit/s", 1, true},
                                      {"kbit/s", kilo, true},
                                      {"Mbit/s", mega, true},
                                      {"Gbit/s", giga, true},
                                      {"Tbit/s", tera, true},
                                      {"B/s", 8, false},
                                      {"kB/s", 8 * kilo, false},
                                      {"MB/s", 8 * mega, false},
                                      {"GB/s", 8 * giga, false},
                                      {"TB/s", 8 * tera, false},
                                      {"KiB/s", 8 * ki, true},
                                      {"MiB/s", 8 * mi, true},
                                      {"GiB/s", 8 * gi, true},
                                      {"TiB/s", 8 * ti, true}},
                                     Bandwidth::max().bits_per_s};
    return bandwidth;
}

template <>
const Dimension& dimension<Rate>() {
    static const Dimension rate{
        "a rate",
        "a rate such as \"20000/s\" or \"20k/s\"",
        "events per 1000 seconds",
        "/s",
        {{"/s", kilo, true}, {"k/s", mega, true}, {"M/s", giga, true}, {"G/s", tera, true}},
        Rate::max().milli_per_s};
    return rate;
}

template <>
const Dimension& dimension<Share>() {
    static const Dimension share{"a share",
                                 "a share such as \"80%\"",
                                 "parts per million",
                                 "%",
                                 {{"ppm", 1, true}, {"%", 10'000, true}},
                                 Share::max().ppm};
    return share;
}

Result<std::uint64_t> parse_quantity(const Dimension& dimension, std::string_view text) {
    const Result<Number> number = split(dimension, text);
    if (!number) return Failure{number.error()};
    const Result<std::uint64_t> factor = unit_factor(dimension, text, number.value().unit);
    if (!factor) return Failure{factor.error()};
    Uint128 divisor = 1;
    for (std::size_t i = 0; i < number.value().decimals; ++i) divisor *= 10;
    const Uint128 product = static_cast<Uint128>(number.value().digits) * factor.value();
    if (product % divisor != 0) {
        return Failure{in_quotes(text) + " is not a whole number of " + dimension.base};
    }
    if (product / divisor > dimension.max) {
        return Failure{in_quotes(text) + " is too large: at most " +
                       format_quantity(dimension, dimension.max)};
    }
    return static_cast<std::uint64_t>(product / divisor);
}

std::string format_quantity(const Dimension& dimension, std::uint64_t raw) {
    // Zero has no natural unit: the plain one reads best ("0s", "0%", not "0ps",
    // "0ppm").
    if (raw == 0) {
        return std::string("0") + dimension.zero;
    }
    std::string best;
    const char* best_unit = nullptr;
    bool best_is_whole = false;
    for (const UnitName& unit : dimension.units) {
        if (!unit.printed) continue;
        const std::string number = in_units(raw, unit.factor);
        if (number.empty()) continue;
        const bool is_whole = number.find('.') == std::string::npos;
        const bool better = best_unit == nullptr || number.size() < best.size() ||
                            (number.size() == best.size() && (is_whole || !best_is_whole));
        if (better) {
            best = number;
            best_unit = unit.name;
            best_is_whole = is_whole;
        }
    }
    return best + best_unit;
}

}  // namespace lmsim::sim
