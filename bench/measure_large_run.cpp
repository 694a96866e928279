#include <cstdlib>
#include <filesystem>
#include <string>

#include "bench/rows.hpp"
#include "model/assert.hpp"

namespace lmsim::bench {

namespace {

constexpr double limit_ms = 5000;

}  // namespace

void measure_large_run(Rows& rows, bool quick) {
    std::string folder = (std::filesystem::temp_directory_path() / "lmsim-bench-XXXXXX").string();
    LMSIM_ASSERT(mkdtemp(folder.data()) != nullptr);
    const std::string run = folder + "/run";
    // The quickstart with so much time before the migration that there are 10^6 commands.
    run_program({"run", LMSIM_QUICKSTART_SCENARIO, "--set",
                 quick ? "run.warm_up=50ms" : "run.warm_up=2600ms", "--out", run});
    const auto measure = [&](const char* name, const std::vector<std::string>& arguments) {
        std::vector<double> spent;
        for (int round = 0; round < (quick ? 1 : 7); ++round) {
            spent.push_back(run_program(arguments));
        }
        rows.push_back({name, median(spent), "ms", limit_ms});
    };
    measure("sequence --fold of 10^6 commands, limit as baseline",
            {"sequence", run, "--fold", "--from", "run", "--to", "run", "--out",
             folder + "/chart.svg"});
    measure("report of 10^6 commands, limit as baseline", {"report", run});
    std::filesystem::remove_all(folder);
}

}  // namespace lmsim::bench
