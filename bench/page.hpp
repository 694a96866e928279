#pragma once

#include <string>
#include <vector>

#include "bench/rows.hpp"

namespace lmsim::bench {

/// What the figures of a page were measured on.
struct Host {
    std::string processor;
    unsigned cores = 0;
    std::string kernel;
    std::string compiler;
};
Host this_host();

struct Section {
    std::string name;
    std::string title;
    std::string how;
    Rows rows;
};

/// docs/benchmarks.md.
std::string page(const Host& host, const std::vector<Section>& sections);

}  // namespace lmsim::bench
