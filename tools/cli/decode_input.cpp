#include "tools/cli/decode_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace lmsim::cli {

namespace {

constexpr std::size_t no_width = ~std::size_t{0};

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}
bool is_hex(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return digit(c) >= 0; });
}
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

std::optional<std::uint64_t> number(std::string_view text, unsigned base) {
    std::uint64_t value = 0;
    if (text.empty() || text.size() > 16) return std::nullopt;
    for (const char c : text) {
        const int next = digit(c);
        if (next < 0 || static_cast<unsigned>(next) >= base) return std::nullopt;
        value = value * base + static_cast<unsigned>(next);
    }
    return value;
}

struct Line {
    std::string_view text;
    std::size_t number = 0;   // from 1
    std::string_view offset;  // digits; empty: none
    std::size_t data = 0;     // where the groups begin
};

struct Token {
    std::string_view text;
    std::size_t column = 0;  // from 0
    std::size_t gap = 0;     // spaces before it
};

std::optional<Token> next_token(std::string_view line, std::size_t from) {
    Token token;
    std::size_t at = from;
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size()) return std::nullopt;
    token.gap = at - from;
    token.column = at;
    while (at < line.size() && !is_space(line[at])) ++at;
    token.text = line.substr(token.column, at - token.column);
    return token;
}

// The column numbers that nvme-cli writes above a dump.
bool is_ruler(std::string_view line) {
    std::size_t at = 0;
    std::uint64_t expected = 0;
    while (const auto token = next_token(line, at)) {
        if (token->text.size() > 2 || number(token->text, 16) != expected++) return false;
        at = token->column + token->text.size();
    }
    return expected >= 8;
}

class Parser {
  public:
    Parser(std::string_view text, const DumpOptions& options) : text_(text), options_(options) {}

    Dump run() {
        split();
        if (lines_.empty()) {
            fail(1, 0, "there are no hexadecimal digits in it");
        } else if (find_colons() || find_offsets()) {
            offset_dump();
        } else {
            plain();
        }
        return std::move(dump_);
    }

  private:
    bool fail(std::size_t line, std::size_t column, std::string what) {
        if (dump_.error.empty()) {
            dump_.error = fmt::format("line {}, column {}: {}", line, column + 1, what);
        }
        return false;
    }

    void split() {
        std::size_t at = 0;
        for (std::size_t number = 1; at < text_.size(); ++number) {
            const std::size_t end = std::min(text_.find('\n', at), text_.size());
            const std::string_view line = text_.substr(at, end - at);
            at = end + 1;
            const auto first = next_token(line, 0);
            if (first && first->text.front() != '#' && !is_ruler(line)) {
                lines_.push_back({line, number, {}, first->column});
            }
        }
    }

    static bool is_star(const Line& line) {
        const auto token = next_token(line.text, 0);
        return token->text == "*" && !next_token(line.text, token->column + 1);
    }

    // "0010:" or "0x0010:" before every line of data.
    bool find_colons() {
        bool some = false;
        for (Line& line : lines_) {
            if (is_star(line)) continue;
            const auto token = next_token(line.text, 0);
            const std::size_t colon = token->text.find(':');
            if (colon == std::string_view::npos) return false;
            std::string_view digits = token->text.substr(0, colon);
            if (digits.substr(0, 2) == "0x") digits.remove_prefix(2);
            if (!is_hex(digits) || digits.size() > 16) return false;
            line.offset = digits;
            line.data = token->column + colon + 1;
            some = true;
        }
        dump_.format = "xxd";
        words_ = options_.groups == Groups::Words;
        return some;
    }

    // hexdump and od: an offset of at least four digits in the first column, which counts.
    bool find_offsets() {
        const Line* first = nullptr;
        for (const Line& line : lines_) {
            if (is_star(line)) continue;
            const auto token = next_token(line.text, 0);
            if (token->column != 0 || token->text.size() < 4 || !number(token->text, 16))
                return false;
            if (first == nullptr) {
                first = &line;
                continue;
            }
            if (&line != first + 1) {  // a star between: only the style tells od from hexdump
                radix_ = od_style(*first) ? 8 : 16;
                break;
            }
            const auto before = next_token(first->text, 0);
            const std::size_t bytes = count_bytes(*first, before->text.size());
            const bool hex = follows(before->text, token->text, bytes, 16);
            radix_ = hex ? 16 : 8;
            if (!hex && !follows(before->text, token->text, bytes, 8)) return false;
            break;
        }
        if (lines_.size() < 2 || first == nullptr) return false;
        for (Line& line : lines_) {
            if (is_star(line)) continue;
            const auto token = next_token(line.text, 0);
            line.offset = token->text;
            line.data = token->text.size();
        }
        dump_.format = "hexdump or od";
        words_ = options_.groups != Groups::Bytes;
        return true;
    }

