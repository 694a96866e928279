#include "sim/bridge/vfio/guardian.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

namespace lmsim::sim::vfio_kernel {

namespace {

constexpr std::size_t longest = 4096;  // of a request, and of an answer
constexpr int line_fd = 3;
constexpr std::chrono::milliseconds between_tries{10};

/// A message whole; nothing: the other side is gone.
std::optional<std::string> receive(int fd) {
    char text[longest];
    ssize_t size = 0;
    do {
        size = ::recv(fd, text, sizeof text, 0);
    } while (size < 0 && errno == EINTR);
    if (size <= 0) {
        return std::nullopt;
    }
    return std::string(text, static_cast<std::size_t>(size));
}

bool send(int fd, const std::string& text) {
    const std::size_t size = std::min(text.size(), longest);
    return ::send(fd, text.data(), size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

/// A session of its own, so that no terminal ends it; of the parent's descriptors only the line and
/// the standard error, for which nobody else may be left.
int leave_parent(int line) {
    ::setsid();
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
        ::signal(number, SIG_IGN);
    }
    ::signal(SIGCHLD, SIG_DFL);
    ::prctl(PR_SET_NAME, "lmsim-guardian");
    ::dup2(line, line_fd);
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(nothing, STDOUT_FILENO);
    if (::close_range(line_fd + 1, ~0U, 0) != 0) {
        const int most = static_cast<int>(::sysconf(_SC_OPEN_MAX));
        for (int fd = line_fd + 1; fd < most; ++fd) {
            ::close(fd);
        }
    }
    return ::chdir("/");
}

std::string perform(Changes& changes, const std::string& request) {
    std::istringstream words(request);
    std::string what, bdf;
    unsigned count = 0;
    words >> what >> bdf >> count;
    return what == "lend" ? changes.lend(bdf) : changes.make_vfs(bdf, count);
}

[[noreturn]] void guard(const System& system, const Guardian::Limits& limits, int line,
                        pid_t parent) {
    leave_parent(line);
    Changes changes(system, limits.changes);
    bool told = false;
    while (const auto request = receive(line_fd)) {
        if (*request == "end") {
            told = true;
            break;
        }
        // A message has at least a byte: '.' stands in front of each answer.
        send(line_fd, "." + perform(changes, *request));
    }
    // Its descriptors are closed one after the other: those of VFIO may be open still.
    for (auto left = limits.death; !told && ::getppid() == parent && left > left.zero();
         left -= between_tries) {
        ::usleep(static_cast<useconds_t>(std::chrono::microseconds(between_tries).count()));
    }
    const std::string error = changes.undo();
    const bool heard = told && send(line_fd, "." + error);
    if (!heard && !error.empty()) {
        const std::string text = "lmsim: not given back: " + error + "\n";
        if (::write(STDERR_FILENO, text.data(), text.size()) < 0) {
            ::_exit(1);
        }
    }
    ::_exit(0);
}

}  // namespace

Result<std::unique_ptr<Guardian>> Guardian::start(std::shared_ptr<const System> system,
                                                  const Limits& limits) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return Failure{
            fmt::format("no process that gives the device back: {}", std::strerror(errno))};
    }
    Fd ours(ends[0]);
    Fd its(ends[1]);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        return Failure{
            fmt::format("no process that gives the device back: {}", std::strerror(errno))};
    }
    if (child == 0) {
        ours.close();
        guard(*system, limits, its.get(), parent);
    }
    std::unique_ptr<Guardian> guardian(new Guardian);
    guardian->line_ = std::move(ours);
    guardian->pid_ = child;
    return guardian;
}

Guardian::~Guardian() {
    if (pid_ > 0) {
        give_back();
    }
}

std::string Guardian::ask(const std::string& request) {
    if (send(line_.get(), request)) {
        if (const auto answer = receive(line_.get())) {
            return answer->substr(1);
        }
    }
    return "the process that gives devices back is gone; lmsim hw release BDF gives one back";
}

std::string Guardian::lend(const std::string& bdf) { return ask("lend " + bdf); }

std::string Guardian::make_vfs(const std::string& bdf, unsigned count) {
    return ask(fmt::format("vfs {} {}", bdf, count));
}

std::string Guardian::give_back() {
    std::string error = ask("end");
    line_.close();
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    return error;
}

}  // namespace lmsim::sim::vfio_kernel
