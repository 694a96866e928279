#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

/// Runs a command and sends it a signal after a time: a shell is too slow for a moment in
/// milliseconds, and what it runs in the background ignores SIGINT. The last line that it prints, a
/// line of its own whatever the command was saying, is how the command ended: "early EXIT-CODE",
/// "exit EXIT-CODE" or "signal NUMBER".
int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: lmsim_lab_ender MILLISECONDS SIGNAL COMMAND...\n");
        return 2;
    }
    const std::chrono::milliseconds moment(std::atoi(argv[1]));
    const int number = std::atoi(argv[2]);
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGINT, SIG_DFL);
        ::execvp(argv[3], argv + 3);
        ::_exit(127);
    }
    std::this_thread::sleep_for(moment);
    int status = 0;
    const bool early = ::waitpid(child, &status, WNOHANG) == child;
    if (!early) {
        ::kill(child, number);
        ::waitpid(child, &status, 0);
    }
    std::printf("\n");  // the command may have been ended in the middle of a line
    if (WIFSIGNALED(status)) {
        std::printf("\nsignal %d\n", WTERMSIG(status));
    } else {
        std::printf("\n%s %d\n", early ? "early" : "exit", WEXITSTATUS(status));
    }
    return 0;
}
