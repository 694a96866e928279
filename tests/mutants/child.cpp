#include "tests/mutants/child.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace lmsim::tests {

namespace {

constexpr std::size_t longest_name = 512;
constexpr std::size_t most_failures = 32;

/// Memory that one test frees serves the next: asking the kernel anew took most of the time.
void keep_memory() {
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 1 << 26);
}

void set_limits(int seconds) {
    const auto limit = static_cast<rlim_t>(seconds);
    const rlimit cpu = {limit, limit + 1};
    setrlimit(RLIMIT_CPU, &cpu);
    const rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
}

}  // namespace

/// Where a child says what it is doing: memory that parent and child share.
struct Child::Board {
    char running[longest_name];
    char failed[most_failures][longest_name];
    std::size_t failures;
};

Child::Board* Child::board_of_child_ = nullptr;

Child::Child(std::string id, const std::string& filter, int seconds, RunTests run_tests)
    : id_(std::move(id)), deadline_(std::time(nullptr) + 3 * seconds) {
    void* shared =
        mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    std::fflush(nullptr);
    board_ = static_cast<Board*>(shared);
    pid_ = shared == MAP_FAILED ? -1 : fork();
    if (pid_ < 0) {
        std::perror("mutants");
        std::exit(4);
    }
    if (pid_ == 0) {
        run(filter, seconds, run_tests);
    }
    setpgid(pid_, pid_);
}

Child::~Child() { munmap(board_, sizeof(Board)); }

void Child::note(char what, const std::string& name) {
    Board& board = *board_of_child_;
    if (what == 'S') {
        std::strncpy(board.running, name.c_str(), longest_name - 1);
    } else if (board.failures < most_failures) {
        std::strncpy(board.failed[board.failures++], name.c_str(), longest_name - 1);
    }
}

void Child::run(const std::string& filter, int seconds, RunTests run_tests) {
    setpgid(0, 0);
    set_limits(seconds);
    keep_memory();
    const int nowhere = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; ++fd) {
        dup2(nowhere, fd);
    }
    board_of_child_ = board_;
    on_test_case = note;
    std::vector<std::string> arguments = {"mutant", "-w", "NoTests", filter};
    if (!id_.empty()) {
        setenv("LMSIM_MUTANT", id_.c_str(), 1);  // for programs that a test starts
        arguments.emplace_back("--abort");
        if (!apply_mutant(id_)) {
            _exit(0);
        }
    }
    _exit(run_tests(arguments) == 0 ? 0 : 1);
}

bool Child::ended() {
    if (std::time(nullptr) > deadline_) {
        kill(-pid_, SIGKILL);
    }
    int status = 0;
    rusage usage = {};
    if (wait4(pid_, &status, WNOHANG, &usage) != pid_) {
        return false;
    }
    cpu_seconds_ = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    kill(-pid_, SIGKILL);  // what a test may have left behind
    judge(status);
    return true;
}

void Child::wait() {
    while (!ended()) {
        wait_a_millisecond();
    }
}

void Child::judge(int status) {
    const bool stopped =
        WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGXCPU);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        verdict_ = {"survived", ""};
    } else if (board_->running[0] == 0) {
        verdict_ = {"missing", ""};
    } else if (board_->failures != 0) {
        verdict_ = {"killed", board_->failed[0]};
    } else {
        verdict_ = {stopped ? "timeout" : "killed", board_->running};
    }
}

std::vector<std::string> Child::failures() const {
    return {board_->failed, board_->failed + board_->failures};
}

std::string filter_of(const std::string& test) {
    std::string out;
    for (const char c : test) {
        if (std::strchr("[],\\", c) != nullptr) {
            out += '\\';
        }
        out += c;
    }
    return out;
}

void wait_a_millisecond() {
    const timespec millisecond = {0, 1000000};
    nanosleep(&millisecond, nullptr);
}

}  // namespace lmsim::tests
