#include "model/host/media/forecast.hpp"

#include <cmath>

#include "tests/catch.hpp"

using namespace lmsim::host::media;

namespace {

constexpr std::int64_t second = 1'000'000'000'000;
constexpr std::int64_t us = 1'000'000;

/// 10 TB at 280 MB/s, 2000 random writes of 4 KiB a second.
Plan ten_terabytes() {
    Plan plan;
    plan.granule_bytes = 4096;
    plan.granules = 10'000'000'000'000 / 4096;
    plan.allocated = {{0, plan.granules}};
    Writer writer;
    writer.granules = plan.granules;
    writer.milli_per_s = 2'000'000;
    plan.writers = {writer};
    plan.bytes_per_s = 280'000'000;
    plan.limits.start_ram_ps = second;
    plan.limits.last_round_ps = second / 50;
    plan.limits.max_time_ps = 100'000 * second;
    plan.limits.max_rounds = 100;
    plan.queue.entries = 4096;
    plan.queue.batch = 512;
    plan.queue.entry_ps = us / 10;
    plan.queue.notice_ps = 3 * us;
    plan.queue.move_ps = 70 * us;
    plan.entries_milli_per_s = {2'000'000};
    return plan;
}

}  // namespace

TEST_CASE("a forecast of 10 TB: rounds fall like a geometric series", "[media]") {
    const Plan plan = ten_terabytes();
    const Forecast result = forecast(plan);
    CHECK(result.verdict == Verdict::Converges);
    REQUIRE(result.rounds.size() == 3);
    // While S bytes are copied in S/B, w writes of g bytes leave almost w g S/B, for nearly none is
    // hit twice. In the first copy half of them come before their granule is read.
    const double ratio = 2000.0 * 4096 / 280e6;
    CHECK(static_cast<double>(result.rounds[1].bytes) == Approx(10e12 * ratio / 2).epsilon(0.02));
    CHECK(static_cast<double>(result.rounds[2].bytes) ==
          Approx(static_cast<double>(result.rounds[1].bytes) * ratio).epsilon(0.01));
    CHECK(static_cast<double>(result.time_ps) / second == Approx(36'247).epsilon(0.001));
    CHECK(result.left_ps <= second);
    CHECK(result.dirty_bytes_per_s == 2000 * 4096);
    CHECK(static_cast<double>(result.entries) == Approx(2000 * 36'247.0).epsilon(0.001));
    CHECK(result.queue.peak == 513);
    CHECK(result.queue.margin_ppm() == (4095 - 513) * 1'000'000ULL / 4095);
}

TEST_CASE("a guest that changes more than is copied never lets it end", "[media]") {
    Plan plan = ten_terabytes();
    plan.bytes_per_s = 4'000'000;
    plan.granules /= 1000;
    plan.allocated = {{0, plan.granules}};
    plan.writers[0].granules = plan.granules;
    plan.limits.max_rounds = 10;
    const Forecast result = forecast(plan);
    CHECK(result.verdict == Verdict::TooSlow);
    CHECK(result.rounds.size() == 10);
    CHECK(result.left_ps > second);
}

TEST_CASE("a queue that is emptied more slowly than it fills has a gap", "[media]") {
    Plan plan = ten_terabytes();
    plan.queue.entry_ps = 600 * us;  // 1666 a second
    const Forecast result = forecast(plan);
    CHECK(result.verdict == Verdict::QueueFull);
    CHECK(result.queue.peak == 4095);
    // 4095 slots at 2000 a second: a host that never catches up gives none back.
    CHECK(static_cast<double>(result.queue.full_after_ps) / second == Approx(2.0475).epsilon(0.01));
    CHECK(forecast_queue(plan.queue, 1'666'666, 1'666'666).full_after_ps != 0);
    // A host with little to spare needs a long queue: at most 512 / (1 - 1400 / 1666.7) = 3200; the
    // last look takes less than 32 at once.
    const QueueForecast tight = forecast_queue(plan.queue, 1'400'000, 1'400'000);
    CHECK(tight.peak > 3200 - 32 / 0.16);
    CHECK(tight.peak <= 3200);
    CHECK(tight.full_after_ps == 0);
    CHECK(forecast_queue(plan.queue, 1'550'000, 1'550'000).full_after_ps != 0);
    // Others' entries keep it from catching up as well: 512 / (1 - 700 / (1666.7 - 700)).
    const QueueForecast one_of_two = forecast_queue(plan.queue, 700'000, 1'400'000);
    CHECK(one_of_two.peak > 1856 - 32 / 0.275);
    CHECK(one_of_two.peak <= 1856);
}

TEST_CASE("a queue's peak is a batch and what comes until the host has caught up", "[media]") {
    QueuePlan plan;
    plan.entries = 1000;
    plan.batch = 100;
    plan.entry_ps = us;
    plan.notice_ps = 10 * us;
    plan.move_ps = 90 * us;
    // 1 until the host looks, 9 until its last look, 9 until the head has moved.
    CHECK(forecast_queue(plan, 100'000'000, 100'000'000).peak == 119);
    CHECK(forecast_queue(plan, 0, 0).peak == 0);
    plan.entries = 120;
    CHECK(forecast_queue(plan, 100'000'000, 100'000'000).full_after_ps != 0);
    plan.entries = 121;
    CHECK(forecast_queue(plan, 100'000'000, 100'000'000).full_after_ps == 0);
    plan.poll_ps = 1000 * us;
    CHECK(forecast_queue(plan, 100'000'000, 100'000'000).full_after_ps != 0);
}

TEST_CASE("a mirror needs one pass, and no log", "[media]") {
    Plan plan = ten_terabytes();
    plan.logs = false;
    const Forecast result = forecast(plan);
    CHECK(result.verdict == Verdict::Converges);
    CHECK(result.rounds.size() == 1);
    CHECK(result.queue.slots == 0);
    CHECK(result.left_bytes == 0);
}

TEST_CASE("only what is allocated is copied", "[media]") {
    Plan plan = ten_terabytes();
    plan.allocated = {{0, plan.granules / 4}};
    const Forecast result = forecast(plan);
    CHECK(result.rounds[0].bytes == plan.granules / 4 * 4096);
}