    static bool od_style(const Line& line) {
        const auto offset = next_token(line.text, 0);
        const auto group = next_token(line.text, offset->text.size());
        return offset->text.size() == 7 && group && group->text.size() == 2;
    }

    static bool follows(std::string_view before, std::string_view after, std::size_t bytes,
                        unsigned radix) {
        const auto a = number(before, radix);
        const auto b = number(after, radix);
        // The text at the right may look like more bytes.
        return a && b && *b > *a && *b - *a <= bytes;
    }

    static std::size_t count_bytes(const Line& line, std::size_t from) {
        std::size_t digits = 0;
        while (const auto token = next_token(line.text, from)) {
            if (token->text.front() == '|' || !is_hex(token->text)) break;
            digits += token->text.size();
            from = token->column + token->text.size();
        }
        return digits / 2;
    }

    // How many bytes the line holds, by the offset of the next one.
    std::size_t width_of(std::size_t index) const {
        const auto here = number(lines_[index].offset, radix_);
        if (index + 1 < lines_.size() && !lines_[index + 1].offset.empty()) {
            const auto next = number(lines_[index + 1].offset, radix_);
            if (here && next && *next > *here && *next - *here <= 256) {
                return static_cast<std::size_t>(*next - *here);
            }
        }
        return no_width;
    }

