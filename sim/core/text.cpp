#include "sim/core/text.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace lmsim::sim {

std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF && tail(1)) return 2;
    if (first >= 0xE0 && first <= 0xEF && tail(1) && tail(2)) {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4 && tail(1) && tail(2) && tail(3)) {
        const bool overlong = first == 0xF0 && byte(1) < 0x90;
        const bool beyond = first == 0xF4 && byte(1) >= 0x90;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

namespace {

void append_escaped(std::string& out, unsigned char c) {
    constexpr char digits[] = "0123456789ABCDEF";
    switch (c) {
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        default: break;
    }
    out += "\\u00";
    out += digits[c >> 4U];
    out += digits[c & 15U];
}

std::string escape(std::string_view text, std::size_t limit, bool inside_quotes) {
    std::string out;
    std::size_t shown = 0;
    for (std::size_t at = 0; at < text.size(); ++shown) {
        if (shown == limit) {
            out += "...";
            break;
        }
        const auto c = static_cast<unsigned char>(text[at]);
        const std::size_t length = utf8_length(text, at);
        // C1 controls (U+0080 to U+009F) drive terminals as well as C0 does.
        const bool c1 = length == 2 && c == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0;
        if (length == 0 || c < 0x20 || c == 0x7F || (inside_quotes && (c == '"' || c == '\\'))) {
            append_escaped(out, c);
            ++at;
        } else if (c1) {
            append_escaped(out, static_cast<unsigned char>(text[at + 1]));
            at += 2;
        } else {
            out.append(text.substr(at, length));
            at += length;
        }
    }
    return out;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string in_quotes(std::string_view text) { return '"' + escape(text, 80, true) + '"'; }

std::string printable(std::string_view text) { return escape(text, 200, false); }

std::string toml_string(std::string_view text) { return '"' + escape(text, SIZE_MAX, true) + '"'; }

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> two_ago(b.size() + 1);
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = 2 * j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        two_ago.swap(before);
        before.swap(row);
        row[0] = 2 * i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const char x = a[i - 1];
            const char y = b[j - 1];
            const std::size_t change = x == y ? 0U : lower(x) == lower(y) ? 1U : 2U;
            row[j] = std::min({before[j] + 2, row[j - 1] + 2, before[j - 1] + change});
            if (i > 1 && j > 1 && x == b[j - 2] && a[i - 2] == y && x != y) {
                row[j] = std::min(row[j], two_ago[j - 2] + 2);
            }
        }
    }
    return row[b.size()];
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
    // A user's key may be megabytes long; nothing that long is a misspelt name.
    if (name.size() > 200) return {};
    std::string best;
    std::size_t best_distance = SIZE_MAX;
    for (const std::string& candidate : candidates) {
        const std::size_t edits = distance(name, candidate);
        if (edits < best_distance) {
            best_distance = edits;
            best = candidate;
        }
    }
    // At most every second character may differ: beyond that a guess confuses
    // more than it helps.
    const std::size_t longest = std::max(name.size(), best.size());
    return best_distance <= longest ? best : std::string();
}

std::string shell_word(std::string_view text) {
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view("%+,-./:=@_").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) {
        return std::string(text);
    }
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return out + "'";
}

std::string joined(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) {
        if (!out.empty()) out += ", ";
        out += item;
    }
    return out;
}

}  // namespace lmsim::sim
