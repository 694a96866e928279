#pragma once

namespace lmsim::cli {

/// How the program ends; the same for all verbs.
enum ExitCode : int {
    Ok = 0,
    Failed = 1,       // an expectation or invariant failed, or the answer is only partial
    Usage = 2,        // the command line or an input file is wrong
    Bug = 3,          // our own
    Environment = 4,  // hardware or a program is missing
    Interrupted = 130,
};

}  // namespace lmsim::cli
