#include "viz/sequence/chart/fold.hpp"

#include "tests/catch.hpp"
#include "tests/viz/sequence/chart/story.hpp"

using namespace lmsim;
using namespace lmsim::viz::seq;
using namespace lmsim::viz::seq::test;

TEST_CASE("repeated exchanges become one, with how often and how long", "[sequence]") {
    SequenceChart chart = story();
    const std::size_t before = chart.items.size();
    fold(chart);
    CHECK(chart.items.size() == before - 2);
    REQUIRE(chart.loops.size() == 1);
    const ChartLoop& loop = chart.loops[0];
    CHECK(loop.items == 1);
    CHECK(loop.times == 3);
    CHECK(loop.text() == "x 3 in 2.80 ms, each min 800 us, median 801 us, max 802 us");
    const ChartItem& slice = chart.items[loop.first];
    CHECK(slice.label == "RamSendSlice");
    CHECK(slice.times == 3);
    CHECK(slice.bytes == 3U << 18U);
    CHECK(slice.answer_text() == "768 KiB, min 800 us, median 801 us, max 802 us");
}

TEST_CASE("a loop of several exchanges is one, and another answer ends it", "[sequence]") {
    ChartMaker maker({});
    for (Ps turn = 0; turn < 10; ++turn) {
        const Ps at = turn * 100 * us;
        call(maker, at, at + 10 * us, Side::Source, 0, "ReadDeviceBlock", "", turn == 7 ? 5 : 0,
             512);
        call(maker, at + 20 * us, at + 30 * us, Side::Source, 0, "SendDeviceBlock", "", 0, 512);
    }
    SequenceChart chart = maker.chart();
    fold(chart);
    // Seven turns, the failed one, and two more that begin with what follows the failed read.
    REQUIRE(chart.loops.size() == 2);
    CHECK(chart.loops[0].times == 7);
    CHECK(chart.loops[0].items == 2);
    CHECK(chart.loops[1].times == 2);
    std::uint64_t sum = 0;
    for (const ChartItem& item : chart.items) {
        sum += item.times;
    }
    CHECK(sum == 20);
}

TEST_CASE("what differs is not folded", "[sequence]") {
    ChartMaker maker({});
    for (const char* wanted : {"RUNNING_P2P", "STOP", "STOP_COPY"}) {
        call(maker, 1 * us, 2 * us, Side::Source, 0, "SetDeviceState", wanted);
    }
    SequenceChart chart = maker.chart();
    fold(chart);
    CHECK(chart.loops.empty());
    CHECK(chart.items.size() == 3);
}

TEST_CASE("a call on one device after the other names the devices", "[sequence]") {
    ChartMaker maker({});
    for (Device vf = 0; vf < 4; ++vf) {
        call(maker, vf * us, vf * us + 1'000, Side::Source, vf, "QueryStopCopySize");
    }
    SequenceChart chart = maker.chart();
    fold(chart);
    REQUIRE(chart.items.size() == 1);
    CHECK(chart.items[0].call_text() == "QueryStopCopySize, VF 0 to 3");
}

TEST_CASE("a hundred thousand items are folded at once", "[sequence]") {
    ChartMaker maker({});
    for (Ps turn = 0; turn < 100'000; ++turn) {
        call(maker, turn * us, turn * us + 1, Side::Source, 0, "ReadDeviceBlock");
    }
    SequenceChart chart = maker.chart();
    fold(chart);
    CHECK(chart.items.size() == 1);
    CHECK(chart.items[0].times == 100'000);
}
