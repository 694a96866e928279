#pragma once

#include <functional>
#include <string>

namespace lmsim::sim {

/// How work in a process of its own ended.
struct OwnProcess {
    bool ended = false;    // by itself
    std::string returned;  // by the work, if so
    std::string said;      // else: the first line on its stderr; empty if it said nothing
};

/// Does work that input from anywhere may break: a promise that does not hold, or worse, ends that
/// process alone. Call it before any thread exists.
OwnProcess in_own_process(const std::function<std::string()>& work);

}  // namespace lmsim::sim
