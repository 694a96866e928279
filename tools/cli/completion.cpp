#include <fmt/format.h>

#include <memory>

#include "tools/cli/complete.hpp"
#include "tools/cli/completion_scripts.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

void add_completion(CLI::App& app, int& exit_code) {
    static_cast<void>(exit_code);
    CLI::App* verb = app.add_subcommand(
        "completion", "Print what makes a shell complete lmsim's command line (docs/install.md)");
    verb->require_subcommand(1);
    for (const CompletionScript& script : completion_scripts()) {
        verb->add_subcommand(script.shell, fmt::format("Print the script for {}", script.shell))
            ->callback([&script] { fmt::print("{}", script.text); });
    }
    const auto words = std::make_shared<std::vector<std::string>>();
    CLI::App* next = verb->add_subcommand(
        "next", "Print what may come next on a command line: the scripts ask this");
    next->add_option("WORD", *words,
                     "the words after lmsim, behind a \"--\"; the last of them, which may be "
                     "empty, is begun and not complete");
    next->callback([&app, words] { fmt::print("{}", completion_text(complete(app, *words))); });
}

}  // namespace lmsim::cli
