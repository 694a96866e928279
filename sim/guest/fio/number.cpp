#include "sim/guest/fio/number.hpp"

#include <fmt/format.h>

#include "sim/core/text.hpp"
namespace lmsim::sim::fio {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
    const char l = lower(c);
    return is_digit(l) ? l - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Takes the digits off the front of `text`. False if there are none; `overflow` if they exceed
/// u64.
bool take_number(std::string_view& text, std::uint64_t& number, bool& overflow) {
    const bool hex = text.size() > 2 && text[0] == '0' && lower(text[1]) == 'x';
    const unsigned base = hex ? 16 : 10;
    std::size_t at = hex ? 2 : 0;
    const std::size_t first = at;
    number = 0;
    overflow = false;
    for (; at < text.size(); ++at) {
        const int digit = hex ? hex_digit(text[at]) : is_digit(text[at]) ? text[at] - '0' : -1;
        if (digit < 0) {
            break;
        }
        overflow = overflow || __builtin_mul_overflow(number, base, &number) ||
                   __builtin_add_overflow(number, static_cast<std::uint64_t>(digit), &number);
    }
    text.remove_prefix(at);
    return at != first;
}

std::string lowered(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = lower(c);
    }
    return out;
}

/// The factor of a size suffix; 0 if there is no such suffix.
std::uint64_t size_factor(const std::string& suffix, unsigned kb_base) {
    if (suffix.empty() || suffix == "b") {
        return 1;
    }
    const std::size_t power = std::string_view("kmgtp").find(suffix[0]);
    if (power == std::string_view::npos) {
        return 0;
    }
    const std::string rest = suffix.substr(1);
    if (!rest.empty() && rest != "b" && rest != "ib") {
        return 0;
    }
    const unsigned other = kb_base == 1024 ? 1000 : 1024;
    std::uint64_t factor = 1;
    for (std::size_t i = 0; i <= power; ++i) {
        factor *= rest == "ib" ? other : kb_base;
    }
    return factor;
}

Time time_factor(const std::string& suffix, Time unit) {
    struct Row {
        const char* name;
        Time factor;
    };
    constexpr Row rows[] = {
        {"us", 1_us}, {"usec", 1_us}, {"ms", 1_ms},  {"msec", 1_ms},
        {"s", 1_s},   {"m", 60_s},    {"h", 3600_s}, {"d", 86400_s},
    };
    if (suffix.empty()) {
        return unit;
    }
    for (const Row& row : rows) {
        if (suffix == row.name) {
            return row.factor;
        }
    }
    return Time();
}

constexpr const char* size_expected = "expected a whole number with k, m, g, t, p or nothing";
constexpr const char* time_expected = "expected a whole number with us, ms, s, m, h, d or nothing";

}  // namespace

Value Value::part(std::size_t from, std::size_t count) const {
    Value piece = *this;
    piece.text = text.substr(from, count);
    piece.at.column += static_cast<std::uint32_t>(from);
    while (!piece.text.empty() && piece.text.front() == ' ') {
        piece.text.remove_prefix(1);
        ++piece.at.column;
    }
    while (!piece.text.empty() && piece.text.back() == ' ') {
        piece.text.remove_suffix(1);
    }
    return piece;
}

std::vector<Value> Value::split(char separator) const {
    std::vector<Value> pieces;
    std::size_t from = 0;
    while (true) {
        const std::size_t end = text.find(separator, from);
        if (end == std::string_view::npos) {
            pieces.push_back(part(from, text.size() - from));
            return pieces;
        }
        pieces.push_back(part(from, end - from));
        from = end + 1;
    }
}

void Value::fail(const std::string& message) const {
    throw InputError(*file, at, fmt::format("{}: {}", key, message));
}

std::uint64_t parse_size(const Value& value, unsigned kb_base, std::uint64_t min,
                         std::uint64_t max) {
    if (!value.present || value.text.empty()) {
        value.fail(fmt::format("a value is missing; {}", size_expected));
    }
    std::string_view rest = value.text;
    std::uint64_t number = 0;
    bool overflow = false;
    const bool found = take_number(rest, number, overflow);
    const std::uint64_t factor = found ? size_factor(lowered(rest), kb_base) : 0;
    if (factor == 0) {
        value.fail(fmt::format("{} is not a number; {}", in_quotes(value.text), size_expected));
    }
    overflow = overflow || __builtin_mul_overflow(number, factor, &number);
    if (overflow || number < min || number > max) {
        value.fail(
            fmt::format("{} is out of range; expected {} to {}", in_quotes(value.text), min, max));
    }
    return number;
}

std::uint64_t parse_size_or_percent(const Value& value, unsigned kb_base, std::uint64_t max,
                                    bool& percent) {
    percent = !value.text.empty() && value.text.back() == '%';
    if (!percent) {
        return parse_size(value, kb_base, 0, max);
    }
    return parse_size(value.part(0, value.text.size() - 1), kb_base, 0, 100);
}

Time parse_time(const Value& value, Time unit) {
    constexpr std::uint64_t longest = static_cast<std::uint64_t>((30 * 86400_s).ps);
    if (!value.present || value.text.empty()) {
        value.fail(fmt::format("a value is missing; {}", time_expected));
    }
    std::string_view rest = value.text;
    std::uint64_t number = 0;
    bool overflow = false;
    const bool found = take_number(rest, number, overflow);
    const Time factor = found ? time_factor(lowered(rest), unit) : Time();
    if (factor == Time()) {
        value.fail(fmt::format("{} is not a time; {}", in_quotes(value.text), time_expected));
    }
    overflow =
        overflow || __builtin_mul_overflow(number, static_cast<std::uint64_t>(factor.ps), &number);
    if (overflow || number > longest) {
        value.fail(fmt::format("{} is too long; expected at most 30d", in_quotes(value.text)));
    }
    return Time(static_cast<std::int64_t>(number));
}

bool parse_flag(const Value& value) {
    if (!value.present || value.text == "1") {
        return true;
    }
    if (value.text != "0") {
        value.fail(fmt::format("{} is not a switch; expected 0 or 1", in_quotes(value.text)));
    }
    return false;
}

std::uint64_t parse_millionths(const Value& value) {
    const std::size_t dot = value.text.find('.');
    std::string_view whole = value.text.substr(0, dot);
    std::uint64_t number = 0;
    bool overflow = false;
    const bool found = !whole.empty() && is_digit(whole[0]) && take_number(whole, number, overflow);
    std::uint64_t fraction = 0;
    std::uint64_t scale = 1'000'000;
    bool good = found && whole.empty() && !overflow && number <= 1000;
    if (dot != std::string_view::npos) {
        for (const char c : value.text.substr(dot + 1)) {
            good = good && is_digit(c);
            scale /= 10;
            fraction += good ? static_cast<std::uint64_t>(c - '0') * scale : 0;
        }
    }
    if (!good) {
        value.fail(fmt::format("{} is not a number; expected one such as 1.2, at most 1000",
                               in_quotes(value.text)));
    }
    return number * 1'000'000 + fraction;
}

}  // namespace lmsim::sim::fio
