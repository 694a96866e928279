#pragma once

#include <cstdint>

namespace lmsim::host::vmm {

// What QEMU decides, as functions of numbers: no clock, no state. The engine gives them the numbers
// that arrive with events. Arithmetic is IEEE double with + - * / only, as QEMU's own, so that the
// truncated results are the same on every machine.

/// Length of the window over which bandwidth is measured and the rate limit is kept
/// (QEMU 10.1 migration/migration-stats.h: BUFFER_DELAY).
constexpr std::int64_t window_ms = 100;
/// A RAM slice ends when more than this has passed, looked at after every 64th page from the first
/// (QEMU 10.1 migration/ram.c: MAX_WAIT, ram_save_iterate).
constexpr std::uint64_t ram_slice_ms = 50;
constexpr std::uint64_t ram_slice_check_pages = 64;
/// One read of a device's migration data (QEMU 10.1 hw/vfio/migration.c:
/// VFIO_MIG_DEFAULT_DATA_BUFFER_SIZE).
constexpr std::uint64_t device_block_bytes = std::uint64_t{1} << 20;
/// Stands for the size of a device that does not tell it, so that it never looks small enough
/// (QEMU 10.1 hw/vfio/migration.c: VFIO_MIG_STOP_COPY_SIZE).
constexpr std::uint64_t unknown_stop_copy_bytes = std::uint64_t{100} << 30;
/// The dirty page rate is computed over more than this (QEMU 10.1 migration/ram.c:
/// migration_bitmap_sync).
constexpr std::int64_t dirty_rate_period_ms = 1000;
/// A window that moved less says nothing about the expected downtime
/// (QEMU 10.1 migration/migration.c: migration_update_counters).
constexpr std::uint64_t expected_downtime_min_bytes = 10000;

// Bytes that frame a device's data on the stream: section header and footer of 5 bytes each, a flag
// and a length of 8 bytes each before the data, a flag of 8 bytes at the end
// (QEMU 10.1 migration/savevm.c: save_section_header; hw/vfio/migration.c: vfio_save_block).
constexpr std::uint64_t section_framing_bytes = 10;
constexpr std::uint64_t block_framing_bytes = 16;
constexpr std::uint64_t marker_bytes = 8;

// A packet of device state on a channel of multifd: its own header, and multifd's with the name of
// the device (QEMU 10.1 hw/vfio/migration-multifd.c: VFIODeviceStatePacket; migration/multifd.h:
// MultiFDPacketDeviceState_t).
constexpr std::uint64_t packet_framing_bytes = 12 + 276;

/// Bytes per ms over a window of `elapsed_ms` > 0.
constexpr double bandwidth_per_ms(std::uint64_t transferred, std::int64_t elapsed_ms) {
    return static_cast<double>(transferred) / static_cast<double>(elapsed_ms);
}

/// The bandwidth to expect at switchover, bytes per ms: the measured one unless the user states
/// avail-switchover-bandwidth (bytes/s, 0 = not stated; divided as an integer).
constexpr double switchover_bandwidth_per_ms(double measured, std::uint64_t avail_switchover) {
    return avail_switchover != 0 ? static_cast<double>(avail_switchover / 1000) : measured;
}

/// Truncation to 64 bits, defined for every value: QEMU's own cast overflows for absurd input.
constexpr std::uint64_t truncate(double value) {
    constexpr double limit = 18446744073709551616.0;  // 2^64
    return value >= limit ? ~std::uint64_t{0} : static_cast<std::uint64_t>(value);
}

/// How many pending bytes may be left at switchover (QEMU 10.1 migration/migration.c:
/// migration_update_counters, threshold_size). 0 until the first window is full.
constexpr std::uint64_t threshold_bytes(double expected_per_ms, std::uint64_t downtime_limit_ms) {
    return truncate(expected_per_ms * static_cast<double>(downtime_limit_ms));
}

/// The bandwidth to expect at switchover, bytes per ms, as QEMU 11.1 has it: a measured one goes
/// through Mbit/s and back, a stated one keeps what is below 1000 bytes/s (QEMU-DEC-08). The order
/// of the operations is QEMU's: another one can differ by a byte.
constexpr double switchover_bandwidth_of_mbps(std::uint64_t transferred, std::int64_t elapsed_ms,
                                              std::uint64_t avail_switchover) {
    if (avail_switchover != 0) {
        return static_cast<double>(avail_switchover) / 1000.0;
    }
    const double mbps = static_cast<double>(transferred) * 8.0 /
                        (static_cast<double>(elapsed_ms) / 1000.0) / 1000.0 / 1000.0;
    return mbps * 0.125 * 1000.0 * 1000.0 / 1000.0;
}

/// What query-migrate prints as expected-downtime, ms; RAM only, as QEMU 10.1 has it. A stated
/// bandwidth below 1000 bytes/s is 0 per ms: the largest value then.
constexpr std::uint64_t expected_downtime_ms(std::uint64_t dirty_bytes_last_sync,
                                             double expected_per_ms) {
    if (expected_per_ms <= 0.0) {
        return ~std::uint64_t{0};
    }
    return truncate(static_cast<double>(dirty_bytes_last_sync) / expected_per_ms);
}

/// Bytes that one window may carry; 0 = no limit (QEMU 10.1 migration/migration-stats.c:
/// migration_rate_set). `max_bandwidth` in bytes/s, 0 = no limit.
constexpr std::uint64_t window_quota(std::uint64_t max_bandwidth) {
    return max_bandwidth / (1000 / static_cast<std::uint64_t>(window_ms));
}

/// Is the window's quota spent? Exactly the quota is not (migration_rate_exceeded: used > limit).
constexpr bool quota_exceeded(std::uint64_t quota, std::uint64_t used) {
    return quota != 0 && used > quota;
}

/// Bytes after which a RAM slice stops because the quota is spent; 0 = no limit.
constexpr std::uint64_t slice_limit(std::uint64_t quota, std::uint64_t used) {
    if (quota == 0) {
        return 0;
    }
    return used > quota ? 1 : quota - used + 1;
}

/// What is still to send, as a count adds it up.
struct Pending {
    std::uint64_t precopy = 0;   // can be sent while the VM runs
    std::uint64_t stopcopy = 0;  // cannot

