#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace lmsim::sim {

/// How work in a process of its own ended.
struct OwnProcess {
    bool ended = false;    // by itself
    std::string returned;  // by the work, if so
    std::string said;      // else: the first line on its stderr; empty if it said nothing
    std::string how;       // else: "exit code 7", "signal 9 (Killed)", or why there was no process
};

/// Does work that input from anywhere may break: a promise that does not hold, or worse, ends that
/// process alone. Call it before any thread exists.
OwnProcess in_own_process(const std::function<std::string()>& work);

/// Many of them.
struct OwnProcesses {
    std::size_t count = 0;
    unsigned jobs = 1;                             // at most so many at once
    std::function<std::string(std::size_t)> work;  // in a process of its own
    /// Instead of work, for what has much to say: each call of `say` goes out at once.
    using Say = std::function<void(const std::string& more)>;
    std::function<void(std::size_t, const Say& say)> talk;
    /// Here, whenever there is more of what one says; takes off the front what it has heard.
    std::function<void(std::size_t, std::string& so_far)> heard;
    /// Here, as soon as one has ended: in any order. May be empty.
    std::function<void(std::size_t, OwnProcess)> ended;
    /// Asked now and then: true ends all of them, and no more begin. May be empty.
    std::function<bool()> stop;
};

/// Does `work` for 0 to count - 1, each in a process of its own, which do not outlive this one
/// whatever ends it. False if it was stopped. Call it before any thread exists.
bool in_own_processes(const OwnProcesses& all);

}  // namespace lmsim::sim
