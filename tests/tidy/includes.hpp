#pragma once

#include "tests/tidy/source.hpp"

namespace lmsim::tidy {

/// One `#include`: what stands between the quotes or angle brackets.
struct Include {
    int line = 0;
    bool quoted = false;
    std::string name;
};

std::vector<Include> includes(const std::string& text);

/// Includes that run against model -> sim -> viz -> tools, are not written from the root of the
/// repository, or bring into a folder a library that it must not know.
std::vector<Finding> bad_includes(const Source& source);

}  // namespace lmsim::tidy
