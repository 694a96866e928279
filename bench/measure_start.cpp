#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "bench/rows.hpp"
#include "model/assert.hpp"

namespace lmsim::bench {

namespace {

constexpr double limit_ms = 50;

/// Wall time of the program from fork to its end, in milliseconds.
double run_program() {
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = fork();
    LMSIM_ASSERT(child >= 0);
    if (child == 0) {
        const int quiet = open("/dev/null", O_WRONLY);
        dup2(quiet, STDOUT_FILENO);
        dup2(quiet, STDERR_FILENO);
        execl(LMSIM_PROGRAM, "lmsim", "run", LMSIM_NOTHING_SCENARIO, static_cast<char*>(nullptr));
        _exit(127);
    }
    int status = 0;
    LMSIM_ASSERT(waitpid(child, &status, 0) == child && status == 0);
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - begin;
    return spent.count();
}

}  // namespace

void measure_start(Rows& rows, bool quick) {
    std::vector<double> spent;
    for (int round = 0; round < (quick ? 3 : 31); ++round) {
        spent.push_back(run_program());
    }
    rows.push_back({"a run that does nothing, limit as baseline", median(spent), "ms", limit_ms});
}

}  // namespace lmsim::bench
