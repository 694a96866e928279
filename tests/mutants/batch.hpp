#pragma once

#include <string>
#include <vector>

namespace lmsim::tests {

/// Runs Catch with these arguments and gives its exit code.
using RunTests = int (*)(const std::vector<std::string>& arguments);

/// Called when a test case starts ('S') and when one has failed ('F'), if it is set.
extern void (*on_test_case)(char what, const std::string& name);

/// Catch's arguments for a list of the names of test cases, which its versions call differently.
extern const std::vector<std::string> list_names;

/// `PROGRAM --mutants ...`: runs this program's tests against mutants of rows, each in a child of
/// its own (a fork, not an exec). Prints a line "id<TAB>verdict<TAB>test" for each order, where
/// verdict is killed, survived, timeout or missing. Weak: programs without the model have none.
[[gnu::weak]] int mutants_main(const std::vector<std::string>& arguments, RunTests run_tests);

/// Makes the mutant of this row the baseline of this process (LMSIM_MUTANT=ID). False if there is
/// no such row.
[[gnu::weak]] bool apply_mutant(const std::string& id);

}  // namespace lmsim::tests
