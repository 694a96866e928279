#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/catch.hpp"

namespace lmsim::tests {

/// A small reader of Value Change Dumps. Fails the test where the file is none.
class VcdFile {
  public:
    struct Change {
        std::int64_t at = 0;
        std::string value;  // numbers decimal, texts without escapes
    };

    explicit VcdFile(const std::string& path) {
        std::ifstream in(path);
        std::string word;
        while (in >> word && word != "$enddefinitions") declaration(in, word);
        REQUIRE(word == "$enddefinitions");
        REQUIRE(scopes_.empty());
        std::string line;
        std::getline(in, line);
        std::int64_t now = -1;
        while (std::getline(in, line)) {
            if (line[0] == '#') {
                const std::int64_t at = std::stoll(line.substr(1));
                REQUIRE(at > now);
                now = at;
            } else if (line != "$dumpvars" && line != "$end") {
                change(now, line);
            }
        }
    }

    std::string timescale;
    std::map<std::string, std::string> types;            // by full name: "source.vf0.vfio"
    std::map<std::string, std::vector<Change>> changes;  // by full name

    /// The value at the time, changes of that very time included.
    std::string value(const std::string& name, std::int64_t at) const {
        std::string value = "none";
        for (const Change& change : changes.at(name)) {
            if (change.at > at) break;
            value = change.value;
        }
        return value;
    }

  private:
    void declaration(std::ifstream& in, const std::string& keyword) {
        std::vector<std::string> words;
        for (std::string word; in >> word && word != "$end";) words.push_back(word);
        if (keyword == "$timescale") timescale = words.at(0) + words.at(1);
        if (keyword == "$scope") scopes_.push_back(words.at(1));
        if (keyword == "$upscope") scopes_.pop_back();
        if (keyword != "$var") return;
        std::string name;
        for (const std::string& scope : scopes_) name += scope + ".";
        name += words.at(3);
        REQUIRE(names_.emplace(words.at(2), name).second);
        REQUIRE(types.emplace(name, words.at(0)).second);
    }

    void change(std::int64_t now, const std::string& line) {
        const std::size_t space = line.rfind(' ');
        INFO(line);
        REQUIRE(now >= 0);
        REQUIRE(names_.count(line.substr(space + 1)) == 1);
        const std::string name = names_[line.substr(space + 1)];
        std::string value = line.substr(1, space - 1);
        REQUIRE(line[0] == (types[name] == "string" ? 's' : types[name] == "real" ? 'r' : 'b'));
        if (line[0] == 'b') value = std::to_string(std::stoull(value, nullptr, 2));
        if (line[0] == 's') value = plain(value);
        changes[name].push_back({now, value});
    }

    static std::string plain(const std::string& value) {
        std::string text;
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (value[i] == '\\') {
                text += static_cast<char>(std::stoi(value.substr(i + 1, 3), nullptr, 8));
                i += 3;
            } else {
                text += value[i];
            }
        }
        return text;
    }

    std::vector<std::string> scopes_;
    std::map<std::string, std::string> names_;  // by identifier
};

/// Does GTKWave's own reader take the file without a word? True, too, where it is not installed.
inline bool gtkwave_takes(const std::string& path) {
    if (access("/usr/bin/vcd2fst", X_OK) != 0) {
        REQUIRE(std::getenv("CI") == nullptr);
        WARN("skipped: there is no /usr/bin/vcd2fst (package gtkwave)");
        return true;
    }
    const std::string command =
        "/usr/bin/vcd2fst '" + path + "' '" + path + ".fst' > '" + path + ".said' 2>&1";
    const int status = std::system(command.c_str());
    std::ifstream said(path + ".said");
    std::stringstream text;
    text << said.rdbuf();
    unlink((path + ".fst").c_str());
    unlink((path + ".said").c_str());
    INFO(text.str());
    CHECK(text.str().empty());
    return status == 0 && text.str().empty();
}

}  // namespace lmsim::tests
