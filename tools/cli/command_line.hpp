#pragma once

#include <CLI/CLI.hpp>

namespace lmsim::cli {

/// The whole command line. What is called sets `exit_code`. All that is said about it, in --help,
/// in completions and in man pages, is read out of `app`.
void declare_command_line(CLI::App& app, int& exit_code);

/// The verbs of `app`, or those below a verb, in the order of their declaration.
std::vector<CLI::App*> verbs_of(CLI::App& app);

/// Its options, then its positionals, in the order of their declaration.
std::vector<CLI::Option*> options_of(CLI::App& app);
std::vector<CLI::Option*> positionals_of(CLI::App& app);

/// "lmsim spec show"
std::string path_of(const CLI::App& app);

}  // namespace lmsim::cli
