#include "tools/cli/completion_scripts.hpp"

namespace lmsim::cli {

const std::vector<CompletionScript>& completion_scripts() {
    static const std::vector<CompletionScript> scripts = {
        {
            "bash",
#include "tools/cli/completion_bash.inc"
        },
        {
            "zsh",
#include "tools/cli/completion_zsh.inc"
        },
        {
            "fish",
#include "tools/cli/completion_fish.inc"
        },
    };
    return scripts;
}

}  // namespace lmsim::cli
