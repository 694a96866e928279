#include "sim/metrics/guest_meter.hpp"

#include "tests/catch.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::metrics;

namespace {

constexpr Ps us = 1'000'000;

}  // namespace

TEST_CASE("a command counts where it completes; the ramp counts nowhere") {
    GuestMeter meter;
    meter.submitted(0);
    meter.completed(1 * us, 0, 4096);
    meter.enter(10 * us, Window::Before);
    meter.submitted(10 * us);
    meter.submitted(12 * us);
    meter.completed(14 * us, 10 * us, 4096);
    meter.enter(20 * us, Window::During);
    meter.completed(25 * us, 12 * us, 512);
    meter.enter(30 * us, Window::After);
    meter.close(130 * us);
    const GuestResult result = meter.result();
    CHECK(result.before.commands == 1);
    CHECK(result.before.duration == 10 * us);
    CHECK(result.before.iops() == 100'000U);
    CHECK(result.before.bytes_per_s() == 409'600'000U);
    CHECK(result.before.max == 4 * us);
    CHECK(result.during.commands == 1);
    CHECK(result.during.bytes == 512);
    CHECK(result.during.p999 == 13 * us);
    CHECK(result.after.commands == 0);
    CHECK(result.after.iops() == 0U);
    CHECK(meter.completed() == 3);
    CHECK(meter.submitted() == 3);
}

TEST_CASE("a window without duration has no rates") {
    CHECK_FALSE(GuestWindow{}.iops());
    CHECK_FALSE(GuestWindow{}.bytes_per_s());
}

TEST_CASE("a gap is time without completions while there is I/O to do") {
    GuestMeter meter;
    meter.submitted(0);
    meter.completed(5 * us, 0, 0);
    SECTION("idle time is no gap") {
        meter.submitted(100 * us);
        meter.completed(103 * us, 100 * us, 0);
        CHECK(meter.longest_gap() == 5 * us);
    }
    SECTION("time with a command under way is") {
        meter.submitted(6 * us);
        meter.submitted(7 * us);
        meter.completed(9 * us, 7 * us, 0);
        meter.completed(50 * us, 6 * us, 0);
        CHECK(meter.longest_gap() == 41 * us);
    }
    SECTION("and so is time in which the guest stands still with I/O to do") {
        meter.waits(20 * us);
        meter.submitted(60 * us);
        meter.completed(62 * us, 60 * us, 0);
        CHECK(meter.longest_gap() == 42 * us);
    }
    SECTION("the last gap ends with the run") {
        meter.submitted(10 * us);
        meter.close(90 * us);
        CHECK(meter.longest_gap() == 80 * us);
    }
    SECTION("an idle end is no gap") {
        meter.close(90 * us);
        CHECK(meter.longest_gap() == 5 * us);
    }
}

TEST_CASE("Little's law holds to the last picosecond, edges included") {
    GuestMeter meter;
    Ps submit[4] = {1000, 1300, 1500, 1700};
    for (const Ps at : submit) meter.submitted(at);
    Ps now = 2000;
    for (int i = 0; i < 1000; ++i) {
        Ps& oldest = submit[i % 4];
        meter.completed(now, oldest, 4096);
        oldest = now;
        meter.submitted(now);
        now += 137 + i % 5;
    }
    meter.close(now);
    for (const Ps at : submit) meter.unfinished(at);
    const LittlesLaw law = meter.littles_law();
    CHECK(law.error == 0);
    CHECK(law.l == Approx(law.lambda_per_s * law.w_ns / 1e9).epsilon(0.01));
    CHECK(meter.under_way() == 4);
}

TEST_CASE("Little's law notices a wrong stamp") {
    GuestMeter meter;
    meter.submitted(0);
    meter.completed(100, 40, 0);
    meter.close(100);
    CHECK(meter.littles_law().error == Approx(0.4));
}

TEST_CASE("without a completion there is no law") {
    GuestMeter meter;
    meter.submitted(0);
    meter.close(100);
    CHECK(meter.littles_law().error == 0);
    CHECK(meter.littles_law().l == 0);
}