    void offset_dump() {
        std::size_t last_at = 0;  // of the last line's bytes
        bool star = false;
        const auto base = first_offset();
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            const Line& line = lines_[i];
            if (line.offset.empty()) {
                star = true;
                continue;
            }
            const auto offset = number(line.offset, radix_);
            if (!offset || *offset < base) {
                fail(line.number, 0, fmt::format("'{}' is no offset that follows", line.offset));
                return;
            }
            if (star && !repeat(line, *offset - base, last_at)) return;
            star = false;
            if (*offset - base != dump_.bytes.size()) {
                fail(line.number, 0,
                     fmt::format("the offset is {:#x}, {:#x} bytes are before it", *offset,
                                 base + dump_.bytes.size()));
                return;
            }
            last_at = dump_.bytes.size();
            const std::size_t width = width_of(i);
            if (!data_line(line, width != no_width ? width : widest_)) return;
            widest_ = std::max(widest_ == no_width ? 0 : widest_, dump_.bytes.size() - last_at);
        }
        if (star) {
            fail(lines_.back().number, 0, "nothing says how often the line before '*' repeats");
        }
    }

    std::uint64_t first_offset() const {
        for (const Line& line : lines_) {
            if (!line.offset.empty()) return number(line.offset, radix_).value_or(0);
        }
        return 0;
    }

    bool repeat(const Line& line, std::uint64_t to, std::size_t last_at) {
        const std::size_t width = dump_.bytes.size() - last_at;
        if (width == 0 || to < dump_.bytes.size() || (to - last_at) % width != 0) {
            return fail(line.number, 0, "the repeated lines do not end at this offset");
        }
        if (to > options_.max_bytes) return too_large(line);
        const std::size_t begin = dump_.bytes.size();
        dump_.bytes.resize(static_cast<std::size_t>(to));
        for (std::size_t i = begin; i < dump_.bytes.size(); ++i) {
            dump_.bytes[i] = dump_.bytes[i - width];
        }
        return true;
    }

    bool too_large(const Line& line) {
        return fail(line.number, 0,
                    fmt::format("more than {} bytes, which is the limit", options_.max_bytes));
    }

    // The groups of a line, up to the text column.
    bool data_line(const Line& line, std::size_t width) {
        const std::size_t begin = dump_.bytes.size();
        std::size_t at = line.data;
        while (const auto token = next_token(line.text, at)) {
            const std::size_t got = dump_.bytes.size() - begin;
            const bool middle = token->gap == 2 && got == 8;
            if (got >= width || token->text.front() == '|' || token->text.front() == '"' ||
                (got != 0 && token->gap >= 2 && !middle)) {
                break;
            }
            if (!is_hex(token->text)) {
                if (got != 0) break;
                return fail(line.number, token->column, "no hexadecimal digits");
            }
            if (!group(line, *token, words_)) return false;
            at = token->column + token->text.size();
        }
        if (width != no_width && dump_.bytes.size() - begin > width) {
            dump_.bytes.resize(begin + width);  // od fills the last word
        }
        return true;
    }

    bool group(const Line& line, const Token& token, bool words) {
        const std::string_view digits = token.text;
        if (digits.size() % 2 != 0) {
            return fail(line.number, token.column,
                        fmt::format("'{}' is half a byte", shown(digits)));
        }
        const std::size_t count = digits.size() / 2;
        if (words && count > 1 && count != 2 && count != 4 && count != 8) {
            return fail(line.number, token.column,
                        fmt::format("a word of {} digits: octal? (use od -t x1)", digits.size()));
        }
        if (dump_.bytes.size() + count > options_.max_bytes) return too_large(line);
        const std::size_t begin = dump_.bytes.size();
        for (std::size_t i = 0; i < digits.size(); i += 2) {
            dump_.bytes.push_back(
                static_cast<std::uint8_t>(digit(digits[i]) << 4 | digit(digits[i + 1])));
        }
        if (words) {
            std::reverse(dump_.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                         dump_.bytes.end());
        }
        return true;
    }

    static std::string_view shown(std::string_view digits) { return digits.substr(0, 20); }

    static bool separates(char c) {
        return is_space(c) || c == ',' || c == ';' || c == '{' || c == '}' || c == '[' || c == ']';
    }

    // Digits in groups, with or without 0x and commas; "\x12\x34" too.
    void plain() {
        dump_.format = "plain hex";
        for (const bool measure : {true, false}) {
            for (const Line& line : lines_) {
                if (!plain_line(line, measure)) return;
            }
        }
        if (dump_.bytes.empty())
            fail(lines_.front().number, 0, "there are no hexadecimal digits in it");
    }

    bool plain_line(const Line& line, bool measure) {
        std::size_t at = 0;
        while (true) {
            while (at < line.text.size() && (separates(line.text[at]) || line.text[at] == '"'))
                ++at;
            if (at >= line.text.size()) return true;
            const bool escaped = line.text.substr(at, 2) == "\\x";
            const bool prefixed =
                escaped || line.text.substr(at, 2) == "0x" || line.text.substr(at, 2) == "0X";
            if (prefixed) at += 2;
            std::size_t end = at;
            while (end < line.text.size() && digit(line.text[end]) >= 0) ++end;
            const std::string_view digits = line.text.substr(at, end - at);
            const bool ends = end == line.text.size() || separates(line.text[end]) ||
                              line.text[end] == '"' || line.text[end] == '\\';
            if (digits.empty() || !ends) {
                return fail(line.number, end,
                            "neither a dump of xxd, hexdump or od nor hexadecimal digits");
            }
            if (measure && prefixed) {
                dump_.format = escaped ? "escaped bytes" : "C array";
                longest_ = std::max(longest_, digits.size());
            } else if (!measure && !plain_group(line, {digits, at, 0}, prefixed && !escaped)) {
                return false;
            }
            at = end;
        }
    }

    // Numbers with 0x are as wide as the widest of them.
    bool plain_group(const Line& line, const Token& token, bool prefixed) {
        if (!prefixed) {
            return group(line, token, options_.groups == Groups::Words);
        }
        const std::size_t width = longest_ <= 2 ? 2 : longest_ <= 4 ? 4 : longest_ <= 8 ? 8 : 16;
        if (token.text.size() > width) {
            return fail(line.number, token.column,
                        fmt::format("a number of {} digits", token.text.size()));
        }
        const std::string padded =
            std::string(width - token.text.size(), '0') + std::string(token.text);
        return group(line, {padded, token.column, 0}, options_.groups != Groups::Bytes);
    }

    std::string_view text_;
    const DumpOptions& options_;
    Dump dump_;
    std::vector<Line> lines_;
    unsigned radix_ = 16;
    bool words_ = false;
    std::size_t widest_ = no_width;
    std::size_t longest_ = 0;
};

}  // namespace

bool is_text(std::string_view content) {
    return std::all_of(content.begin(), content.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7F) || (byte >= 0x09 && byte <= 0x0D);
    });
}

Dump parse_dump(std::string_view text, const DumpOptions& options) {
    return Parser(text, options).run();
}

}  // namespace lmsim::cli
