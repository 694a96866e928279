#include "tools/runs/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>

#include "sim/core/text.hpp"
#include "sim/trace/output_file.hpp"

namespace lmsim::runs {

namespace {

/// What a program writes to one of its descriptors.
struct Listener {
    int reader = -1;
    int writer = -1;

    Listener() {
        int both[2] = {-1, -1};
        if (pipe2(both, O_CLOEXEC) == 0) {
            reader = both[0];
            writer = both[1];
        }
    }
    ~Listener() {
        shut(reader);
        shut(writer);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    static void shut(int& descriptor) {
        if (descriptor >= 0) {
            close(descriptor);
        }
        descriptor = -1;
    }
    void hear(std::string& text) {
        char piece[65536];
        const ssize_t some = read(reader, piece, sizeof piece);
        if (some > 0) {
            text.append(piece, static_cast<std::size_t>(some));
        } else if (some == 0 || errno != EINTR) {
            shut(reader);
        }
    }
};

/// Starts it; 0, or the number of what went wrong.
int spawn(const std::vector<std::string>& words, const Listener& out, const Listener& err,
          pid_t& child) {
    std::vector<char*> arguments;
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out.writer, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, err.writer, STDERR_FILENO);
    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    // A group of its own, which an interrupt of the terminal does not reach; and no signal is
    // ignored because this program ignores it.
    sigset_t plain;
    sigemptyset(&plain);
    sigaddset(&plain, SIGPIPE);
    sigaddset(&plain, SIGINT);
    posix_spawnattr_setsigdefault(&how, &plain);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    const int problem =
        posix_spawnp(&child, arguments.front(), &files, &how, arguments.data(), environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return problem;
}

/// Until both ends are closed; false if that takes too long.
bool listen_to(Listener& out, Listener& err, Ran& ran, unsigned seconds) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::seconds(seconds);
    while (out.reader >= 0 || err.reader >= 0) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0) {
            return false;
        }
        pollfd both[2] = {{out.reader, POLLIN, 0}, {err.reader, POLLIN, 0}};
        if (poll(both, 2, static_cast<int>(left)) <= 0) {
            continue;
        }
        if (both[0].revents != 0) out.hear(ran.out);
        if (both[1].revents != 0) err.hear(ran.err);
    }
    return true;
}

}  // namespace

std::string Ran::complaint() const {
    std::string text;
    for (const char c : err.empty() ? out : err) {
        text += c == '\n' ? "; " : std::string(1, c);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == ';')) {
        text.pop_back();
    }
    if (late) {
        text += text.empty() ? "it does not answer" : " (and then no answer)";
    } else if (text.empty()) {
        text = code < 0 ? "a signal ended it" : "exit code " + std::to_string(code);
    }
    return sim::printable(text);
}

Ran run_program(const std::vector<std::string>& words, unsigned seconds) {
    Ran ran;
    Listener out;
    Listener err;
    pid_t child = 0;
    const int problem = out.reader < 0 || err.reader < 0 ? EMFILE : spawn(words, out, err, child);
    if (problem != 0) {
        ran.err = sim::trace::system_words(problem);
        return ran;
    }
    ran.began = true;
    Listener::shut(out.writer);
    Listener::shut(err.writer);
    ran.late = !listen_to(out, err, ran, seconds);
    if (ran.late) {
        kill(-child, SIGKILL);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ran;
}

}  // namespace lmsim::runs
