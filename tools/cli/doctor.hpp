#pragma once

#include <CLI/CLI.hpp>

namespace lmsim::cli {

/// What this machine can do with lmsim: tools/system.
void add_doctor(CLI::App& app, int& exit_code);

}  // namespace lmsim::cli
