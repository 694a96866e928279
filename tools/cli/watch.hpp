#pragma once

namespace CLI {
class App;
}

namespace lmsim::cli {

/// Adds --watch: sim::metrics::LiveLine.
void add_watch_option(CLI::App& verb, bool& watch);

}  // namespace lmsim::cli
