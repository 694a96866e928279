#pragma once

#include <string>
#include <vector>

namespace lmsim::tidy {

/// A file of the repository: path relative to the root with forward slashes, and its bytes.
struct Source {
    std::string path;
    std::string text;
};

/// What a rule has to say. `line` counts from 1; 0 means the whole file.
struct Finding {
    std::string path;
    int line = 0;
    std::string what;
};

/// All text files below `root`, sorted by path, without .git and what builds and runs leave behind.
std::vector<Source> repository(const std::string& root);

/// The lines of a text without their newlines.
std::vector<std::string> lines(const std::string& text);

/// `text` with comments, literals and preprocessor lines blanked; line breaks stay where they are.
std::string code_only(const std::string& text);

bool is_cpp(const std::string& path);     // .cpp .hpp
bool is_table(const std::string& path);   // .def: rows that C++ files include
bool is_script(const std::string& path);  // CMake, shell, Python
bool is_data(const std::string& path);    // recorded by other programs: their shape is not ours

}  // namespace lmsim::tidy
