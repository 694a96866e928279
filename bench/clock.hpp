#pragma once

#include <ctime>

namespace lmsim::bench {

/// CPU time of this process in seconds: what others do on the machine does not count.
inline double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace lmsim::bench
