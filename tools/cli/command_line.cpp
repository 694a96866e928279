#include "tools/cli/command_line.hpp"

#include <string>

#include "sim/core/version.hpp"
#include "tools/cli/doctor.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

void declare_command_line(CLI::App& app, int& exit_code) {
    app.set_version_flag("--version", std::string("lmsim ") + lmsim::version);
    app.require_subcommand(1);
    add_check(app, exit_code);
    add_compare(app, exit_code);
    add_completion(app, exit_code);
    add_conform(app, exit_code);
    add_decode(app, exit_code);
    add_diagram(app, exit_code);
    add_doctor(app, exit_code);
    add_drive(app, exit_code);
    add_explore(app, exit_code);
    add_export(app, exit_code);
    add_hw(app, exit_code);
    add_relay(app, exit_code);
    add_report(app, exit_code);
    add_run(app, exit_code);
    add_scenario(app, exit_code);
    add_schemas(app, exit_code);
    add_sequence(app, exit_code);
    add_serve(app, exit_code);
    add_spec(app, exit_code);
    add_swarm(app, exit_code);
    add_sweep(app, exit_code);
    add_tornado(app, exit_code);
    add_validate(app, exit_code);
    add_man(app, exit_code);  // the last: it takes the name of any other
}

std::vector<CLI::App*> verbs_of(CLI::App& app) {
    // CLI11 takes groups of options for subcommands too; they have no name.
    return app.get_subcommands([](CLI::App* verb) { return !verb->get_name().empty(); });
}

std::vector<CLI::Option*> options_of(CLI::App& app) {
    return app.get_options([](CLI::Option* option) {
        return !option->get_positional() && !option->get_group().empty();
    });
}

std::vector<CLI::Option*> positionals_of(CLI::App& app) {
    return app.get_options([](CLI::Option* option) { return option->get_positional(); });
}

std::string path_of(const CLI::App& app) {
    const CLI::App* above = app.get_parent();
    return above == nullptr ? app.get_name() : path_of(*above) + " " + app.get_name();
}

}  // namespace lmsim::cli
