#include <string>

#include "bench/folder.hpp"
#include "bench/parts.hpp"
#include "bench/run_program.hpp"

namespace lmsim::bench {

namespace {

constexpr double limit_ms = 5000;

}  // namespace

void measure_large_run(Rows& rows, bool quick) {
    const Folder folder;
    const std::string run = folder.path + "/run";
    // The quickstart with so much time before the migration that there are 10^6 commands.
    run_lmsim({"run", LMSIM_SOURCE_FOLDER "/scenarios/quickstart.toml", "--set",
               quick ? "run.warm_up=50ms" : "run.warm_up=2600ms", "--out", run});
    const auto measure = [&](const char* name, const std::vector<std::string>& arguments) {
        std::vector<double> spent;
        for (int round = 0; round < (quick ? 1 : 3); ++round) {
            spent.push_back(run_lmsim(arguments).wall_ms);
        }
        Row row{name, median(spent), "ms", limit_ms};
        row.less_is_better = true;
        rows.push_back(std::move(row));
    };
    measure("sequence --fold of 10^6 commands", {"sequence", run, "--fold", "--from", "run", "--to",
                                                 "run", "--out", folder.path + "/chart.svg"});
    measure("report of 10^6 commands", {"report", run});
}

}  // namespace lmsim::bench
