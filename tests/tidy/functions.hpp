#pragma once

#include "tests/tidy/source.hpp"

namespace lmsim::tidy {

/// A function with a body, from the first line of its signature to its closing brace.
struct Function {
    int first_line = 0;
    int last_line = 0;
    std::string signature;

    int length() const { return last_line - first_line + 1; }
};

/// The functions of a C++ file, test cases included; what is nested in one belongs to it.
/// Counts braces, does not parse: good enough for code that compiles and is formatted.
std::vector<Function> functions(const std::string& text);

/// Functions longer than `limit` lines.
std::vector<Finding> long_functions(const Source& source, int limit);

}  // namespace lmsim::tidy
