#include "bench/run_program.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "bench/first_event.hpp"
#include "model/assert.hpp"

namespace lmsim::bench {

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double ms(const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

[[noreturn]] void become(const std::vector<const char*>& words, const std::string& log,
                         const std::string& preload, int mark) {
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    if (!preload.empty()) {
        dup2(mark, first_event_fd);
        setenv("LD_PRELOAD", preload.c_str(), 1);
    }
    execv(words.front(), const_cast<char* const*>(words.data()));
    _exit(127);
}

}  // namespace

Ran run_program(const std::string& program, const std::vector<std::string>& arguments,
                const std::string& log, const std::string& preload) {
    std::vector<const char*> words{program.c_str()};
    for (const std::string& argument : arguments) words.push_back(argument.c_str());
    words.push_back(nullptr);
    int ends[2];
    LMSIM_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
    const auto begin = Clock::now();
    const pid_t child = fork();
    LMSIM_ASSERT(child >= 0);
    if (child == 0) {
        become(words, log, preload, ends[1]);
    }
    close(ends[1]);
    Ran ran;
    char byte = 0;
    if (!preload.empty() && read(ends[0], &byte, 1) == 1) {
        ran.first_event_ms = ms_since(begin);
    }
    close(ends[0]);
    rusage used{};
    LMSIM_ASSERT(wait4(child, &ran.status, 0, &used) == child);
    ran.wall_ms = ms_since(begin);
    ran.cpu_ms = ms(used.ru_utime) + ms(used.ru_stime);
    ran.peak_mib = static_cast<double>(used.ru_maxrss) / 1024;
    return ran;
}

Ran run_lmsim(const std::vector<std::string>& arguments, const std::string& preload) {
    const Ran ran = run_program(LMSIM_PROGRAM, arguments, "/dev/null", preload);
    LMSIM_ASSERT(ran.status == 0);
    return ran;
}

}  // namespace lmsim::bench
