#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "bench/rows.hpp"
#include "model/assert.hpp"

namespace lmsim::bench {

double run_program(const std::vector<std::string>& arguments) {
    std::vector<const char*> words{"lmsim"};
    for (const std::string& argument : arguments) words.push_back(argument.c_str());
    words.push_back(nullptr);
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = fork();
    LMSIM_ASSERT(child >= 0);
    if (child == 0) {
        const int quiet = open("/dev/null", O_WRONLY);
        dup2(quiet, STDOUT_FILENO);
        dup2(quiet, STDERR_FILENO);
        execv(LMSIM_PROGRAM, const_cast<char* const*>(words.data()));
        _exit(127);
    }
    int status = 0;
    LMSIM_ASSERT(waitpid(child, &status, 0) == child && status == 0);
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - begin;
    return spent.count();
}

}  // namespace lmsim::bench
