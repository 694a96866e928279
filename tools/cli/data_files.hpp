#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace lmsim::cli {

/// The folder of what `cmake --install` puts beside the program: ../share/lmsim as seen from it.
/// Empty if there is none, as in a build tree.
std::string data_folder();

/// The path itself, unless nothing is there and it is a relative one that the installed data have:
/// `lmsim run scenarios/quickstart.toml` works anywhere. What stands here goes before.
std::string find_data(const std::string& path);

/// The option's values are paths for find_data().
void with_installed_data(CLI::Option& option);

}  // namespace lmsim::cli
