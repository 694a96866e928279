#include "model/host/vmm/decisions.hpp"
#include "tests/catch.hpp"

using namespace lmsim::host::vmm;

TEST_CASE("the published window gives the published threshold", "[vmm]") {
    // A trace of QEMU: 111570 bytes in 100 ms, 300 ms allowed: bandwidth 1115.7, max_size 334710.
    const double per_ms = bandwidth_per_ms(111570, 100);
    CHECK(per_ms == 111570.0 / 100.0);
    CHECK(threshold_bytes(switchover_bandwidth_per_ms(per_ms, 0), 300) == 334710);
}

TEST_CASE("the threshold truncates what the doubles give", "[vmm]") {
    CHECK(threshold_bytes(bandwidth_per_ms(1, 3), 300) == 100);
    CHECK(threshold_bytes(bandwidth_per_ms(10, 103), 300) == 29);
    CHECK(threshold_bytes(bandwidth_per_ms(0, 100), 300) == 0);
    // The largest downtime limit and a link that no one has: no overflow.
    CHECK(threshold_bytes(1e16, 2000000) == ~std::uint64_t{0});
}

TEST_CASE("a stated switchover bandwidth replaces the measured one, in whole bytes per ms",
          "[vmm]") {
    CHECK(switchover_bandwidth_per_ms(5.5, 1999) == 1.0);
    CHECK(switchover_bandwidth_per_ms(5.5, 999) == 0.0);
    CHECK(switchover_bandwidth_per_ms(5.5, 0) == 5.5);
    CHECK(threshold_bytes(switchover_bandwidth_per_ms(1.0, 1250000000), 300) == 375000000);
}

TEST_CASE("a capped link of 128 MiB/s leaves room for 38.4 MiB", "[vmm]") {
    CHECK(window_quota(std::uint64_t{128} << 20) == 13421772);
    const double per_ms = bandwidth_per_ms(13421772, 100);
    CHECK(threshold_bytes(per_ms, 300) == 40265316);
}

TEST_CASE("each verdict at its edge", "[vmm]") {
    CHECK(wants_exact({99, 0}, 100, {}));
    CHECK_FALSE(wants_exact({100, 0}, 100, {}));
    CHECK_FALSE(wants_exact({60, 40}, 100, {}));
    CHECK(wants_exact({60, 40}, 100, {true, false}));
    CHECK_FALSE(wants_exact({60, 41}, 100, {true, false}));
    CHECK(wants_exact({0, 101}, 100, {false, true}));
    CHECK_FALSE(wants_exact({1, 101}, 100, {false, true}));

    CHECK(pending_fits(99, 100, true));
    CHECK(pending_fits(100, 100, true));
    CHECK_FALSE(pending_fits(101, 100, true));
    CHECK(pending_fits(99, 100, false));
    CHECK_FALSE(pending_fits(100, 100, false));
    CHECK(pending_fits(0, 0, false));

    CHECK_FALSE(quota_exceeded(100, 99));
    CHECK_FALSE(quota_exceeded(100, 100));
    CHECK(quota_exceeded(100, 101));
    CHECK_FALSE(quota_exceeded(0, ~std::uint64_t{0}));
}

TEST_CASE("a slice stops when the quota is exceeded, not when it is met", "[vmm]") {
    CHECK(slice_limit(0, 5) == 0);
    CHECK(slice_limit(100, 0) == 101);
    CHECK(slice_limit(100, 100) == 1);
    CHECK(slice_limit(100, 250) == 1);
}

TEST_CASE("the acknowledgement counts only where it is asked for and the VM runs", "[vmm]") {
    CHECK(can_switchover(false, true, false));
    CHECK_FALSE(can_switchover(true, true, false));
    CHECK(can_switchover(true, true, true));
    CHECK(can_switchover(true, false, false));
}

TEST_CASE("what was read is taken from the initial bytes first", "[vmm]") {
    const PrecopySizes sizes{100, 50};
    CHECK(after_read(sizes, 30).initial == 70);
    CHECK(after_read(sizes, 30).dirty == 50);
    CHECK(after_read(sizes, 120).initial == 0);
    CHECK(after_read(sizes, 120).dirty == 30);
    CHECK(after_read(sizes, 1000).dirty == 0);
    CHECK(after_read(sizes, 0).initial == 0);
    CHECK(after_read(sizes, 0).dirty == 0);
}

TEST_CASE("reads are of one MiB or of the whole state", "[vmm]") {
    CHECK(read_block((1U << 20) - 1) == (1U << 20) - 1);
    CHECK(read_block(1U << 20) == 1U << 20);
    CHECK(read_block(unknown_stop_copy_bytes) == 1U << 20);
    CHECK(read_block(0) == 0);
}

TEST_CASE("expected downtime is the dirty bytes over the bandwidth, truncated", "[vmm]") {
    CHECK(expected_downtime_ms(1000, 3.0) == 333);
    CHECK(expected_downtime_ms(1000, 0.0) == ~std::uint64_t{0});
    CHECK(dirty_pages_rate(2500, 1250) == 2000);
}

TEST_CASE("a device in an exact count", "[vmm]") {
    CHECK(device_pending(DeviceExact::Stop, 30, 12).total() == 30);
    CHECK(device_pending(DeviceExact::StopAndPrecopy, 30, 12).total() == 42);
    CHECK(device_pending(DeviceExact::Larger, 30, 12).total() == 30);
    CHECK(device_pending(DeviceExact::Larger, 12, 30).total() == 30);
    CHECK(device_pending(DeviceExact::Larger, 30, 12).precopy == 12);
    CHECK(stop_bytes_after_read(30, 12) == 18);
    CHECK(stop_bytes_after_read(10, 12) == 0);
}
