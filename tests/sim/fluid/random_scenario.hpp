#pragma once

#include <cstdint>
#include <string>

namespace lmsim::tests {

/// A scenario with its fio jobs, each a text, that follows from `number` alone: a guest with 1 to 4
/// VFs that goes on with its I/O for ever.
struct RandomScenario {
    std::string scenario;  // TOML
    std::string jobs;      // fio
    std::string name;
};

RandomScenario random_scenario(std::uint64_t number);

}  // namespace lmsim::tests
