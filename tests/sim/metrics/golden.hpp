#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/catch.hpp"

namespace lmsim::tests {

/// Compares `text` with the file of the repository. With LMSIM_REWRITE=1 in the environment it
/// writes the file instead; look at the difference before you commit it.
inline void check_golden(const std::string& path, const std::string& text) {
    const std::string file = std::string(LMSIM_SOURCE_DIR) + "/" + path;
    if (std::getenv("LMSIM_REWRITE") != nullptr) {
        std::ofstream(file, std::ios::binary) << text;
    }
    std::ifstream in(file, std::ios::binary);
    const std::string golden{std::istreambuf_iterator<char>(in), {}};
    INFO(path + " differs; LMSIM_REWRITE=1 writes it again");
    CHECK(text == golden);
}

}  // namespace lmsim::tests
