#include "tools/runs/sweep_table.hpp"

#include "tests/catch.hpp"

using lmsim::runs::span_text;
using lmsim::runs::SweepTable;

namespace {

/// Two points, one of them with three seeds, the other's run has no result.
const char* const three_and_none =
    "point,channel.bandwidth,vm.ram,seed,status,error,downtime_ps,total_time_ps\n"
    "0,5Gbit/s,4GiB,1,ok,,3000000,9000000\n"
    "1,5Gbit/s,4GiB,2,ok,,1000000,8000000\n"
    "2,5Gbit/s,4GiB,3,unexpected,,2000000,7000000\n"
    "3,\"10Gbit/s\",4GiB,1,error,\"line 3: \"\"no\"\", twice\",,\n";

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
    CHECK(span_text({}, false).empty());
    CHECK(span_text({{"a", 1000000}}, false).empty());
    CHECK(span_text({{"a", 1000000}, {"b", 1000000}}, false) ==
          "The guest stood still for 1.00 us everywhere.");
    CHECK(span_text({{"a", 2000000}, {"b", 1000000}}, true) ==
          "The guest stood still for 1.00 us at best (b), for 2.00 us at worst (a), the median "
          "over the seeds.");
}

TEST_CASE("a key is shortened unless another one ends the same way", "[runs][report]") {
    const std::vector<std::string> keys{"hosts.source.device.vfs", "hosts.destination.device.vfs",
                                        "vm.ram", "name"};
    CHECK(lmsim::runs::short_key(keys[0], keys) == keys[0]);
    CHECK(lmsim::runs::short_key(keys[2], keys) == "ram");
    CHECK(lmsim::runs::short_key(keys[3], keys) == "name");
}

TEST_CASE("what is no table of a sweep is told from one", "[runs][report][bad]") {
    for (const char* text : {"", "\n", "a,b\n1,2\n", "point,seed\n0,1\n", "point,x,seed\n0,1\n"}) {
        INFO(text);
        CHECK_FALSE(SweepTable(text).whole());
    }
    CHECK(SweepTable("point,x,seed,status\n").whole());
}