    constexpr std::uint64_t total() const { return precopy + stopcopy; }
};

/// When an estimate is small enough to pay for an exact count, which synchronizes the dirty bitmap
/// (QEMU 10.1 migration/migration.c: migration_iteration_run).
struct ExactWhen {
    bool at_threshold = false;  // QEMU-DEC-01
    bool drained = false;       // QEMU-DEC-02
};

constexpr bool wants_exact(const Pending& estimate, std::uint64_t threshold, ExactWhen when) {
    return estimate.total() < threshold || (when.at_threshold && estimate.total() == threshold) ||
           (when.drained && estimate.precopy == 0);
}

/// Has the destination agreed, if it has to? (migration_can_switchover)
constexpr bool can_switchover(bool ack_required, bool vm_running, bool acked) {
    return !ack_required || !vm_running || acked;
}

/// Few enough bytes to switch over? `at_threshold` (QEMU-DEC-04): the threshold itself, too; where
/// an equal estimate asks for no exact count (QEMU-DEC-01) it then completes without one.
constexpr bool pending_fits(std::uint64_t pending, std::uint64_t threshold, bool at_threshold) {
    return pending < threshold || pending == 0 || (at_threshold && pending == threshold);
}

/// How an exact count adds up a device (QEMU-DEC-06).
enum class DeviceExact : std::uint8_t { Stop, StopAndPrecopy, Larger };

/// What an exact count has of a device with these stop-copy and pre-copy bytes (QEMU 10.1
/// hw/vfio/migration.c: vfio_state_pending_exact).
constexpr Pending device_pending(DeviceExact how, std::uint64_t stop, std::uint64_t precopy) {
    switch (how) {
        case DeviceExact::StopAndPrecopy: return {precopy, stop};
        case DeviceExact::Larger: return {precopy, stop > precopy ? stop - precopy : 0};
        case DeviceExact::Stop: break;
    }
    return {0, stop};
}

/// Pages per second found dirty since the last computation (ram.c: migration_update_rates).
constexpr std::uint64_t dirty_pages_rate(std::uint64_t pages, std::int64_t elapsed_ms) {
    return pages * 1000 / static_cast<std::uint64_t>(elapsed_ms);
}

/// What a device in pre-copy still has to give, as last queried minus what was read since.
struct PrecopySizes {
    std::uint64_t initial = 0;
    std::uint64_t dirty = 0;

    constexpr std::uint64_t bytes() const { return initial + dirty; }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.initial, self.dirty);
    }
};

/// The stop-copy bytes after a read of `bytes` in pre-copy, as long as they are not asked again.
constexpr std::uint64_t stop_bytes_after_read(std::uint64_t stop, std::uint64_t bytes) {
    return stop - (stop < bytes ? stop : bytes);
}

/// The sizes after a read of `bytes`; a read of nothing empties both
/// (QEMU 10.1 hw/vfio/migration.c: vfio_update_estimated_pending_data).
constexpr PrecopySizes after_read(PrecopySizes sizes, std::uint64_t bytes) {
    if (bytes == 0) {
        return {};
    }
    const std::uint64_t initial = sizes.initial < bytes ? sizes.initial : bytes;
    sizes.initial -= initial;
    bytes -= initial;
    sizes.dirty -= sizes.dirty < bytes ? sizes.dirty : bytes;
    return sizes;
}

/// The read buffer for a device of this stop-copy size. 0 for a size of 0, which QEMU takes for a
/// failed allocation: set-up fails (vfio_save_setup).
constexpr std::uint64_t read_block(std::uint64_t stop_copy_size) {
    return stop_copy_size < device_block_bytes ? stop_copy_size : device_block_bytes;
}

}  // namespace lmsim::host::vmm
