#pragma once

#include <string>
#include <vector>

namespace lmsim::runs {

/// What came of a program of somebody else.
struct Ran {
    bool began = false;  // else `err` says why it could not be run
    bool late = false;   // it was ended, as it took too long
    int code = -1;       // its exit code; -1: a signal ended it
    std::string out;
    std::string err;

    bool well() const { return began && !late && code == 0; }
    /// What it said went wrong, in one line.
    std::string complaint() const;
};

/// Runs a program, looked up in PATH, without a shell and without input, and waits for it. An
/// interrupt of the terminal does not reach it. Call it before any thread exists.
Ran run_program(const std::vector<std::string>& words, unsigned seconds);

}  // namespace lmsim::runs
