#include "bench/rows.hpp"

namespace lmsim::bench {

namespace {

constexpr double limit_ms = 50;

}  // namespace

void measure_start(Rows& rows, bool quick) {
    std::vector<double> spent;
    for (int round = 0; round < (quick ? 3 : 31); ++round) {
        spent.push_back(run_program({"run", LMSIM_NOTHING_SCENARIO}));
    }
    rows.push_back({"a run that does nothing, limit as baseline", median(spent), "ms", limit_ms});
}

}  // namespace lmsim::bench
