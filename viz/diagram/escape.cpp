#include "viz/diagram/escape.hpp"

#include <fmt/format.h>

#include <cctype>

#include "sim/core/text.hpp"

namespace lmsim::viz {
namespace {

bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0 || c == ' ' || c == ',' || c == '.' ||
           c == '(' || c == ')' || c == '+' || c == '?';
}

}  // namespace

std::string html_text(std::string_view text) {
    std::string out;
    for (const char c : sim::printable(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            // Graphviz would take "\N" for the node's name, even so written: it stands alone.
            case '\\': out += "<FONT>&#92;</FONT>"; break;
            default: out += c;
        }
    }
    return out;
}

std::string dot_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : sim::printable(text)) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '&': out += "&amp;"; break;  // Graphviz reads entities in any text
            default: out += c;
        }
    }
    return out + "\"";
}

std::string mermaid_text(std::string_view text) {
    std::string out;
    char last = ' ';
    for (const char c : sim::printable(text)) {
        // One of these alone means nothing; two in a row may.
        const bool safe = (c == '-' || c == '_' || c == '/' || c == '=') && c != last;
        out += is_plain(c) || safe ? std::string(1, c)
                                   : fmt::format("#{};", static_cast<unsigned char>(c));
        last = c;
    }
    return out;
}

std::string plantuml_text(std::string_view text) {
    std::string out;
    char last = ' ';
    for (const char c : sim::printable(text)) {
        const bool safe = c == ':' || c == ';' || c == '\'';
        const bool pair = (c == '-' || c == '_' || c == '/' || c == '=') && c != last;
        // Dots in a row and a leading '.' draw lines.
        const bool plain = is_plain(c) && !(c == '.' && last == '.');
        out += plain || safe || pair ? std::string(1, c)
                                     : fmt::format("<U+{:04X}>", static_cast<unsigned char>(c));
        last = c;
    }
    return out;
}

std::string yaml_text(std::string_view text) {
    std::string out;
    for (const char c : sim::printable(text)) {
        const bool plain = is_plain(c) || c == '-' || c == '_' || c == '/' || c == ':' || c == '=';
        out += plain ? std::string(1, c) : fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string identifier(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    }
    return out;
}

}  // namespace lmsim::viz
