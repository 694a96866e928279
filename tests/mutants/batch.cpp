#include "tests/mutants/batch.hpp"

#include <sys/wait.h>

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "model/spec/describe.hpp"
#include "model/spec/mutate.hpp"
#include "tests/mutants/child.hpp"
#include "tools/cli/kills.hpp"

namespace lmsim::tests {

namespace {

constexpr const char* usage =
    "usage: PROGRAM --mutants verify KILLS.csv NAME [IDS] [--jobs N]\n"
    "           each recorded kill of program NAME still kills; 1 if not\n"
    "       PROGRAM --mutants search NAME IDS [--per-case] [--only TEST]\n"
    "           looks for a test that kills each; prints lines \"id,program,test\"\n"
    "IDS is a file with an id on each line. --seconds S limits each run.\n";
constexpr double longest_case = 0.5;  // seconds: there are hundreds of cases and of mutants
/// [rows-off] does by itself what is done here, and sees every mutant of the rows it goes through.
constexpr const char* usual_tests = "~[slow]~[nightly]~[rows-off]~[.]";

struct Options {
    std::vector<std::string> words;
    std::size_t jobs = 1;
    int seconds = 120;  // all usual tests take 20 to 40 where nothing is loaded
    bool per_case = false;
    std::string only;
};

/// The names of all usual test cases, told by a child as only one session may run in a process.
std::vector<std::string> list_cases(RunTests run_tests) {
    char name[] = "/tmp/lmsim-cases-XXXXXX";
    const int fd = mkstemp(name);
    std::fflush(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(fd, 1);
        std::vector<std::string> arguments = {"list", usual_tests};
        arguments.insert(arguments.end(), list_names.begin(), list_names.end());
        run_tests(arguments);
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

/// Looks for a test that fails with the mutant of a row: first those which killed rows of the same
/// subject, then all.
class Search {
  public:
    Search(const Options& options, RunTests run_tests)
        : seconds_(options.seconds),
          per_case_(options.per_case || !options.only.empty()),
          run_tests_(run_tests) {
        if (per_case_) {
            cases_ = quick_cases(options.per_case ? list_cases(run_tests)
                                                  : std::vector<std::string>{options.only});
            return;
        }
        Child plain("", filter_, seconds_, run_tests);
        plain.wait();
        for (const std::string& test : plain.failures()) {
            std::fprintf(stderr, "fails without a mutant, left out: %s\n", test.c_str());
            filter_ += "~\"" + filter_of(test) + "\"";
        }
    }

    Verdict find(const std::string& id) {
        Verdict verdict = {"survived", ""};
        std::vector<std::string>& near = killers_[std::string(spec::subject(id))];
        if (!near.empty()) {
            verdict = run(id, near);
        }
        if (!verdict.killed()) {
            verdict = per_case_ ? run(id, cases_) : one(id, filter_);
        }
        if (verdict.killed() && std::count(near.begin(), near.end(), verdict.test) == 0) {
            near.push_back(verdict.test);
        }
        return verdict;
    }

  private:
    Verdict one(const std::string& id, const std::string& filter) {
        Child child(id, filter, seconds_, run_tests_);
        child.wait();
        return child.verdict();
    }

    /// One after the other where a process can hold one test only.
    Verdict run(const std::string& id, const std::vector<std::string>& tests) {
        if (!per_case_) {
            std::string all;
            for (const std::string& test : tests) {
                all += (all.empty() ? "" : ",") + filter_of(test);
            }
            return one(id, all);
        }
        Verdict verdict = {"survived", ""};
        for (const std::string& test : tests) {
            const Verdict now = one(id, filter_of(test));
            if (now.killed()) {
                return now;
            }
            verdict = now.word == "timeout" ? now : verdict;
        }
        return verdict;
    }

    /// Those that pass without a mutant, the quickest first; long ones are left out.
    std::vector<std::string> quick_cases(const std::vector<std::string>& cases) {
        std::vector<std::pair<double, std::string>> timed;
        for (const std::string& test : cases) {
            Child plain("", filter_of(test), seconds_, run_tests_);
            plain.wait();
            if (plain.verdict().word != "survived") {
                std::fprintf(stderr, "fails without a mutant, left out: %s\n", test.c_str());
            } else if (plain.cpu_seconds() < longest_case) {
                timed.emplace_back(plain.cpu_seconds(), test);
            }
        }
        std::sort(timed.begin(), timed.end());
        std::vector<std::string> names;
        for (auto& [time, name] : timed) {
            names.push_back(std::move(name));
        }
        return names;
    }

    int seconds_;
    bool per_case_;
    RunTests run_tests_;
    std::string filter_ = usual_tests;
    std::vector<std::string> cases_;
    std::map<std::string, std::vector<std::string>> killers_;
};

std::vector<std::string> lines_of(const std::string& path) {
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) {
            lines.push_back(line);
        }
    }
    return lines;
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

int search(const std::string& program, const std::string& ids, const Options& options,
           RunTests run_tests) {
    Search search(options, run_tests);
    for (const std::string& id : lines_of(ids)) {
        const Verdict verdict = search.find(id);
        if (verdict.killed()) {
            std::printf("%s,%s,%s,\n", id.c_str(), program.c_str(), quoted(verdict.test).c_str());
        } else if (verdict.word != "survived") {
            std::fprintf(stderr, "%s: %s in %s\n", id.c_str(), verdict.word.c_str(),
                         verdict.test.c_str());
        }
        std::fflush(stdout);
    }
    return 0;
}

std::vector<cli::Kill> recorded(const std::string& path, const std::string& program) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    std::vector<cli::Kill> kills = cli::parse_kills(text.str());
    kills.erase(std::remove_if(kills.begin(), kills.end(),
                               [&](const cli::Kill& kill) { return kill.program != program; }),
                kills.end());
    return kills;
}

int verify(const std::vector<cli::Kill>& kills, const Options& options, RunTests run_tests) {
    int failures = 0;
    std::vector<std::unique_ptr<Child>> running;
    std::size_t next = 0;
    while (next < kills.size() || !running.empty()) {
        while (next < kills.size() && running.size() < options.jobs) {
            const cli::Kill& kill = kills[next++];
            running.push_back(
                std::make_unique<Child>(kill.id, filter_of(kill.test), options.seconds, run_tests));
        }
        for (auto child = running.begin(); child != running.end();) {
            if (!(*child)->ended()) {
                ++child;
                continue;
            }
            if (!(*child)->verdict().killed()) {
                ++failures;
                std::printf("%s: the recorded test does not fail: %s\n", (*child)->id().c_str(),
                            (*child)->verdict().word.c_str());
            }
            child = running.erase(child);
        }
        wait_a_millisecond();
    }
    std::printf("%zu mutants, %d not killed by the recorded test\n", kills.size(), failures);
    return failures == 0 ? 0 : 1;
}

Options options_of(const std::vector<std::string>& arguments) {
    Options options;
    for (std::size_t i = 2; i < arguments.size(); ++i) {
        const bool has_number = i + 1 < arguments.size();
        if (arguments[i] == "--jobs" && has_number) {
            options.jobs = std::max(1UL, std::strtoul(arguments[++i].c_str(), nullptr, 10));
        } else if (arguments[i] == "--seconds" && has_number) {
            options.seconds = std::max(1, std::atoi(arguments[++i].c_str()));
        } else if (arguments[i] == "--per-case") {
            options.per_case = true;
        } else if (arguments[i] == "--only" && has_number) {
            options.only = arguments[++i];
        } else {
            options.words.push_back(arguments[i]);
        }
    }
    return options;
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
    const Options options = options_of(arguments);
    const std::vector<std::string>& words = options.words;
    if (words.size() >= 3 && words.size() <= 4 && words[0] == "verify") {
        std::vector<cli::Kill> kills = recorded(words[1], words[2]);
        if (words.size() == 4) {
            const std::vector<std::string> ids = lines_of(words[3]);
            const auto unwanted = [&ids](const cli::Kill& kill) {
                return std::find(ids.begin(), ids.end(), kill.id) == ids.end();
            };
            kills.erase(std::remove_if(kills.begin(), kills.end(), unwanted), kills.end());
        }
        return verify(kills, options, run_tests);
    }
    if (words.size() == 3 && words[0] == "search") {
        return search(words[1], words[2], options, run_tests);
    }
    std::fputs(usage, stderr);
    return 2;
}

}  // namespace lmsim::tests
