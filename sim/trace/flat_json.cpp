#include "sim/trace/flat_json.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "sim/core/text.hpp"

namespace lmsim::sim::trace {
namespace {

/// Deeper than anything that is worth to be passed over.
constexpr unsigned deepest = 64;

/// Any number with so many digits fits into 64 bits.
constexpr std::ptrdiff_t safe_digits = 19;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The characters that stand for themselves within a text.
constexpr std::array<bool, 256> make_plain() {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
}
constexpr std::array<bool, 256> plain = make_plain();

bool stands_for_itself(char c) { return plain[static_cast<std::uint8_t>(c)]; }

/// What stands there, for a message.
std::string seen(const char* at, const char* end) {
    if (at == end) {
        return "the end of the line";
    }
    const auto byte = static_cast<unsigned char>(*at);
    const bool shown = byte >= 0x20 && byte < 0x7F;
    return shown ? fmt::format("'{}'", *at) : fmt::format("byte 0x{:02X}", byte);
}

}  // namespace

void FlatJson::start(std::string_view line) {
    begin_ = at_ = line.data();
    end_ = begin_ + line.size();
    first_ = true;
    what_.clear();
    column_ = 0;
    scratch_.clear();
}

bool FlatJson::wrong(const char* at, std::string what) {
    column_ = static_cast<std::size_t>(at - begin_) + 1;
    what_ = std::move(what);
    return false;
}

void FlatJson::skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r')) {
        ++at_;
    }
}

/// Takes the character, or says that it was expected.
bool FlatJson::take(char c) {
    skip_space();
    if (here(c)) {
        ++at_;
        return true;
    }
    return wrong(at_, fmt::format("found {}; expected '{}'", seen(at_, end_), c));
}

bool FlatJson::next(std::string_view& key, Value& into) {
    if (first_) {
        if (!take('{')) {
            return false;
        }
        skip_space();
        if (here('}')) {
            return ends();
        }
    } else {
        skip_space();
        if (here('}')) {
            return ends();
        }
        if (!here(',')) {
            return wrong(at_, fmt::format("found {}; expected ',' or '}}'", seen(at_, end_)));
        }
        ++at_;
    }
    first_ = false;
    skip_space();
    return text(key) && take(':') && value(into);
}

/// The object is over, and so must be the line. Always false.
bool FlatJson::ends() {
    ++at_;
    skip_space();
    if (at_ != end_) {
        return wrong(at_, fmt::format("found {} behind the object; expected the end of the line",
                                      seen(at_, end_)));
    }
    return false;
}

bool FlatJson::value(Value& into) {
    skip_space();
    into.at = at_;
    into.negative = false;
    if (here('"')) {
        into.type = Type::Text;
        return text(into.text);
    }
    if (here('-') || (at_ != end_ && is_digit(*at_))) {
        return number(into);
    }
    if (here('n')) {
        into.type = Type::Null;
        return literal("null");
    }
    into.type = Type::Other;
    return pass_over_value(0);
}

bool FlatJson::some_digits() {
    if (at_ == end_ || !is_digit(*at_)) {
        return wrong(at_, fmt::format("found {}; expected a digit", seen(at_, end_)));
    }
    while (at_ != end_ && is_digit(*at_)) {
        ++at_;
    }
    return true;
}

/// What follows the whole part of a number.
bool FlatJson::fraction() {
    if (here('.')) {
        ++at_;
        if (!some_digits()) {
            return false;
        }
    }
    if (here('e') || here('E')) {
        ++at_;
        if (here('+') || here('-')) {
            ++at_;
        }
        return some_digits();
    }
    return true;
}

bool FlatJson::number(Value& into) {
    into.type = Type::Integer;
    if (here('-')) {
        into.negative = true;
        ++at_;
    }
    const char* const begin = at_;
    std::uint64_t number = 0;
    bool fits = true;
    // In registers, and without a check where none is needed: a trace is read for its numbers.
    const char* at = at_;
    for (; at != end_ && is_digit(*at); ++at) {
        const auto digit = static_cast<unsigned>(*at - '0');
        if (at - begin >= safe_digits) {
            fits = fits && (number < UINT64_MAX / 10 ||
                            (number == UINT64_MAX / 10 && digit <= UINT64_MAX % 10));
        }
        number = number * 10 + digit;
    }
    at_ = at;
    if (at_ == begin) {
        return some_digits();
    }
    if (*begin == '0' && at_ - begin > 1) {
        return wrong(begin, "a number begins with 0; expected none of its zeros");
    }
    into.number = number;
    into.negative = into.negative && number != 0;
    if (here('.') || here('e') || here('E')) {
        into.type = Type::Other;
        return fraction();
    }
    if (!fits) {
        into.type = Type::Other;
    }
    return true;
}

bool FlatJson::literal(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) >= word.size() &&
        std::string_view(at_, word.size()) == word) {
        at_ += word.size();
        return true;
    }
    return wrong(at_, fmt::format("found {}; expected a value", seen(at_, end_)));
}

