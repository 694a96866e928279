#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

/// The last part of what LINK points to; "-": nothing.
std::string points_to(const char* link) {
    std::array<char, 4096> text{};
    const ssize_t size = ::readlink(link, text.data(), text.size());
    const std::string whole(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return whole.empty() ? "-" : whole.substr(whole.rfind('/') + 1);
}

/// Has the child ended? Its status then is in `status`.
bool ended(pid_t child, int& status) { return ::waitpid(child, &status, WNOHANG) == child; }

}  // namespace

/// Runs a command and sends it a signal a time after LINK points elsewhere than before: a shell is
/// too slow for a moment in milliseconds, and what it runs in the background ignores SIGINT. The
/// last line that it prints, a line of its own whatever the command was saying, is how the command
/// ended: "early EXIT-CODE", "exit EXIT-CODE WHAT" or "signal NUMBER WHAT"; WHAT is what LINK
/// pointed to at the signal.
int main(int argc, char** argv) {
    if (argc < 5) {
        std::fprintf(stderr, "usage: lmsim_lab_ender MILLISECONDS SIGNAL LINK COMMAND...\n");
        return 2;
    }
    const std::chrono::milliseconds moment(std::atoi(argv[1]));
    const int number = std::atoi(argv[2]);
    const std::string before = points_to(argv[3]);
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGINT, SIG_DFL);
        ::execvp(argv[4], argv + 4);
        ::_exit(127);
    }
    int status = 0;
    bool early = false;
    while (!early && points_to(argv[3]) == before) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        early = ended(child, status);
    }
    if (!early) {
        std::this_thread::sleep_for(moment);
        early = ended(child, status);
    }
    std::string what;
    if (!early) {
        what = " " + points_to(argv[3]);
        ::kill(child, number);
        ::waitpid(child, &status, 0);
    }
    std::printf("\n");  // the command may have been ended in the middle of a line
    if (WIFSIGNALED(status)) {
        std::printf("\nsignal %d%s\n", WTERMSIG(status), what.c_str());
    } else {
        std::printf("\n%s %d%s\n", early ? "early" : "exit", WEXITSTATUS(status), what.c_str());
    }
    return 0;
}
