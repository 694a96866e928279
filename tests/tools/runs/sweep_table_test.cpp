#include "tools/runs/sweep_table.hpp"

#include "tests/catch.hpp"

using lmsim::runs::span_text;
using lmsim::runs::SweepTable;

namespace {

/// Two points, one of them with three seeds, the other's run has no result.
const char* const three_and_none =
    "point,channel.bandwidth,vm.ram,seed,status,error,outcome,downtime_ps,total_time_ps\n"
    "0,5Gbit/s,4GiB,1,ok,,completed,3000000,9000000\n"
    "1,5Gbit/s,4GiB,2,ok,,completed,1000000,8000000\n"
    "2,5Gbit/s,4GiB,3,unexpected,,completed,2000000,7000000\n"
    "3,\"10Gbit/s\",4GiB,1,error,\"line 3: \"\"no\"\", twice\",,,\n";

}  // namespace

TEST_CASE("the table of a sweep knows its axes, points and ends", "[runs][report]") {
    const SweepTable table(three_and_none);
    REQUIRE(table.whole());
    CHECK(table.several_seeds());
    const SweepTable::Json axes = table.axes();
    REQUIRE(axes.size() == 2);
    CHECK(axes[0]["key"] == "channel.bandwidth");
    CHECK(axes[0]["values"][1]["text"] == "10Gbit/s");
    CHECK(axes[0]["values"][1]["number"] == 1e10);
    const SweepTable::Json points = table.points();
    REQUIRE(points.size() == 2);
    CHECK(points[0]["runs"] == 3);
    CHECK(points[0]["ok"] == 2);
    CHECK(points[0]["stats"]["downtime_ps"] ==
          SweepTable::Json({1000000, 1000000, 2000000, 3000000, 3000000}));
    CHECK(points[1]["stats"].empty());
    CHECK(table.summary()["errors"] == 1);
    CHECK(table.summary()["failed"][0]["error"] == "line 3: \"no\", twice");
}

TEST_CASE("the table of a sweep as Markdown has a line for each point", "[runs][report]") {
    CHECK(SweepTable(three_and_none).markdown() ==
          "| channel.bandwidth | vm.ram | runs | ok | downtime | p10 | p90 | total time |\n"
          "|---|---|---:|---:|---:|---:|---:|---:|\n"
          "| 5Gbit/s | 4GiB | 3 | 2 | 2.00 us | 1.00 us | 3.00 us | 8.00 us |\n"
          "| 10Gbit/s | 4GiB | 1 | 0 | - | - | - | - |\n");
}

TEST_CASE("a sweep in a sentence: the best and the worst", "[runs][report]") {
    CHECK(span_text({}, 0, false).empty());
    CHECK(span_text({{"a", 1000000}}, 0, false).empty());
    CHECK(span_text({{"a", 1000000}, {"b", 1000000}}, 0, false) ==
          "The guest stood still for 1.00 us everywhere.");
    CHECK(span_text({{"a", 2000000}, {"b", 1000000}}, 1, true) ==
          "The guest stood still for 1.00 us at best (b), for 2.00 us at worst (a), the median "
          "over the seeds; of 1 no migration completed.");
}

TEST_CASE("a migration that did not complete is not the best of a sweep", "[runs][report]") {
    const SweepTable table(
        "point,vm.ram,seed,status,error,outcome,downtime_ps\n"
        "0,1GiB,1,ok,,not-converged,0\n1,2GiB,1,ok,,completed,5000000\n"
        "2,,1,ok,,completed,7000000\n");
    REQUIRE(table.whole());
    const SweepTable::Json points = table.points();
    CHECK(points[0]["completed"] == 0);
    CHECK(points[0]["stats"].count("downtime_ps") == 0);
    CHECK(table.headline() ==
          "The guest stood still for 5.00 us at best (ram 2GiB), for 7.00 us at worst (ram "
          "(empty)); of 1 no migration completed.");
}

TEST_CASE("a sweep that varies nothing but its seed has one point", "[runs][report]") {
    const SweepTable table(
        "point,seed,status,error,outcome,downtime_ps\n"
        "0,1,ok,,completed,5000000\n1,2,ok,,completed,7000000\n");
    REQUIRE(table.whole());
    CHECK(table.axes().empty());
    CHECK(table.points().size() == 1);
    CHECK(table.points()[0]["runs"] == 2);
    CHECK(table.headline().empty());
}

TEST_CASE("a key is shortened unless another one ends the same way", "[runs][report]") {
    const std::vector<std::string> keys{"hosts.source.device.vfs", "hosts.destination.device.vfs",
                                        "vm.ram", "name"};
    CHECK(lmsim::runs::short_key(keys[0], keys) == keys[0]);
    CHECK(lmsim::runs::short_key(keys[2], keys) == "ram");
    CHECK(lmsim::runs::short_key(keys[3], keys) == "name");
}

TEST_CASE("what is no table of a sweep is told from one", "[runs][report][bad]") {
    for (const char* text : {"", "\n", "a,b\n1,2\n", "seed,a\n1,2\n", "point,x,seed\n0,1\n"}) {
        INFO(text);
        CHECK_FALSE(SweepTable(text).whole());
    }
    CHECK(SweepTable("point,x,seed,status,error\n").whole());
}