bool FlatJson::text(std::string_view& into) {
    if (!here('"')) {
        return wrong(at_, fmt::format("found {}; expected '\"'", seen(at_, end_)));
    }
    const char* const begin = ++at_;
    const char* at = begin;
    while (at != end_ && stands_for_itself(*at)) ++at;
    at_ = at;
    if (here('"')) {
        into = std::string_view(begin, static_cast<std::size_t>(at - begin));
        ++at_;
        return true;
    }
    if (at_ != end_) {
        return escaped_text(begin, into);
    }
    return wrong(begin - 1, "a text does not end; expected '\"'");
}

/// A text with escapes, or with more than ASCII: never longer than in the line.
bool FlatJson::escaped_text(const char* begin, std::string_view& into) {
    scratch_.reserve(static_cast<std::size_t>(end_ - begin_));
    const std::size_t from = scratch_.size();
    scratch_.append(begin, at_);
    while (at_ != end_ && *at_ != '"') {
        const auto byte = static_cast<unsigned char>(*at_);
        if (byte < 0x20) {
            return wrong(at_, fmt::format("byte 0x{:02X} in a text; expected an escape", byte));
        }
        if (byte == '\\') {
            if (!escape()) {
                return false;
            }
            continue;
        }
        const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
        const std::size_t length = byte < 0x80 ? 1 : utf8_length(rest, 0);
        if (length == 0) {
            return wrong(at_, fmt::format("byte 0x{:02X} in a text; expected UTF-8", byte));
        }
        scratch_.append(at_, length);
        at_ += length;
    }
    if (at_ == end_) {
        return wrong(begin - 1, "a text does not end; expected '\"'");
    }
    ++at_;
    into = std::string_view(scratch_).substr(from);
    return true;
}

bool FlatJson::escape() {
    const char* const begin = at_++;
    if (at_ == end_) {
        return wrong(begin, "an escape is cut off");
    }
    const char kind = *at_++;
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    if (const std::size_t index = letters.find(kind); index != std::string_view::npos) {
        scratch_ += meant[index];
        return true;
    }
    std::uint32_t code = 0;
    if (kind != 'u' || !unit(code)) {
        return wrong(begin,
                     "no such escape; expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t "
                     "\\uXXXX");
    }
    if (code >= 0xD800 && code < 0xE000) {
        std::uint32_t low = 0;
        const bool pair = code < 0xDC00 && end_ - at_ >= 2 && at_[0] == '\\' && at_[1] == 'u';
        at_ += pair ? 2 : 0;
        if (!pair || !unit(low) || low < 0xDC00 || low >= 0xE000) {
            return wrong(begin,
                         "half of a surrogate pair; expected \\uD800 to \\uDBFF and then "
                         "\\uDC00 to \\uDFFF");
        }
        code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    append_utf8(code);
    return true;
}

/// Four hexadecimal digits.
bool FlatJson::unit(std::uint32_t& into) {
    if (end_ - at_ < 4) {
        return false;
    }
    into = 0;
    for (int i = 0; i < 4; ++i) {
        const char c = *at_++;
        const char lower = static_cast<char>(c | 0x20);
        if (is_digit(c)) {
            into = into << 4U | static_cast<std::uint32_t>(c - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            into = into << 4U | static_cast<std::uint32_t>(lower - 'a' + 10);
        } else {
            return false;
        }
    }
    return true;
}

void FlatJson::append_utf8(std::uint32_t code) {
    const auto tail = [this](std::uint32_t bits) {
        scratch_ += static_cast<char>(0x80U | (bits & 0x3FU));
    };
    if (code < 0x80) {
        scratch_ += static_cast<char>(code);
        return;
    }
    if (code < 0x800) {
        scratch_ += static_cast<char>(0xC0U | code >> 6U);
    } else {
        if (code < 0x10000) {
            scratch_ += static_cast<char>(0xE0U | code >> 12U);
        } else {
            scratch_ += static_cast<char>(0xF0U | code >> 18U);
            tail(code >> 12U);
        }
        tail(code >> 6U);
    }
    tail(code);
}

bool FlatJson::pass_over_value(unsigned depth) {
    skip_space();
    if (depth > deepest) {
        return wrong(at_, fmt::format("more than {} objects and arrays in each other", deepest));
    }
    if (here('t')) return literal("true");
    if (here('f')) return literal("false");
    if (!here('{') && !here('[')) {
        std::string_view ignored;
        Value other;
        if (here('"')) return text(ignored);
        if (here('-') || (at_ != end_ && is_digit(*at_))) return number(other);
        return literal("null");
    }
    const bool object = *at_++ == '{';
    const char end = object ? '}' : ']';
    skip_space();
    if (here(end)) {
        ++at_;
        return true;
    }
    for (;;) {
        std::string_view key;
        skip_space();
        if ((object && !(text(key) && take(':'))) || !pass_over_value(depth + 1)) {
            return false;
        }
        skip_space();
        if (!here(',')) {
            return take(end);
        }
        ++at_;
    }
}

}  // namespace lmsim::sim::trace
