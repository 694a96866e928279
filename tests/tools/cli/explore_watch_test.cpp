#include "tools/cli/explore_watch.hpp"

#include "tests/catch.hpp"
#include "tests/sim/metrics/pipe.hpp"

using namespace lmsim;
using cli::ExploreWatch;
using explore::SearchProgress;
using sim::metrics::LiveLine;

namespace {

std::int64_t search_ns = 0;
std::int64_t search_clock() { return search_ns; }

sim::RecordedCounts recorded(std::uint64_t states, const char* verdict = "holds") {
    return {"m", verdict, states, 0, 0};
}

}  // namespace

TEST_CASE("a watched search says what share of the recorded states it has", "[watch]") {
    const tests::Pipe pipe;
    search_ns = 0;
    LiveLine line(pipe.ends[1], false, true, search_clock);
    ExploreWatch watch(line, 1, "model");
    watch.next("m", recorded(8'000'000));
    search_ns = 10'000'000'000;
    CHECK(watch.tell({2'500'000, 2'000'000, 9'000'000, 34, 1 << 30}));
    CHECK(pipe.text() ==
          "m, 25 %, about 30 s to go, 2 500 000 states, 200 k states/s, depth 34, 1.00 GiB, "
          "9 000 000 transitions\n");
    // More than is recorded: that is no help any more.
    search_ns = 20'000'000'000;
    watch.tell({8'000'001, 4'000'000, 9'000'000, 35, 1 << 30});
    CHECK(pipe.text() ==
          "m, 8 000 001 states, 200 k states/s, depth 35, 1.00 GiB, 9 000 000 transitions\n");
    watch.searched(9'000'000);
    search_ns = 30'000'000'000;
    watch.liveness();
    search_ns = 40'000'000'000;
    watch.tell({1000, 1000, 5000, 0, 1 << 20});
    CHECK(pipe.text() == "m, liveness, 1 000 states, 100 states/s, 1.00 MiB, 5 000 transitions\n");
    search_ns = 45'000'000'000;
    watch.end();
    CHECK(pipe.text() == "m, liveness, over after 45 s, 9 000 000 states, 200 k states/s\n");
}

TEST_CASE("a watched search of several models says which one it is at", "[watch]") {
    const tests::Pipe pipe;
    search_ns = 0;
    LiveLine line(pipe.ends[1], false, true, search_clock);
    ExploreWatch watch(line, 3, "model");
    watch.next("a", recorded(1000));
    watch.searched(1000);
    search_ns = 10'000'000'000;
    watch.next("b", recorded(100, "partial"));
    CHECK(pipe.text() == "b (model 2 of 3)\n");
    search_ns = 20'000'000'000;
    watch.tell({60, 50, 70, 2, 4096});
    CHECK(pipe.text() ==
          "b (model 2 of 3), 60 states, 5.00 states/s, depth 2, 4.00 KiB, 70 transitions\n");
    watch.searched(3000);
    watch.next("c", recorded(200));
    search_ns = 30'000'000'000;
    watch.tell({150, 100, 70, 2, 4096});
    CHECK(pipe.text() ==
          "c (model 3 of 3), 50 %, about 10 s to go with it, 150 states, 10.0 states/s, depth 2, "
          "4.00 KiB, 70 transitions\n");
    watch.searched(200);
    search_ns = 42'000'000'000;
    watch.end();
    CHECK(pipe.text() == "3 of 3 models, over after 42 s, 4 200 states, 100 states/s\n");
}
