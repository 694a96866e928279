#pragma once

#include <string>
#include <vector>

namespace lmsim::bench {

/// A program that was run to its end.
struct Ran {
    int status = -1;            // of wait4()
    double wall_ms = 0;         // from fork to its end
    double cpu_ms = 0;          // user and system
    double peak_mib = 0;        // resident, at most
    double first_event_ms = 0;  // from fork to SystemC's first event, if asked for
};

/// What it prints goes to `log`. `preload`: a library that tells of the first event
/// (first_event.cpp), or empty.
Ran run_program(const std::string& program, const std::vector<std::string>& arguments,
                const std::string& log = "/dev/null", const std::string& preload = "");

/// `lmsim ARGUMENTS`, which has to succeed.
Ran run_lmsim(const std::vector<std::string>& arguments, const std::string& preload = "");

}  // namespace lmsim::bench
