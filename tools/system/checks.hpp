#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lmsim::system {

/// What is looked at; a test makes up its own.
struct Machine {
    std::string root;        // stands for "/", without a slash at its end
    std::string path;        // PATH
    std::string locale;      // the one in force for letters: LC_ALL, LC_CTYPE or LANG
    std::string scenarios;   // the folder where they were found, or empty
    std::string schemas;     // the same of the JSON Schemas
    std::string cache;       // where tools/lab keeps what it fetched
    std::uint64_t disk = 0;  // bytes free where runs are written: the current folder
    std::string systemc;     // the version that is linked
};

struct Found {
    bool yes = false;
    std::string detail;  // "/usr/bin/dot", "no dot in PATH"
};

/// A row of the table: what, what it is needed for, what to do if it is missing, how to look.
struct Check {
    const char* what;
    const char* needed_for;
    const char* remedy;
    bool needed_by_run;  // without it `lmsim run` cannot do its work
    Found (*look)(const Machine&);
};
const std::vector<Check>& checks();

struct Checked {
    const Check* check;
    Found found;
};
std::vector<Checked> look_at(const Machine& machine);

/// All that `lmsim run` needs is there.
bool ready(const std::vector<Checked>& all);

/// A table, then what to do about each that is missing.
std::string checked_text(const std::vector<Checked>& all);
std::string checked_json(const std::vector<Checked>& all);

}  // namespace lmsim::system
