#include "tests/tidy/text.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace lmsim::tidy {
namespace {

int columns(const std::string& line) {
    return static_cast<int>(std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
    }));
}

int line_count(const std::string& text) { return static_cast<int>(lines(text).size()); }

bool is_word_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// In two halves, so that this file passes its own rule.
constexpr std::pair<const char*, const char*> halves[] = {
    {"/wo", "rk/"},
    {"/ho", "me/"},
    {"/ro", "ot/"},
    {"TO", "DO"},
    {"FIX", "ME"},
    {"XX", "X"},
    {"deb.deb", "ian.org"},
    {"ftp.deb", "ian.org"},
    {"security.deb", "ian.org"},
    {"snapshot.deb", "ian.org"},
    {"archive.ubu", "ntu.com"},
    {"registry.np", "mjs.org"},
    {"pypi.", "org"},
};

std::vector<std::string> words() {
    std::vector<std::string> list;
    for (const auto& [first, second] : halves) {
        list.push_back(std::string(first) + second);
    }
    return list;
}

/// A word of letters must stand alone: a spec mnemonic may contain one.
bool stands(const std::string& line, std::size_t at, const std::string& word) {
    if (!is_word_character(word.front())) {
        return true;
    }
    const bool before = at > 0 && is_word_character(line[at - 1]);
    const std::size_t end = at + word.size();
    return !before && !(end < line.size() && is_word_character(line[end]));
}

}  // namespace

std::vector<Finding> untidy_text(const Source& source) {
    std::vector<Finding> findings;
    int number = 0;
    for (const std::string& line : lines(source.text)) {
        ++number;
        if (line.find('\t') != std::string::npos) {
            findings.push_back({source.path, number, "a tab"});
        }
        if (!line.empty() && (line.back() == ' ' || line.back() == '\r')) {
            findings.push_back({source.path, number, "space at the end of the line"});
        }
    }
    if (!source.text.empty() && source.text.back() != '\n') {
        findings.push_back({source.path, number, "no newline at the end"});
    }
    if (source.text.size() > 1 && source.text.compare(source.text.size() - 2, 2, "\n\n") == 0) {
        findings.push_back({source.path, number, "an empty line at the end"});
    }
    return findings;
}

std::vector<Finding> wide_lines(const Source& source, int limit) {
    std::vector<Finding> findings;
    int number = 0;
    for (const std::string& line : lines(source.text)) {
        ++number;
        if (columns(line) > limit) {
            findings.push_back(
                {source.path, number,
                 std::to_string(columns(line)) + " columns, at most " + std::to_string(limit)});
        }
    }
    return findings;
}

std::vector<Finding> forbidden_words(const Source& source) {
    static const std::vector<std::string> list = words();
    std::vector<Finding> findings;
    int number = 0;
    for (const std::string& line : lines(source.text)) {
        ++number;
        for (const std::string& word : list) {
            const std::size_t at = line.find(word);
            if (at != std::string::npos && stands(line, at, word)) {
                findings.push_back({source.path, number, "\"" + word + "\" does not belong here"});
            }
        }
    }
    return findings;
}

std::vector<Finding> long_file(const Source& source, int limit) {
    const int count = line_count(source.text);
    if (count <= limit) {
        return {};
    }
    return {{source.path, 0, std::to_string(count) + " lines, at most " + std::to_string(limit)}};
}

int median_lines(const std::vector<Source>& sources) {
    std::vector<int> counts;
    for (const Source& source : sources) {
        counts.push_back(line_count(source.text));
    }
    if (counts.empty()) {
        return 0;
    }
    const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
    std::nth_element(counts.begin(), middle, counts.end());
    return *middle;
}

}  // namespace lmsim::tidy
