#include "viz/diagram/graphviz.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "sim/trace/output_file.hpp"

namespace lmsim::viz {
namespace {

/// Two descriptors that close themselves; a child inherits neither unless it asks.
class Pipe {
  public:
    Pipe() { ok_ = ::pipe2(ends_, O_CLOEXEC) == 0; }
    ~Pipe() {
        close_reader();
        close_writer();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    bool ok() const { return ok_; }
    int reader() const { return ends_[0]; }
    int writer() const { return ends_[1]; }
    void close_reader() { close_end(ends_[0]); }
    void close_writer() { close_end(ends_[1]); }

  private:
    static void close_end(int& end) {
        if (end >= 0) {
            ::close(end);
            end = -1;
        }
    }
    int ends_[2] = {-1, -1};
    bool ok_ = false;
};

/// A program that ends before it has read all must not end us.
class IgnoreBrokenPipe {
  public:
    IgnoreBrokenPipe() {
        struct sigaction ignore {};
        ignore.sa_handler = SIG_IGN;
        ::sigaction(SIGPIPE, &ignore, &before_);
    }
    ~IgnoreBrokenPipe() { ::sigaction(SIGPIPE, &before_, nullptr); }
    IgnoreBrokenPipe(const IgnoreBrokenPipe&) = delete;
    IgnoreBrokenPipe& operator=(const IgnoreBrokenPipe&) = delete;

  private:
    struct sigaction before_ {};
};

struct Talk {
    Pipe in, out, err, failure;

    bool ok() const { return in.ok() && out.ok() && err.ok() && failure.ok(); }
};

[[noreturn]] void become(Talk& talk, const char* const* arguments) {
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(talk.in.reader(), STDIN_FILENO);
    ::dup2(talk.out.writer(), STDOUT_FILENO);
    ::dup2(talk.err.writer(), STDERR_FILENO);
    ::execvp(arguments[0], const_cast<char* const*>(arguments));
    const int number = errno;
    const auto told = ::write(talk.failure.writer(), &number, sizeof number);
    ::_exit(told == sizeof number ? 127 : 126);
}

/// Reads what there is; false at the end.
bool take(int descriptor, std::string& into) {
    char buffer[65536];
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    into.append(buffer, static_cast<std::size_t>(got));
    return got != 0;
}

/// Writes the text and reads both answers at once, so that neither side waits for the other.
void converse(Talk& talk, std::string_view text, Rendered& result) {
    ::fcntl(talk.in.writer(), F_SETFL, O_NONBLOCK);
    std::size_t sent = 0;
    while (talk.out.reader() >= 0 || talk.err.reader() >= 0) {
        pollfd list[3] = {{talk.in.writer(), POLLOUT, 0},
                          {talk.out.reader(), POLLIN, 0},
                          {talk.err.reader(), POLLIN, 0}};
        if (::poll(list, 3, -1) < 0 && errno != EINTR) {
            return;
        }
        if (list[0].revents != 0) {
            const ssize_t put = ::write(talk.in.writer(), text.data() + sent, text.size() - sent);
            sent += put > 0 ? static_cast<std::size_t>(put) : 0;
            const bool broken = put < 0 && errno != EAGAIN && errno != EINTR;
            if (sent == text.size() || broken) {
                talk.in.close_writer();
            }
        }
        if (list[1].revents != 0 && !take(talk.out.reader(), result.picture)) {
            talk.out.close_reader();
        }
        if (list[2].revents != 0 && !take(talk.err.reader(), result.said)) {
            talk.err.close_reader();
        }
    }
}

Rendered system_failure(int number) {
    return {Rendered::Outcome::Failed, "", sim::trace::system_words(number)};
}

}  // namespace

std::string source_mark(std::string_view dot_text) {
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (const char c : dot_text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
    return fmt::format("lmsim source {:016x}", hash);
}

Rendered render(std::string_view dot_text, const std::string& format) {
    const std::string option = "-T" + format;
    const char* const arguments[] = {"dot", option.c_str(), nullptr};
    Talk talk;
    if (!talk.ok()) {
        return system_failure(errno);
    }
    const IgnoreBrokenPipe ignore;
    const pid_t child = ::fork();
    if (child < 0) {
        return system_failure(errno);
    }
    if (child == 0) {
        become(talk, arguments);
    }
    talk.in.close_reader();
    talk.out.close_writer();
    talk.err.close_writer();
    talk.failure.close_writer();
    Rendered result;
    converse(talk, dot_text, result);
    int number = 0;
    const bool not_started = ::read(talk.failure.reader(), &number, sizeof number) == sizeof number;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (not_started) {
        result = system_failure(number);
        result.outcome = number == ENOENT || number == EACCES ? Rendered::Outcome::NoProgram
                                                              : Rendered::Outcome::Failed;
        return result;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !result.picture.empty()) {
        result.outcome = Rendered::Outcome::Drawn;
        result.picture += format == "svg" ? "<!-- " + source_mark(dot_text) + " -->\n" : "";
    }
    return result;
}

}  // namespace lmsim::viz
