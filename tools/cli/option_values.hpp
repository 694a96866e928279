#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace lmsim::cli {

/// A word that may stand somewhere, and what it means.
struct Candidate {
    std::string word;
    std::string note = {};
};

/// What an option or a positional takes.
struct OptionValues {
    bool files = false;
    bool folders = false;
    std::vector<Candidate> words = {};  // the values that have names
};

/// What it is called in --help and in man pages: "FILE", "SCENARIO"; "" if it takes nothing.
std::string value_name(CLI::Option& option);

/// The values that its declaration admits, if it is one of a few: CLI::IsMember, and
/// CLI::CheckedTransformer.
std::vector<std::string> choices_of(CLI::Option& option);

/// "1 to 1024", if its declaration says so: CLI::Range.
std::string range_of(CLI::Option& option);

/// Out of its choices, or by what its value is called.
OptionValues values_of(CLI::Option& option);

/// Whether a value of that name is known to values_of(): a test asks it for all there are, so that
/// a new one is thought about.
bool is_known_value(const std::string& name);

}  // namespace lmsim::cli
