#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "bench/rows.hpp"
#include "model/assert.hpp"

namespace lmsim::bench {

namespace {

constexpr double limit_ms = 5000;

/// Wall time of the program from fork to its end, in milliseconds.
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

}  // namespace

void measure_large_run(Rows& rows, bool quick) {
    std::string folder = (std::filesystem::temp_directory_path() / "lmsim-bench-XXXXXX").string();
    LMSIM_ASSERT(mkdtemp(folder.data()) != nullptr);
    const std::string run = folder + "/run";
    // The quickstart with so much time before the migration that there are 10^6 commands.
    run_program({"run", LMSIM_QUICKSTART_SCENARIO, "--set",
                 quick ? "run.warm_up=50ms" : "run.warm_up=2600ms", "--out", run});
    const auto measure = [&](const char* name, const std::vector<std::string>& arguments) {
        std::vector<double> spent;
        for (int round = 0; round < (quick ? 1 : 7); ++round) {
            spent.push_back(run_program(arguments));
        }
        rows.push_back({name, median(spent), "ms", limit_ms});
    };
    measure("sequence --fold of 10^6 commands, limit as baseline",
            {"sequence", run, "--fold", "--from", "run", "--to", "run", "--out",
             folder + "/chart.svg"});
    measure("report of 10^6 commands, limit as baseline", {"report", run});
    std::filesystem::remove_all(folder);
}

}  // namespace lmsim::bench
