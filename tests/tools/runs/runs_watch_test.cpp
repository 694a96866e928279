#include "tools/runs/runs_watch.hpp"

#include "tests/catch.hpp"
#include "tests/sim/metrics/pipe.hpp"

using namespace lmsim;
using runs::RunsWatch;
using sim::metrics::LiveLine;

namespace {

std::int64_t runs_ns = 0;
std::int64_t runs_clock() { return runs_ns; }

}  // namespace

TEST_CASE("a watched sweep says how many runs are done, how, and when all will be", "[watch]") {
    const tests::Pipe pipe;
    runs_ns = 0;
    LiveLine line(pipe.ends[1], false, true, runs_clock);
    runs::Effort effort;
    effort.jobs = 4;
    effort.before = {3, 1, 0};
    RunsWatch watch(line, 6, effort);
    runs_ns = 10'000'000'000;
    watch.look();
    CHECK(pipe.text() == "4 of 10 runs done, 3 well, 1 not as expected, 4 at once\n");
    runs::Outcome well;
    runs::Outcome failed;
    failed.code = cli::Failed;
    runs::Outcome error;
    error.error = "the process of the run ended with signal 9 (Killed)";
    watch.ended(well);
    watch.ended(failed);
    watch.ended(error);
    runs_ns = 30'000'000'000;
    watch.look();
    CHECK(pipe.text() ==
          "7 of 10 runs done, about 30 s to go, 4 well, 2 not as expected, 1 without a result, 3 "
          "at once, 6.00 runs/min\n");
    watch.ended(well);
    runs_ns = 40'000'000'000;
    watch.end(true);
    CHECK(pipe.text() ==
          "8 of 10 runs done, interrupted after 40 s, 5 well, 2 not as expected, 1 without a "
          "result, 6.00 runs/min\n");
}

TEST_CASE("a watched sweep that has nothing left to do says so", "[watch]") {
    const tests::Pipe pipe;
    runs_ns = 0;
    LiveLine line(pipe.ends[1], false, true, runs_clock);
    runs::Effort effort;
    effort.before = {2, 0, 0};
    RunsWatch watch(line, 0, effort);
    watch.end(false);
    CHECK(pipe.text() == "2 of 2 runs done, over after 1 s, 2 well\n");
}
