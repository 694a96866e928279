#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lmsim::cli {

/// What is known of the mutant of one row: the test that fails when the row changes, or why none
/// does. One line of tests/mutants/kills.csv.
struct Kill {
    std::string id;
    std::string program;  // "model" of lmsim_tests_model; empty for a survivor
    std::string test;
    std::string reason;  // why no test fails; empty for a killed mutant

    bool killed() const { return !test.empty(); }
};

/// Reads "id,program,test,reason" lines after a heading; a field may stand in double quotes, a
/// quote inside is doubled. Missing fields are empty.
inline std::vector<Kill> parse_kills(std::string_view text) {
    std::vector<Kill> kills;
    std::vector<std::string> fields(1);
    bool quoted = false;
    bool heading = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') {
            const bool doubled = quoted && i + 1 < text.size() && text[i + 1] == '"';
            if (doubled) {
                fields.back() += '"';
                ++i;
            } else {
                quoted = !quoted;
            }
        } else if (quoted || (c != ',' && c != '\n')) {
            fields.back() += c;
        } else if (c == ',') {
            fields.emplace_back();
        } else {
            fields.resize(4);
            if (!heading && !fields[0].empty()) {
                kills.push_back({fields[0], fields[1], fields[2], fields[3]});
            }
            heading = false;
            fields.assign(1, "");
        }
    }
    return kills;
}

/// tests/mutants/kills.csv as it was when the program was built, in the order of the file.
const std::vector<Kill>& recorded_kills();

/// The record of one row; nullptr if it has none.
const Kill* recorded_kill(std::string_view id);

}  // namespace lmsim::cli
