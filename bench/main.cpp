#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench/rows.hpp"

extern "C" int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) {
    using namespace lmsim::bench;
    std::string file = "out/bench.json";
    std::string only;
    bool quick = false;
    CLI::App app("Measures lmsim against plain C++: a table, and rows in a JSON file", "bench");
    app.add_option("FILE", file, "where the rows go")->capture_default_str();
    app.add_option("--only", only, "one part")
        ->check(CLI::IsMember({"command-path", "invariants", "logging", "traces", "large-run",
                               "event-queue", "start", "memory", "explore", "hybrid", "media",
                               "vfio-user"}));
    app.add_flag("--quick", quick, "only shows that it works: the figures mean little");
    CLI11_PARSE(app, argc, argv);

    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    Rows rows;
    const auto part = [&](const char* name, auto&& measure) {
        if (only.empty() || only == name) {
            measure(rows, quick);
        }
    };
    part("command-path", measure_command_path);
    part("invariants", measure_invariants);
    part("logging", measure_logging);
    part("traces", measure_traces);
    part("large-run", measure_large_run);
    part("event-queue", measure_event_queue);
    part("start", measure_start);
    part("memory", measure_memory);
    part("explore", measure_explore);
    part("hybrid", measure_hybrid);
    part("media", measure_media);
    part("vfio-user", measure_vfio_user);

    std::fputs(markdown(rows).c_str(), stdout);
    const auto folder = std::filesystem::path(file).parent_path();
    std::error_code error;
    if (!folder.empty()) {
        std::filesystem::create_directories(folder, error);
    }
    if (!write_json(rows, file)) {
        std::fprintf(stderr, "%s: cannot be written\n", file.c_str());
        return 4;
    }
    return 0;
}
