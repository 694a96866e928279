#include "viz/report/series.hpp"

#include <algorithm>

#include "tests/catch.hpp"

using namespace lmsim;
using viz::GuestBin;
using viz::GuestSeries;
using viz::LatencyCounts;
using viz::Load;

namespace {

constexpr sim::Ps us = 1'000'000;
constexpr sim::Ps ms = 1000 * us;

GuestBin all_of(const GuestSeries& series) {
    GuestBin sum;
    for (const GuestBin& bin : series.bins()) viz::put_together(sum, bin);
    return sum;
}

}  // namespace

TEST_CASE("a series of the guest's I/O keeps its sums and its extremes however long it gets") {
    GuestSeries series(64, us);
    for (int i = 0; i < 1'000'000; ++i) {
        series.add(i * us, 4096, i == 765'432 ? 5 * ms : i == 12'345 ? 3 : 80 * us);
    }
    CHECK(series.bins().size() <= 64);
    const GuestBin all = all_of(series);
    CHECK(all.commands == 1'000'000);
    CHECK(all.bytes == 4'096'000'000);
    CHECK(all.most == 5 * ms);
    CHECK(all.least == 3);
    CHECK(all.sum == sim::Uint128{999'998} * (80 * us) + 5 * ms + 3);
    // The slow one is where it was.
    const auto slow = static_cast<std::size_t>(765'432 * us / series.width());
    CHECK(series.bins()[slow].most == 5 * ms);
}

TEST_CASE("bins of a series without commands say nothing of latency") {
    GuestSeries series(8, us);
    series.add(6 * us, 512, 7);
    REQUIRE(series.bins().size() == 7);
    CHECK(series.bins()[5].commands == 0);
    series.add(9 * us, 512, 5);
    REQUIRE(series.width() == 2 * us);
    REQUIRE(series.bins().size() == 5);
    CHECK(series.bins()[3].least == 7);
    CHECK(series.bins()[4].most == 5);
}

TEST_CASE("how many commands are under way goes up and down with them") {
    const auto loads = viz::occupancy({{10, 30}, {20, 30}, {40, -1}}, 100);
    REQUIRE(loads.size() == 5);
    CHECK((loads[0].at == 0 && loads[0].count == 0));
    CHECK((loads[1].at == 10 && loads[1].count == 1));
    CHECK((loads[2].at == 20 && loads[2].count == 2));
    CHECK((loads[3].at == 30 && loads[3].count == 0));
    CHECK((loads[4].at == 40 && loads[4].count == 1));
}

TEST_CASE("of many steps the least and the greatest are kept") {
    std::vector<std::pair<sim::Ps, sim::Ps>> intervals;
    for (sim::Ps i = 0; i < 10'000; ++i) intervals.emplace_back(i * 10, i * 10 + 5);
    for (int i = 0; i < 7; ++i) intervals.emplace_back(50'001, 50'002);
    const auto loads = viz::occupancy(intervals, 100);
    CHECK(loads.size() <= 100);
    CHECK(std::is_sorted(loads.begin(), loads.end(),
                         [](const Load& a, const Load& b) { return a.at < b.at; }));
    const auto most = std::max_element(
        loads.begin(), loads.end(), [](const Load& a, const Load& b) { return a.count < b.count; });
    CHECK(most->count == 8);
    CHECK(most->at == 50'001);
}

TEST_CASE("latencies are counted in buckets that hold them and touch one another") {
    LatencyCounts counts;
    for (const sim::Ps latency : {sim::Ps{0}, sim::Ps{1}, 80 * us, 81 * us, 5 * ms, 5 * ms + 1}) {
        counts.add(latency);
    }
    CHECK(counts.count() == 6);
    sim::Ps end = 0;
    for (const auto& bucket : counts.buckets()) {
        CHECK(bucket.from >= end);
        CHECK(bucket.to - bucket.from <= std::max<sim::Ps>(bucket.from / 16, 1));
        end = bucket.to;
    }
    const auto buckets = counts.buckets();
    CHECK((buckets.back().from <= 5 * ms && 5 * ms + 1 < buckets.back().to));
    CHECK(buckets.back().count == 2);
}
