#include "tests/mutants/batch.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include "model/spec/describe.hpp"
#include "model/spec/mutate.hpp"
#include "tools/cli/kills.hpp"

namespace lmsim::tests {

namespace {

constexpr const char* usage =
    "usage: PROGRAM --mutants verify KILLS.csv NAME [--jobs N]    each recorded kill of program "
    "NAME still kills\n"
    "       PROGRAM --mutants search ORDERS [--seconds S] [--per-case]    lines \"id<TAB>test to "
    "try first\"; prints \"id<TAB>verdict<TAB>test\"\n";
constexpr const char* usual_tests = "~[slow]~[nightly]~[.]";
constexpr std::size_t longest_name = 512;

/// Where a child says what it is doing: memory that parent and child share.
struct Board {
    char running[longest_name];
    char failed[longest_name];
};
Board* board_of_child = nullptr;

void note(char what, const std::string& name) {
    char* place = what == 'F' ? board_of_child->failed : board_of_child->running;
    if (what == 'S' || *place == 0) {  // the first failure counts
        std::strncpy(place, name.c_str(), longest_name - 1);
    }
}

struct Verdict {
    std::string word;
    std::string test;
    bool killed() const { return word == "killed"; }
};

/// Catch reads commas and brackets in a name as its own syntax.
std::string escaped(const std::string& name) {
    std::string out;
    for (const char c : name) {
        if (std::strchr("[],\\", c) != nullptr) {
            out += '\\';
        }
        out += c;
    }
    return out;
}

/// One child with one mutant. It must end by itself: what is stopped has not failed.
class Child {
  public:
    Child(std::string id, std::vector<std::string> filter, int seconds, RunTests run_tests)
        : id_(std::move(id)), deadline_(std::time(nullptr) + 3 * seconds) {
        board_ = static_cast<Board*>(mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        if (board_ == MAP_FAILED) {
            std::perror("mmap");
            std::exit(4);
        }
        std::fflush(nullptr);
        pid_ = fork();
        if (pid_ == 0) {
            run(filter, seconds, run_tests);
        }
        setpgid(pid_, pid_);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() { munmap(board_, sizeof(Board)); }

    const std::string& id() const { return id_; }

    /// Has it ended? Stops it when its time is over.
    bool ended() {
        if (std::time(nullptr) > deadline_) {
            kill(-pid_, SIGKILL);
        }
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) != pid_) {
            return false;
        }
        kill(-pid_, SIGKILL);  // what a test may have left behind
        judge(status);
        return true;
    }
    const Verdict& verdict() const { return verdict_; }

  private:
    [[noreturn]] void run(const std::vector<std::string>& filter, int seconds, RunTests run_tests) {
        setpgid(0, 0);
        const auto limit = static_cast<rlim_t>(seconds);
        const rlimit cpu = {limit, limit + 1};
        setrlimit(RLIMIT_CPU, &cpu);
        const rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        const int nowhere = open("/dev/null", O_RDWR);
        for (int fd = 0; fd <= 2; ++fd) {
            dup2(nowhere, fd);
        }
        board_of_child = board_;
        on_test_case = note;
        setenv("LMSIM_MUTANT", id_.c_str(), 1);  // for programs that a test starts
        if (!apply_mutant(id_)) {
            _exit(0);
        }
        std::vector<std::string> arguments = {"mutant", "--abort", "-w", "NoTests"};
        arguments.insert(arguments.end(), filter.begin(), filter.end());
        _exit(run_tests(arguments) == 0 ? 0 : 1);
    }

    void judge(int status) {
        const bool stopped =
            WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGXCPU);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            verdict_ = {"survived", ""};
        } else if (board_->running[0] == 0) {
            verdict_ = {"missing", ""};
        } else if (board_->failed[0] != 0) {
            verdict_ = {"killed", board_->failed};
        } else {
            verdict_ = {stopped ? "timeout" : "killed", board_->running};
        }
    }

    std::string id_;
    std::time_t deadline_;
    Board* board_;
    pid_t pid_ = 0;
    Verdict verdict_;
};

void wait_a_little() {
    const timespec millisecond = {0, 1000000};
    nanosleep(&millisecond, nullptr);
}

Verdict try_tests(const std::string& id, std::vector<std::string> filter, int seconds,
                  RunTests run_tests) {
    Child child(id, std::move(filter), seconds, run_tests);
    while (!child.ended()) {
        wait_a_little();
    }
    return child.verdict();
}

/// The names of all usual test cases, told by a child as only one session may run in a process.
std::vector<std::string> list_cases(RunTests run_tests) {
    char name[] = "/tmp/lmsim-cases-XXXXXX";
    const int fd = mkstemp(name);
    std::fflush(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(fd, 1);
        run_tests({"list", "--list-test-names-only", usual_tests});
        std::fflush(nullptr);
        std::cout.flush();
        _exit(0);
    }
    waitpid(pid, nullptr, 0);
    close(fd);
    std::vector<std::string> names;
    std::ifstream file(name);
    for (std::string line; std::getline(file, line);) {
        names.push_back(line);
    }
    unlink(name);
    return names;
}

