#include "viz/sequence/escape.hpp"

#include <fmt/format.h>

#include <cctype>

#include "sim/core/text.hpp"
#include "viz/diagram/escape.hpp"

namespace lmsim::viz {

std::string one_way(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::string_view three = text.substr(at, 3);
        // U+202A to U+202E, U+2066 to U+2069
        const auto last = static_cast<unsigned char>(three.back());
        const bool first = three.size() == 3 && three.substr(0, 2) == "\xE2\x80";
        const bool second = three.size() == 3 && three.substr(0, 2) == "\xE2\x81";
        if ((first && last >= 0xAA && last <= 0xAE) || (second && last >= 0xA6 && last <= 0xA9)) {
            out += fmt::format("\\u{:04X}", first ? 0x2000 + last - 0x80 : 0x2040 + last - 0x80);
            at += 2;
        } else {
            out += text[at];
        }
    }
    return out;
}

std::string xml_text(std::string_view text) {
    const std::string shown = sim::printable(text);
    std::string out;
    for (std::size_t at = 0; at < shown.size(); ++at) {
        const std::string_view three = std::string_view(shown).substr(at, 3);
        if (three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF") {
            out += three.back() == '\xBE' ? "\\uFFFE" : "\\uFFFF";
            at += 2;
            continue;
        }
        switch (shown[at]) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += shown[at];
        }
    }
    return out;
}

std::string mermaid_message(std::string_view text) {
    const auto letter = [&text](std::size_t at) {
        return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
    };
    const auto lower = [&text](std::size_t at) {
        return std::tolower(static_cast<unsigned char>(text[at]));
    };
    std::string out;
    std::size_t from = 0;
    for (std::size_t at = 0; at + 3 <= text.size(); ++at) {
        const bool word = (at == 0 || !letter(at - 1)) && !letter(at + 3);
        if (word && lower(at) == 'e' && lower(at + 1) == 'n' && lower(at + 2) == 'd') {
            out += mermaid_text(text.substr(from, at - from));
            out += text[at] == 'e' ? "#101;" : "#69;";
            from = at + 1;
        }
    }
    return out + mermaid_text(text.substr(from));
}

}  // namespace lmsim::viz
