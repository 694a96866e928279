#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "model/assert.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

/// What all dimensioned numbers share: they add, compare and scale by a plain
/// number, and never mix.
template <class U, class R>
struct Quantity {
    using Raw = R;

    friend constexpr bool operator==(U a, U b) { return a.raw() == b.raw(); }
    friend constexpr bool operator!=(U a, U b) { return a.raw() != b.raw(); }
    friend constexpr bool operator<(U a, U b) { return a.raw() < b.raw(); }
    friend constexpr bool operator<=(U a, U b) { return a.raw() <= b.raw(); }
    friend constexpr bool operator>(U a, U b) { return a.raw() > b.raw(); }
    friend constexpr bool operator>=(U a, U b) { return a.raw() >= b.raw(); }
    friend constexpr U operator+(U a, U b) { return U{a.raw() + b.raw()}; }
    friend constexpr U operator-(U a, U b) { return U{a.raw() - b.raw()}; }
    friend constexpr U operator*(U a, R n) { return U{a.raw() * n}; }
    friend constexpr U operator*(R n, U a) { return U{a.raw() * n}; }
    friend constexpr U operator/(U a, R n) { return U{a.raw() / n}; }
    friend constexpr R operator/(U a, U b) { return a.raw() / b.raw(); }
    friend constexpr U operator%(U a, U b) { return U{a.raw() % b.raw()}; }
    friend constexpr U& operator+=(U& a, U b) { return a = a + b; }
    friend constexpr U& operator-=(U& a, U b) { return a = a - b; }
};

/// Simulated time or a span of it, in integer picoseconds; about 106 days at
/// most.
struct Time : Quantity<Time, std::int64_t> {
    std::int64_t ps = 0;
    constexpr Time() = default;
    explicit constexpr Time(std::int64_t picoseconds) : ps(picoseconds) {}
    constexpr std::int64_t raw() const { return ps; }
    static constexpr Time max() { return Time{std::numeric_limits<std::int64_t>::max()}; }
    constexpr Time operator-() const { return Time{-ps}; }
};

/// A number of bytes.
struct Bytes : Quantity<Bytes, std::uint64_t> {
    std::uint64_t count = 0;
    constexpr Bytes() = default;
    explicit constexpr Bytes(std::uint64_t bytes) : count(bytes) {}
    constexpr std::uint64_t raw() const { return count; }
    static constexpr Bytes max() { return Bytes{std::numeric_limits<std::uint64_t>::max()}; }
};

/// Bits per second; on a wire they are decimal.
struct Bandwidth : Quantity<Bandwidth, std::uint64_t> {
    std::uint64_t bits_per_s = 0;
    constexpr Bandwidth() = default;
    explicit constexpr Bandwidth(std::uint64_t bits) : bits_per_s(bits) {}
    constexpr std::uint64_t raw() const { return bits_per_s; }
    static constexpr Bandwidth max() {
        return Bandwidth{std::numeric_limits<std::uint64_t>::max()};
    }
};

/// Events per second, in thousandths so that slow rates stay integers.
struct Rate : Quantity<Rate, std::uint64_t> {
    std::uint64_t milli_per_s = 0;
    constexpr Rate() = default;
    explicit constexpr Rate(std::uint64_t milli) : milli_per_s(milli) {}
    constexpr std::uint64_t raw() const { return milli_per_s; }
    static constexpr Rate max() { return Rate{std::numeric_limits<std::uint64_t>::max()}; }
};

/// A part of a whole, in parts per million: "80%" is 800000.
struct Share : Quantity<Share, std::uint64_t> {
    std::uint64_t ppm = 0;
    constexpr Share() = default;
    explicit constexpr Share(std::uint64_t parts) : ppm(parts) {}
    constexpr std::uint64_t raw() const { return ppm; }
    static constexpr Share max() { return Share{std::numeric_limits<std::uint64_t>::max()}; }
    static constexpr Share whole() { return Share{1'000'000}; }
};

