#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

void add_hw(CLI::App& app, int& /*exit_code*/) {
    CLI::App* verb = app.add_subcommand("hw", "Drive a real device over VFIO (docs/hardware.md)");
    verb->require_subcommand(1);
}

}  // namespace lmsim::cli
