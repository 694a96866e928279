#include "sim/metrics/series.hpp"

#include "tests/catch.hpp"

using lmsim::sim::Ps;
using lmsim::sim::metrics::Series;

TEST_CASE("a command counts in the bin of its time, at the edges too") {
    Series series(100, 10, 4);
    series.add(100, 1, 5);
    series.add(109, 2, 9);
    series.add(110, 4, 7);
    REQUIRE(series.bins().size() == 2);
    CHECK(series.bins()[0].commands == 2);
    CHECK(series.bins()[0].bytes == 3);
    CHECK(series.bins()[0].max_latency == 9);
    CHECK(series.bins()[1].bytes == 4);
    CHECK(series.width() == 10);
}

TEST_CASE("the last instant that fits, and one later: half the resolution") {
    Series series(0, 10, 4);
    for (const Ps at : {0, 10, 20, 39}) series.add(at, 1, at);
    CHECK(series.width() == 10);
    CHECK(series.bins().size() == 4);
    series.add(40, 1, 1);
    CHECK(series.width() == 20);
    REQUIRE(series.bins().size() == 3);
    CHECK(series.bins()[0].commands == 2);
    CHECK(series.bins()[1].max_latency == 39);
    CHECK(series.bins()[2].commands == 1);
}

TEST_CASE("however long the run, memory is flat and nothing is lost") {
    Series series(0, 1, 64);
    std::uint64_t added = 0;
    for (Ps at = 0; at < Ps{1} << 40; at += at / 3 + 1) {
        series.add(at, 3, at);
        ++added;
    }
    CHECK(series.bins().size() <= 64);
    CHECK(series.bins().capacity() == 64);
    std::uint64_t commands = 0;
    for (const Series::Bin& bin : series.bins()) commands += bin.commands;
    CHECK(commands == added);
}

TEST_CASE("a time before the last one finds its bin") {
    Series series(0, 10, 8);
    series.add(55, 1, 1);
    series.add(5, 1, 1);
    CHECK(series.bins()[0].commands == 1);
    CHECK(series.bins()[5].commands == 1);
}
