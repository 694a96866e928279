#include "sim/core/own_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "model/assert.hpp"

// Where the build counts coverage: a process that leaves by _exit() writes its counts itself.
extern "C" [[gnu::weak]] void __gcov_dump();

namespace lmsim::sim {
namespace {

void write_all(int to, const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t some = write(to, text.data() + done, text.size() - done);
        if (some < 0 && errno != EINTR) {
            _exit(1);
        }
        done += some > 0 ? static_cast<std::size_t>(some) : 0;
    }
}

/// Takes what there is; false at the end.
bool read_some(int from, std::string& text) {
    char piece[65536];
    const ssize_t some = ::read(from, piece, sizeof piece);
    text.append(piece, some > 0 ? static_cast<std::size_t>(some) : 0);
    return some > 0 || (some < 0 && errno == EINTR);
}

std::string first_line(int file) {
    std::string text;
    lseek(file, 0, SEEK_SET);
    while (read_some(file, text)) {
    }
    text.resize(std::min(text.find('\n'), text.size()));
    return text;
}

std::string how_it_ended(int status) {
    if (WIFEXITED(status)) {
        return fmt::format("exit code {}", WEXITSTATUS(status));
    }
    return fmt::format("signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

/// One process that is under way.
struct Child {
    std::size_t index = 0;
    pid_t pid = -1;
    int answer = -1;
    int errors = -1;
    std::string returned;
};

[[noreturn]] void be_child(pid_t parent, const Child& self, int answer, const OwnProcesses& all) {
    // An interrupt of the terminal reaches all, and so does the end of a job of Slurm; the parent
    // decides. Nobody outlives it.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1);
    }
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    self.errors >= 0 ? dup2(self.errors, STDERR_FILENO) : close(STDERR_FILENO);
    if (all.talk) {
        all.talk(self.index, [answer](const std::string& more) { write_all(answer, more); });
    } else {
        write_all(answer, all.work(self.index));
    }
    if (__gcov_dump != nullptr) {
        __gcov_dump();
    }
    _exit(0);
}

class Crowd {
  public:
    explicit Crowd(const OwnProcesses& all) : all_(all) {}

    bool run() {
        while (next_ < all_.count || !children_.empty()) {
            if (all_.stop && all_.stop()) {
                end_all();
                return false;
            }
            if (next_ < all_.count && children_.size() < std::max(all_.jobs, 1U)) {
                begin(next_++);
            } else {
                listen();
            }
        }
        return true;
    }

  private:
    void tell(std::size_t index, OwnProcess process) const {
        if (all_.ended) {
            all_.ended(index, std::move(process));
        }
    }

    void begin(std::size_t index) {
        Child child;
        child.index = index;
        int answer[2] = {-1, -1};
        const pid_t parent = getpid();
        if (pipe(answer) != 0) {
            return tell(index, {false, "", "", fmt::format("no pipe: {}", std::strerror(errno))});
        }
        child.answer = answer[0];
        // Without one nobody hears what it says.
        child.errors = memfd_create("stderr", MFD_CLOEXEC);
        std::fflush(nullptr);  // or what waits to be written is written twice
        child.pid = fork();
        if (child.pid == 0) {
            be_child(parent, child, answer[1], all_);
        }
        const int problem = errno;
        close(answer[1]);
        if (child.pid < 0) {
            release(child);
            return tell(index,
                        {false, "", "", fmt::format("no process: {}", std::strerror(problem))});
        }
        children_.push_back(std::move(child));
    }

    /// Waits for one of them to say something or to end, but not so long that a stop is missed.
    void listen() {
        constexpr int wait_ms = 100;
        std::vector<pollfd> all;
        for (const Child& child : children_) {
            all.push_back({child.answer, POLLIN, 0});
        }
        if (poll(all.data(), all.size(), wait_ms) <= 0) {
            return;
        }
        for (std::size_t i = all.size(); i-- > 0;) {
            if (all[i].revents == 0) {
                continue;
            }
            const bool more = read_some(children_[i].answer, children_[i].returned);
            if (all_.heard) {
                all_.heard(children_[i].index, children_[i].returned);
            }
            if (!more) {
                Child child = std::move(children_[i]);
                children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i));
                end(child);
            }
        }
    }

    void end(Child& child) {
        int status = 0;
        while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
        }
        OwnProcess result;
        result.ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        result.returned = std::move(child.returned);
        if (!result.ended) {
            result.how = how_it_ended(status);
            result.said = child.errors < 0 ? "" : first_line(child.errors);
        }
        release(child);
        tell(child.index, std::move(result));
    }

    void end_all() {
        for (Child& child : children_) {
            kill(child.pid, SIGKILL);
            int status = 0;
            while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
            }
            release(child);
        }
        children_.clear();
    }

    static void release(Child& child) {
        close(child.answer);
        if (child.errors >= 0) {
            close(child.errors);
        }
    }

    const OwnProcesses& all_;
    std::vector<Child> children_;
    std::size_t next_ = 0;
};

}  // namespace

OwnProcess in_own_process(const std::function<std::string()>& work) {
    OwnProcess result;
    OwnProcesses one;
    one.count = 1;
    one.work = [&work](std::size_t) { return work(); };
    one.ended = [&result](std::size_t, OwnProcess process) { result = std::move(process); };
    in_own_processes(one);
    return result;
}

bool in_own_processes(const OwnProcesses& all) { return Crowd(all).run(); }

}  // namespace lmsim::sim
