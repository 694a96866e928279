#pragma once

#include <string>
#include <vector>

#include "tools/cli/option_values.hpp"

namespace lmsim::cli {

/// What may stand in the place of the last of `words`, which begin after the program's name: what
/// begins as that word does. The last word may be empty. `files` and `folders` ask for paths that
/// begin so; then `before` is the part of the word that stands before the path ("--out=").
struct Completion {
    OptionValues values;
    std::string before;
};
Completion complete(CLI::App& app, const std::vector<std::string>& words);

/// As the scripts of the shells read it: lines "WORD<tab>NOTE", then a line "<tab>files" or
/// "<tab>folders" if there are to be paths.
std::string completion_text(const Completion& completion);

}  // namespace lmsim::cli
