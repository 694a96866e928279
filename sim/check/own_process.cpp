#include "sim/check/own_process.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "model/assert.hpp"

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

std::string read_all(int from) {
    std::string text;
    char piece[4096];
    for (;;) {
        const ssize_t some = read(from, piece, sizeof piece);
        if (some == 0 || (some < 0 && errno != EINTR)) {
            return text;
        }
        text.append(piece, some > 0 ? static_cast<std::size_t>(some) : 0);
    }
}

}  // namespace

OwnProcess in_own_process(const std::function<std::string()>& work) {
    int answer[2];
    LMSIM_ASSERT(pipe(answer) == 0);
    std::FILE* const errors = std::tmpfile();  // without one nobody hears what it says
    std::fflush(nullptr);                      // or what waits to be written is written twice
    const pid_t child = fork();
    LMSIM_ASSERT(child >= 0);
    if (child == 0) {
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        errors != nullptr ? dup2(fileno(errors), STDERR_FILENO) : close(STDERR_FILENO);
        write_all(answer[1], work());
        _exit(0);
    }
    close(answer[1]);
    OwnProcess result;
    result.returned = read_all(answer[0]);
    close(answer[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (errors != nullptr) {
        std::rewind(errors);
        result.said = read_all(fileno(errors));
        result.said.resize(std::min(result.said.find('\n'), result.said.size()));
        std::fclose(errors);
    }
    return result;
}

}  // namespace lmsim::sim
