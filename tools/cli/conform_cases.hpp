#pragma once

#include <string>
#include <vector>

#include "sim/conform/suite.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

/// Which conformance cases are run, and how their report is printed: `lmsim conform` and
/// `lmsim hw conform` ask alike.
struct ConformCases {
    std::vector<std::string> cases;
    std::string filter;
    std::uint64_t trackable = 0;
    bool json = false;
};

/// --case, --filter, --trackable and --json.
void add_case_options(CLI::App& verb, ConformCases& choice);

/// The cases that --case and --filter name; or what is wrong with these, in `error`.
std::vector<sim::conform::Case> chosen_cases(const ConformCases& choice, std::string& error);

/// Prints the table or the JSON.
void print_report(const sim::conform::Report& report, bool json);

}  // namespace lmsim::cli
