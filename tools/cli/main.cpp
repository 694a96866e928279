#include <cstdio>
#include <cstdlib>
#include <new>
#include <system_error>

#include "sim/core/version.hpp"
#include "tools/cli/verbs.hpp"

// libsystemc brings a main of its own unless the program has one, and then still asks for this.
extern "C" int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) {
    using namespace lmsim::cli;
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    int exit_code = Ok;
    CLI::App app("lmsim: simulates NVMe SR-IOV live migration", "lmsim");
    app.set_version_flag("--version", std::string("lmsim ") + lmsim::version);
    app.require_subcommand(1);
    add_check(app, exit_code);
    add_compare(app, exit_code);
    add_conform(app, exit_code);
    add_decode(app, exit_code);
    add_diagram(app, exit_code);
    add_drive(app, exit_code);
    add_explore(app, exit_code);
    add_export(app, exit_code);
    add_hw(app, exit_code);
    add_relay(app, exit_code);
    add_report(app, exit_code);
    add_run(app, exit_code);
    add_scenario(app, exit_code);
    add_sequence(app, exit_code);
    add_serve(app, exit_code);
    add_spec(app, exit_code);
    add_swarm(app, exit_code);
    add_sweep(app, exit_code);
    add_tornado(app, exit_code);
    add_validate(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? Ok : Usage;
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr,
                     "lmsim: there is not enough memory for this; each VM takes 4 bytes for each "
                     "4 KiB of vm.ram on either host: expected less of it, or fewer VMs "
                     "(vms.count)\n");
        return Environment;
    } catch (const std::system_error& error) {  // of fmt::print
        std::fprintf(stderr, "lmsim: the standard output: %s\n", error.what());
        return Usage;
    }
    if (std::fflush(stdout) != 0) {
        std::fprintf(stderr, "lmsim: the standard output cannot be written\n");
        return Usage;
    }
    return exit_code;
}
