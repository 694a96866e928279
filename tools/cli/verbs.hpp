#pragma once

#include <CLI/CLI.hpp>

namespace lmsim::cli {

/// How the program ends; the same for all verbs.
enum ExitCode : int {
    Ok = 0,
    Failed = 1,       // an expectation or invariant failed, or the answer is only partial
    Usage = 2,        // the command line or an input file is wrong
    Bug = 3,          // our own
    Environment = 4,  // hardware or a program is missing
    Interrupted = 130,
};

// Each verb adds itself; when it is called it sets `exit_code`.
void add_check(CLI::App& app, int& exit_code);
void add_compare(CLI::App& app, int& exit_code);
void add_conform(CLI::App& app, int& exit_code);
void add_decode(CLI::App& app, int& exit_code);
void add_diagram(CLI::App& app, int& exit_code);
void add_drive(CLI::App& app, int& exit_code);
void add_explore(CLI::App& app, int& exit_code);
void add_export(CLI::App& app, int& exit_code);
void add_relay(CLI::App& app, int& exit_code);
void add_run(CLI::App& app, int& exit_code);
void add_scenario(CLI::App& app, int& exit_code);
void add_sequence(CLI::App& app, int& exit_code);
void add_serve(CLI::App& app, int& exit_code);
void add_spec(CLI::App& app, int& exit_code);
void add_sweep(CLI::App& app, int& exit_code);
void add_tornado(CLI::App& app, int& exit_code);
void add_validate(CLI::App& app, int& exit_code);

}  // namespace lmsim::cli