inline namespace literals {
constexpr std::int64_t scaled(unsigned long long n, std::int64_t unit) {
    LMSIM_ASSERT(n <= static_cast<unsigned long long>(Time::max().ps / unit));
    return static_cast<std::int64_t>(n) * unit;
}
constexpr std::uint64_t scaled_up(unsigned long long n, std::uint64_t unit) {
    LMSIM_ASSERT(n <= std::numeric_limits<std::uint64_t>::max() / unit);
    return n * unit;
}
// clang-format off
constexpr Time operator""_ps(unsigned long long n) { return Time{scaled(n, 1)}; }
constexpr Time operator""_ns(unsigned long long n) { return Time{scaled(n, 1'000)}; }
constexpr Time operator""_us(unsigned long long n) { return Time{scaled(n, 1'000'000)}; }
constexpr Time operator""_ms(unsigned long long n) { return Time{scaled(n, 1'000'000'000)}; }
constexpr Time operator""_s(unsigned long long n) { return Time{scaled(n, 1'000'000'000'000)}; }
constexpr Bytes operator""_B(unsigned long long n) { return Bytes{n}; }
constexpr Bytes operator""_kB(unsigned long long n) { return Bytes{scaled_up(n, 1'000)}; }
constexpr Bytes operator""_MB(unsigned long long n) { return Bytes{scaled_up(n, 1'000'000)}; }
constexpr Bytes operator""_GB(unsigned long long n) { return Bytes{scaled_up(n, 1'000'000'000)}; }
constexpr Bytes operator""_KiB(unsigned long long n) { return Bytes{scaled_up(n, 1ULL << 10U)}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return Bytes{scaled_up(n, 1ULL << 20U)}; }
constexpr Bytes operator""_GiB(unsigned long long n) { return Bytes{scaled_up(n, 1ULL << 30U)}; }
constexpr Bytes operator""_TiB(unsigned long long n) { return Bytes{scaled_up(n, 1ULL << 40U)}; }
constexpr Bandwidth operator""_bit_per_s(unsigned long long n) { return Bandwidth{n}; }
constexpr Bandwidth operator""_Mbit_per_s(unsigned long long n) {
    return Bandwidth{scaled_up(n, 1'000'000)};
}
constexpr Bandwidth operator""_Gbit_per_s(unsigned long long n) {
    return Bandwidth{scaled_up(n, 1'000'000'000)};
}
constexpr Bandwidth operator""_MB_per_s(unsigned long long n) {
    return Bandwidth{scaled_up(n, 8'000'000)};
}
constexpr Bandwidth operator""_GB_per_s(unsigned long long n) {
    return Bandwidth{scaled_up(n, 8'000'000'000)};
}
constexpr Bandwidth operator""_MiB_per_s(unsigned long long n) {
    return Bandwidth{scaled_up(n, 8ULL << 20U)};
}
constexpr Rate operator""_per_s(unsigned long long n) { return Rate{scaled_up(n, 1'000)}; }
constexpr Share operator""_percent(unsigned long long n) { return Share{scaled_up(n, 10'000)}; }
constexpr Share operator""_ppm(unsigned long long n) { return Share{n}; }
// clang-format on
}  // namespace literals

/// How one dimension is written: which units there are and what is said when a
/// text is none of it.
struct UnitName {
    const char* name;
    std::uint64_t factor;  // in base units
    bool printed;          // whether format() may choose it
};

/// A dimension by its names, and its units from the smallest on.
struct Dimension {
    const char* what;    // "time"
    const char* phrase;  // "a time such as \"10us\""
    const char* base;    // "picoseconds"
    const char* zero;    // the unit that nothing is counted in: "s"
    std::vector<UnitName> units;
    std::uint64_t max;
};

/// The dimension of a unit type (specialized for the five types above).
template <class U>
const Dimension& dimension();
template <>
const Dimension& dimension<Time>();
template <>
const Dimension& dimension<Bytes>();
template <>
const Dimension& dimension<Bandwidth>();
template <>
const Dimension& dimension<Rate>();
template <>
const Dimension& dimension<Share>();

/// Reads "1.5ms" and the like in integers only. Refused with a reason: no unit,
/// an unknown unit (names the nearest), what is not a whole number of base
/// units, what does not fit, a sign, an exponent.
Result<std::uint64_t> parse_quantity(const Dimension& dimension, std::string_view text);

/// The shortest number that is exact, with its unit: a whole number before a
/// fraction, then the larger unit. parse_quantity() reads it back to the same
/// value.
std::string format_quantity(const Dimension& dimension, std::uint64_t raw);

template <class U>
Result<U> parse(std::string_view text) {
    const Result<std::uint64_t> raw = parse_quantity(dimension<U>(), text);
    if (!raw) return Failure{raw.error()};
    return U{static_cast<typename U::Raw>(raw.value())};
}

/// "1.5ms", "4KiB", "25Gbit/s", "20000/s", "80%"; only spans of time can be
/// negative: "-3us".
template <class U>
std::string format(U value) {
    if (value < U{}) {
        return "-" + format_quantity(dimension<U>(), 0 - static_cast<std::uint64_t>(value.raw()));
    }
    return format_quantity(dimension<U>(), static_cast<std::uint64_t>(value.raw()));
}

/// Time to pass `bytes` at `bandwidth`, rounded up to a picosecond. The
/// bandwidth must not be 0.
inline Time transfer(Bytes bytes, Bandwidth bandwidth) {
    LMSIM_ASSERT(bandwidth.bits_per_s != 0);
    constexpr std::uint64_t small = std::uint64_t{1} << 63U;  // twice that fits 64 bits
    if (bytes.count <= small / 8'000'000'000'000U && bandwidth.bits_per_s <= small) {
        const std::uint64_t bits = bytes.count * 8'000'000'000'000U;
        return Time{
            static_cast<std::int64_t>((bits + bandwidth.bits_per_s - 1) / bandwidth.bits_per_s)};
    }
    const Uint128 bits = static_cast<Uint128>(bytes.count) * 8'000'000'000'000U;
    const Uint128 ps = (bits + bandwidth.bits_per_s - 1) / bandwidth.bits_per_s;
    LMSIM_ASSERT(ps <= static_cast<Uint128>(Time::max().ps));
    return Time{static_cast<std::int64_t>(ps)};
}

/// Whole bytes that pass in `span` (not negative) at `bandwidth`: never more
/// than transfer() allows.
inline Bytes carried(Time span, Bandwidth bandwidth) {
    LMSIM_ASSERT(span.ps >= 0);
    const Uint128 bits = static_cast<Uint128>(span.ps) * bandwidth.bits_per_s;
    const Uint128 bytes = bits / 8'000'000'000'000U;
    LMSIM_ASSERT(bytes <= Bytes::max().count);
    return Bytes{static_cast<std::uint64_t>(bytes)};
}

/// Time between two events at a steady rate, rounded down to a picosecond. The
/// rate must not be 0.
inline Time period(Rate rate) {
    LMSIM_ASSERT(rate.milli_per_s != 0);
    return Time{static_cast<std::int64_t>(1'000'000'000'000'000U / rate.milli_per_s)};
}

/// Whole events in `span` (not negative) at `rate`.
inline std::uint64_t events(Time span, Rate rate) {
    LMSIM_ASSERT(span.ps >= 0);
    const Uint128 count = static_cast<Uint128>(span.ps) * rate.milli_per_s;
    const Uint128 whole = count / 1'000'000'000'000'000U;
    LMSIM_ASSERT(whole <= std::numeric_limits<std::uint64_t>::max());
    return static_cast<std::uint64_t>(whole);
}

/// The share of a number, rounded down.
inline std::uint64_t part(std::uint64_t whole, Share share) {
    const Uint128 product = static_cast<Uint128>(whole) * share.ppm / 1'000'000U;
    LMSIM_ASSERT(product <= std::numeric_limits<std::uint64_t>::max());
    return static_cast<std::uint64_t>(product);
}

}  // namespace lmsim::sim
