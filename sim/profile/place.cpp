#include "sim/profile/place.hpp"

#include <charconv>
#include <vector>

namespace lmsim::sim {
namespace {

constexpr std::uint32_t largest_structure = 4096 * 8;
constexpr std::uint32_t command_bits = 64 * 8;
constexpr std::uint32_t completion_bits = 16 * 8;

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t space = text.find(' ');
        if (space != 0) {
            words.push_back(text.substr(0, space));
        }
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    }
    return words;
}

bool number(std::string_view text, std::uint32_t& value) {
    const char* end = text.data() + text.size();
    const auto [at, fault] = std::from_chars(text.data(), end, value);
    return fault == std::errc() && at == end && value < largest_structure;
}

/// "15:0" or "7": the first and the last, which are the lowest and the highest.
bool range(std::string_view text, std::uint32_t& low, std::uint32_t& high) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return number(text, low) && number(text, high);
    }
    return number(text.substr(0, colon), high) && number(text.substr(colon + 1), low) &&
           low <= high;
}

bool make(std::uint32_t bit, std::uint32_t low, std::uint32_t high, spec::Place& place) {
    place = {bit + low, static_cast<std::uint16_t>(high - low + 1)};
    return high - low < 0xffff;
}

/// "CDW11", after which come bits of that dword.
bool dword(std::string_view word, std::string_view prefix, std::uint32_t& n) {
    return word.substr(0, prefix.size()) == prefix && number(word.substr(prefix.size()), n);
}

struct Words {
    std::vector<std::string_view> words;

    std::size_t size() const { return words.size(); }
    bool is(std::size_t at, std::string_view word) const {
        return words[at] == word || words[at] == std::string(word) + "s";
    }
};

bool read(const Words& in, spec::Place& place, std::uint32_t& most) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::uint32_t first = 0;
    const auto& words = in.words;
    if (in.size() == 2 && dword(words[0], "CDW", first)) {
        most = command_bits;
        return range(words[1], low, high) && high < 32 && make(first * 32, low, high, place);
    }
    if (in.size() == 3 && words[0] == "CQE" && dword(words[1], "DW", first)) {
        most = completion_bits;
        return range(words[2], low, high) && high < 32 && make(first * 32, low, high, place);
    }
    if (in.size() == 2 && in.is(0, "byte")) {
        return range(words[1], low, high) && make(0, low * 8, high * 8 + 7, place);
    }
    if (in.size() == 2 && in.is(0, "bit")) {
        return range(words[1], low, high) && make(0, low, high, place);
    }
    if (in.size() == 4 && in.is(0, "byte") && in.is(2, "bit")) {
        return number(words[1], first) && range(words[3], low, high) &&
               make(first * 8, low, high, place);
    }
    return false;
}

}  // namespace

bool parse_place(std::string_view text, spec::Kind kind, spec::Place& place, std::string& error) {
    std::uint32_t most = kind == spec::Kind::Field ? command_bits : largest_structure;
    if (!read({words_of(text)}, place, most)) {
        error = kind == spec::Kind::Field
                    ? "expected a place such as \"CDW11 15:0\", \"CQE DW0 0\" or \"bytes 31:24\""
                    : "expected a place such as \"bytes 31:16\", \"byte 2 bit 0\" or \"bit 11\"";
        return false;
    }
    if (place.bit + place.width > most) {
        error = "lies beyond byte " + std::to_string(most / 8 - 1);
        return false;
    }
    return true;
}

}  // namespace lmsim::sim
