#include "tests/tidy/includes.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <string_view>

namespace lmsim::tidy {
namespace {

constexpr std::array<std::string_view, 6> order{"model", "sim", "viz", "tools", "bench", "tests"};

/// The place in the flow; order.size() for what is no folder of ours.
std::size_t rank(const std::string& path) {
    const std::string top = path.substr(0, path.find('/'));
    return static_cast<std::size_t>(std::find(order.begin(), order.end(), top) - order.begin());
}

/// A foreign library, the first folder that may include it, and who else may not.
struct Library {
    std::string_view prefix;
    std::string_view from;
    std::string_view only;  // this one file, if not empty
};
constexpr std::array<Library, 11> libraries{{
    {"fmt/", "model", ""},
    {"boost/", "model", "model/fsm.hpp"},
    {"systemc", "sim", ""},
    {"sysc/", "sim", ""},
    {"tlm", "sim", ""},
    {"toml++/", "sim", ""},
    {"nlohmann/", "sim", ""},
    {"CLI/", "tools", ""},
    {"sqlite3", "tools", ""},
    {"benchmark/", "bench", ""},
    {"rapidcheck", "tests", ""},
}};

/// What the model must not know: time, files, threads, other people's random numbers.
constexpr std::array<std::string_view, 14> outside_model{
    "chrono",  "ctime",  "iostream", "fstream", "filesystem",         "random",
    "thread",  "mutex",  "future",   "atomic",  "condition_variable", "shared_mutex",
    "csignal", "cstdio",
};
constexpr std::array<std::string_view, 5> for_the_search{
    "thread", "mutex", "atomic", "condition_variable", "shared_mutex",
};

template <std::size_t N>
bool has(const std::array<std::string_view, N>& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

bool starts_with(const std::string& text, std::string_view start) {
    return text.compare(0, start.size(), start) == 0;
}

std::string judge_own(const std::string& path, const std::string& name) {
    if (rank(name) == order.size()) {
        return "write it from the root of the repository (model/, sim/, viz/, tools/, ...)";
    }
    if (rank(name) > rank(path)) {
        return "against the flow model -> sim -> viz -> tools";
    }
    return "";
}

std::string judge_standard(const std::string& path, const std::string& name) {
    if (rank(path) != 0) {
        return "";
    }
    // The one message that cannot wait for a host is that of a broken assertion.
    if (path == "model/assert.cpp" && name == "cstdio") {
        return "";
    }
    if (starts_with(path, "model/explore/") && has(for_the_search, name)) {
        return "";
    }
    if (has(outside_model, name)) {
        return "model/ knows no clock, I/O, threads or random numbers";
    }
    const bool standard = name.find_first_of("./") == std::string::npos;
    return standard ? ""
                    : "model/ includes only the C++ library, fmt, and MSM through model/fsm.hpp";
}

std::string judge_foreign(const std::string& path, const std::string& name) {
    for (const Library& library : libraries) {
        if (!starts_with(name, library.prefix)) {
            continue;
        }
        if (!library.only.empty() && path != library.only) {
            return "only " + std::string(library.only) + " may include it";
        }
        if (rank(path) < rank(std::string(library.from))) {
            return "not before " + std::string(library.from) + "/";
        }
        return "";
    }
    return judge_standard(path, name);
}

}  // namespace

std::vector<Include> includes(const std::string& text) {
    static const std::regex pattern(R"(^\s*#\s*include\s*(["<])([^">]+)[">])");
    std::vector<Include> found;
    int line = 0;
    for (const std::string& content : lines(text)) {
        ++line;
        std::smatch match;
        if (std::regex_search(content, match, pattern)) {
            found.push_back({line, match[1] == "\"", match[2]});
        }
    }
    return found;
}

std::vector<Finding> bad_includes(const Source& source) {
    std::vector<Finding> findings;
    for (const Include& include : includes(source.text)) {
        const std::string why = include.quoted ? judge_own(source.path, include.name)
                                               : judge_foreign(source.path, include.name);
        if (!why.empty()) {
            findings.push_back({source.path, include.line, include.name + ": " + why});
        }
    }
    return findings;
}

}  // namespace lmsim::tidy
