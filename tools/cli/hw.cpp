#include "tools/cli/hw_rig.hpp"
#include "tools/cli/interrupts.hpp"

namespace lmsim::cli {

void add_hw(CLI::App& app, int& exit_code) {
    CLI::App* verb = app.add_subcommand("hw", "Drive a real device over VFIO (docs/hardware.md)");
    verb->require_subcommand(1);
    add_hw_migrate(*verb, exit_code);
    add_hw_release(*verb, exit_code);
    add_hw_run(*verb, exit_code);
    add_hw_calibrate(*verb, exit_code);
    // After the verb's own: whatever was under way, these come first.
    verb->callback([&exit_code] {
        if (replay_differed() && exit_code == Ok) exit_code = Failed;
        if (not_given_back()) exit_code = Environment;
        if (was_interrupted()) exit_code = Interrupted;
    });
    add_hw_compare(*verb, exit_code);
    add_hw_conform(*verb, exit_code);
    add_hw_probe(*verb, exit_code);
}

}  // namespace lmsim::cli
