#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace lmsim::cli {

/// A manual page: its file's name ("lmsim-run.1"), and its text as roff for man(7).
struct ManPage {
    std::string file;
    std::string text;
};

/// lmsim.1, or that of one of its verbs with all that is below it.
ManPage man_page(CLI::App& app);
ManPage man_page(CLI::App& app, CLI::App& verb);

/// lmsim.1 and a page for each verb.
std::vector<ManPage> man_pages(CLI::App& app);

}  // namespace lmsim::cli
