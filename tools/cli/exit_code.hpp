#pragma once

#include <array>

namespace lmsim::cli {

/// How the program ends; the same for all verbs.
enum ExitCode : int {
    Ok = 0,
    Failed = 1,
    Usage = 2,
    Bug = 3,
    Environment = 4,
    Interrupted = 130,
};

struct ExitMeaning {
    ExitCode code;
    const char* means;
};

/// As lmsim.1 and README.md have it.
inline constexpr std::array exit_meanings = {
    ExitMeaning{Ok, "ok"},
    ExitMeaning{Failed, "an expectation or an invariant failed, or the answer is only partial"},
    ExitMeaning{Usage,
                "usage or configuration: the message says what, where and what was expected"},
    ExitMeaning{Bug, "a bug of lmsim"},
    ExitMeaning{Environment, "the environment lacks something (packages, hardware, rights)"},
    ExitMeaning{Interrupted, "interrupted; the result is complete up to there and marked partial"},
};

}  // namespace lmsim::cli
