#include "tools/cli/watch.hpp"

#include <CLI/CLI.hpp>

namespace lmsim::cli {

void add_watch_option(CLI::App& verb, bool& watch) {
    verb.add_flag("--watch", watch,
                  "say on standard error how far it is: on a terminal from the beginning, in a "
                  "file or a pipe a line every 10 s and one at the end");
}

}  // namespace lmsim::cli
