#pragma once

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/tools/cli/process.hpp"

namespace lmsim::tests {

/// `lmsim serve` in a process of its own, from when its sockets are there to the end of this.
class Serving {
  public:
    Serving(const Folder& folder, const std::string& functions,
            const std::vector<std::string>& more = {})
        : socket_(folder.file("d")), output_(folder.file("serve")) {
        std::vector<std::string> words{
            LMSIM_BINARY_DIR "/lmsim", "serve", "--socket", socket_, "--functions", functions};
        // A scenario has limits of its own, and so has who says a size.
        const auto has_limits = [](const std::string& word) {
            return word == "--scenario" || word == "--size";
        };
        if (std::none_of(more.begin(), more.end(), has_limits)) {
            words.push_back("--case-limits");
        }
        words.insert(words.end(), more.begin(), more.end());
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        ::unlink(output_.c_str());  // what an earlier one said is not what this one says
        pid_ = ::fork();
        if (pid_ == 0) {
            const int file = ::open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
            ::dup2(file, 1);
            ::dup2(file, 2);
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
        // A line for each socket, once all of them listen.
        const auto wanted = 1 + std::count(functions.begin(), functions.end(), ',');
        for (int left = 3000; left > 0; --left) {
            const std::string said = output();
            if (std::count(said.begin(), said.end(), '\n') >= wanted) break;
            ::usleep(10'000);
        }
    }
    ~Serving() {
        if (pid_ > 0) end(SIGTERM);
    }
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;

    /// Ends it with a signal; how it ended.
    int end(int number) {
        int status = 0;
        ::kill(pid_, number);
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return status;
    }
    /// "vfio-user:PATH".
    std::string target() const { return "vfio-user:" + socket_; }
    const std::string& socket() const { return socket_; }
    std::string output() const { return read_file(output_); }

  private:
    std::string socket_;
    std::string output_;
    pid_t pid_ = -1;
};

}  // namespace lmsim::tests
