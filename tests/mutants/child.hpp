#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>
#include <vector>

#include "tests/mutants/batch.hpp"

namespace lmsim::tests {

/// How a child with a mutant ended. killed: `test` failed, or the program broke down in it;
/// survived; timeout: it was stopped, and what is stopped has not failed; missing: no such test.
struct Verdict {
    std::string word;
    std::string test;
    bool killed() const { return word == "killed"; }
};

/// A fork of this program that runs some of its tests with the mutant of one row, or with none if
/// the id is empty: then all failures are told, else the first.
class Child {
  public:
    /// `filter` is Catch's; `seconds` of processor time, three times as many of the clock.
    Child(std::string id, const std::string& filter, int seconds, RunTests run_tests);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    const std::string& id() const { return id_; }

    /// Has it ended? Stops it when its time is over.
    bool ended();
    void wait();

    /// Of one that has ended.
    const Verdict& verdict() const { return verdict_; }
    std::vector<std::string> failures() const;
    double cpu_seconds() const { return cpu_seconds_; }

  private:
    struct Board;
    [[noreturn]] void run(const std::string& filter, int seconds, RunTests run_tests);
    void judge(int status);
    static void note(char what, const std::string& name);

    static Board* board_of_child_;
    std::string id_;
    std::time_t deadline_;
    Board* board_;
    pid_t pid_ = 0;
    Verdict verdict_;
    double cpu_seconds_ = 0;
};

/// A filter that lets one test through. Catch reads commas and brackets as its own syntax.
std::string filter_of(const std::string& test);

void wait_a_millisecond();

}  // namespace lmsim::tests
