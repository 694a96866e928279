#pragma once

#include <CLI/CLI.hpp>

#include "tools/cli/exit_code.hpp"

namespace lmsim::cli {

// Each verb adds itself; when it is called it sets `exit_code`.
void add_check(CLI::App& app, int& exit_code);
void add_compare(CLI::App& app, int& exit_code);
void add_completion(CLI::App& app, int& exit_code);
void add_conform(CLI::App& app, int& exit_code);
void add_decode(CLI::App& app, int& exit_code);
void add_diagram(CLI::App& app, int& exit_code);
void add_drive(CLI::App& app, int& exit_code);
void add_explore(CLI::App& app, int& exit_code);
void add_export(CLI::App& app, int& exit_code);
void add_hw(CLI::App& app, int& exit_code);
void add_man(CLI::App& app, int& exit_code);
void add_relay(CLI::App& app, int& exit_code);
void add_report(CLI::App& app, int& exit_code);
void add_run(CLI::App& app, int& exit_code);
void add_scenario(CLI::App& app, int& exit_code);
void add_schemas(CLI::App& app, int& exit_code);
void add_sequence(CLI::App& app, int& exit_code);
void add_serve(CLI::App& app, int& exit_code);
void add_spec(CLI::App& app, int& exit_code);
void add_swarm(CLI::App& app, int& exit_code);
void add_sweep(CLI::App& app, int& exit_code);
void add_tornado(CLI::App& app, int& exit_code);
void add_validate(CLI::App& app, int& exit_code);

}  // namespace lmsim::cli
