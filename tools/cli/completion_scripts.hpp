#pragma once

#include <string>
#include <vector>

namespace lmsim::cli {

/// What a shell reads: tools/cli/completion/lmsim.SHELL.
struct CompletionScript {
    std::string shell;
    std::string text;
};
const std::vector<CompletionScript>& completion_scripts();

}  // namespace lmsim::cli
