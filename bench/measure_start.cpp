#include "bench/folder.hpp"
#include "bench/parts.hpp"
#include "bench/run_program.hpp"

namespace lmsim::bench {

void measure_start(Rows& rows, bool quick) {
    const Folder folder;
    std::vector<double> first;
    std::vector<double> whole;
    std::vector<double> bare;
    std::vector<double> ratios;
    for (int round = 0; round < (quick ? 3 : 31); ++round) {
        const auto run = [&](const char* name) {
            return std::vector<std::string>{"run", LMSIM_BENCH_FOLDER "/nothing.toml", "--out",
                                            folder.path + name + std::to_string(round)};
        };
        bare.push_back(run_lmsim({"--version"}).wall_ms);
        first.push_back(run_lmsim(run("/marked"), LMSIM_FIRST_EVENT).first_event_ms);
        whole.push_back(run_lmsim(run("/whole")).wall_ms);
        ratios.push_back(first.back() / bare.back());
    }
    Row row = compared({"start of lmsim run to its first event",
                        median(first),
                        "ms",
                        median(first) / median(ratios),
                        "lmsim --version, to its end",
                        {Aim::Of::Value, 20, 5}});
    row.less_is_better = true;
    rows.push_back(std::move(row));
    Row all{"the whole of a run that does nothing", median(whole), "ms", 50};
    all.less_is_better = true;
    rows.push_back(std::move(all));
}

}  // namespace lmsim::bench
