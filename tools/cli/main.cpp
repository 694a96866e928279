#include <cstdio>

#include "tools/cli/verbs.hpp"

// libsystemc brings a main of its own unless the program has one, and then still asks for this.
extern "C" int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) {
    using namespace lmsim::cli;
    int exit_code = Ok;
    CLI::App app("lmsim: simulates NVMe SR-IOV live migration", "lmsim");
    app.set_version_flag("--version", "lmsim 0.1.0");
    app.require_subcommand(1);
    add_scenario(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? Ok : Usage;
    }
    return exit_code;
}
