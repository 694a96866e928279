#include <cstdio>
#include <cstdlib>
#include <new>
#include <system_error>

#include "tools/cli/command_line.hpp"
#include "tools/cli/exit_code.hpp"

// libsystemc brings a main of its own unless the program has one, and then still asks for this.
extern "C" int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) {
    using namespace lmsim::cli;
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    int exit_code = Ok;
    CLI::App app("lmsim: simulates NVMe SR-IOV live migration", "lmsim");
    declare_command_line(app, exit_code);
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
