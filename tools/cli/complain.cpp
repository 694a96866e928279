#include "tools/cli/complain.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace lmsim::cli {

int complain(const std::string& text, int code) {
    std::fflush(stdout);
    fmt::print(stderr, "{}\n", text);
    return code;
}

int complain(const char* verb, const std::string& text, int code) {
    return complain(fmt::format("lmsim {}: {}", verb, text), code);
}

}  // namespace lmsim::cli