/// Looks for a test that fails with the mutant of a row: first the one that did before, then those
/// which killed rows of the same subject, then all.
class Search {
  public:
    Search(int seconds, bool per_case, RunTests run_tests)
        : seconds_(seconds), run_tests_(run_tests) {
        if (per_case) {
            cases_ = list_cases(run_tests);
        }
    }

    Verdict find(const std::string& id, const std::string& first) {
        Verdict verdict = {"survived", ""};
        if (!first.empty()) {
            verdict = run(id, {first});
        }
        std::vector<std::string>& near = killers_[std::string(spec::subject(id))];
        if (!verdict.killed() && !near.empty()) {
            verdict = run(id, near);
        }
        if (!verdict.killed()) {
            verdict = cases_.empty() ? try_tests(id, {usual_tests}, seconds_, run_tests_)
                                     : run(id, cases_);
        }
        if (verdict.killed() && std::count(near.begin(), near.end(), verdict.test) == 0) {
            near.push_back(verdict.test);
        }
        return verdict;
    }

  private:
    /// One after the other where a process can hold one test only.
    Verdict run(const std::string& id, const std::vector<std::string>& tests) {
        if (cases_.empty()) {
            std::string all;
            for (const std::string& test : tests) {
                all += (all.empty() ? "" : ",") + escaped(test);
            }
            return try_tests(id, {all}, seconds_, run_tests_);
        }
        Verdict verdict = {"survived", ""};
        for (const std::string& test : tests) {
            const Verdict one = try_tests(id, {escaped(test)}, seconds_, run_tests_);
            if (one.killed()) {
                return one;
            }
            verdict = one.word == "timeout" ? one : verdict;
        }
        return verdict;
    }

    int seconds_;
    RunTests run_tests_;
    std::vector<std::string> cases_;
    std::map<std::string, std::vector<std::string>> killers_;
};

int search(const std::string& orders, int seconds, bool per_case, RunTests run_tests) {
    std::ifstream file(orders);
    Search search(seconds, per_case, run_tests);
    for (std::string line; std::getline(file, line);) {
        const std::size_t tab = std::min(line.find('\t'), line.size());
        const std::string id = line.substr(0, tab);
        const std::string first = tab < line.size() ? line.substr(tab + 1) : "";
        const Verdict verdict = search.find(id, first);
        std::printf("%s\t%s\t%s\n", id.c_str(), verdict.word.c_str(), verdict.test.c_str());
        std::fflush(stdout);
    }
    return 0;
}

int verify(const std::string& path, const std::string& program, std::size_t jobs, int seconds,
           RunTests run_tests) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    std::vector<cli::Kill> kills = cli::parse_kills(text.str());
    kills.erase(std::remove_if(kills.begin(), kills.end(),
                               [&](const cli::Kill& kill) { return kill.program != program; }),
                kills.end());
    int failures = 0;
    std::vector<std::unique_ptr<Child>> running;
    std::size_t next = 0;
    while (next < kills.size() || !running.empty()) {
        while (next < kills.size() && running.size() < jobs) {
            const cli::Kill& kill = kills[next++];
            running.push_back(std::make_unique<Child>(
                kill.id, std::vector<std::string>{escaped(kill.test)}, seconds, run_tests));
        }
        for (auto child = running.begin(); child != running.end();) {
            if (!(*child)->ended()) {
                ++child;
                continue;
            }
            if (!(*child)->verdict().killed()) {
                std::printf("%s: the recorded test does not fail: %s\n", (*child)->id().c_str(),
                            (*child)->verdict().word.c_str());
                ++failures;
            }
            child = running.erase(child);
        }
        wait_a_little();
    }
    std::printf("%zu mutants, %d not killed by the recorded test\n", kills.size(), failures);
    return failures == 0 ? 0 : 1;
}

}  // namespace

bool apply_mutant(const std::string& id) {
    const std::optional<spec::Id> row = spec::find(id);
    if (!row) {
        return false;
    }
    spec::Rules rules = spec::Rules::ratified();
    spec::mutate(rules, *row);
    spec::Rules::set_baseline_for_mutation_tests(rules);
    return true;
}

int mutants_main(const std::vector<std::string>& arguments, RunTests run_tests) {
    std::vector<std::string> words;
    std::size_t jobs = 1;
    int seconds = 20;
    bool per_case = false;
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        const bool has_number = i + 1 < arguments.size();
        if (arguments[i] == "--jobs" && has_number) {
            jobs = std::strtoul(arguments[++i].c_str(), nullptr, 10);
        } else if (arguments[i] == "--seconds" && has_number) {
            seconds = std::atoi(arguments[++i].c_str());
        } else if (arguments[i] == "--per-case") {
            per_case = true;
        } else {
            words.push_back(arguments[i]);
        }
    }
    if (words.size() == 3 && words[0] == "verify" && jobs > 0) {
        return verify(words[1], words[2], jobs, seconds, run_tests);
    }
    if (words.size() == 2 && words[0] == "search") {
        return search(words[1], seconds, per_case, run_tests);
    }
    std::fputs(usage, stderr);
    return 2;
}

}  // namespace lmsim::tests
