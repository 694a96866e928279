#pragma once

#include <cstdint>

namespace lmsim::host::vmm {

// Auto-converge: a guest that writes faster than its pages can be sent is slowed down, step by step
// and never faster again (QEMU 10.1 migration/ram.c: migration_trigger_throttle,
// mig_throttle_guest_down). Shares are whole percent.

/// How the user wants it (QEMU 10.1 migration/options.c).
struct Throttle {
    bool on = false;            // capability auto-converge
    std::uint8_t trigger = 50;  // throttle-trigger-threshold
    std::uint8_t initial = 20;  // cpu-throttle-initial
    std::uint8_t increment = 10;
    std::uint8_t most = 99;  // max-cpu-throttle
    bool tail_slow = false;  // cpu-throttle-tailslow: smaller steps near the end
};

/// Bad periods before a step. A good one in between does not start the count again.
constexpr std::uint8_t throttle_periods = 2;
/// Between two looks at a pass over RAM that lasts (QEMU-DEC-15).
constexpr std::int64_t throttle_sync_ms = 5000;
/// A vCPU runs for so long between two sleeps (QEMU 10.1 system/cpu-throttle.c).
constexpr std::uint64_t throttle_slice_ms = 10;

/// Were more bytes dirtied in a period than `trigger` percent of those that were moved in it? Not
/// at equality.
constexpr bool dirties_too_much(std::uint64_t dirty, std::uint64_t moved, std::uint8_t trigger) {
    return dirty > moved * trigger / 100;
}

/// The share of time that vCPUs sleep after one step more from `now` (0: none yet).
constexpr std::uint8_t throttle_step(std::uint8_t now, std::uint64_t dirty, std::uint64_t moved,
                                     const Throttle& how) {
    if (now == 0) {
        return how.initial;
    }
    std::uint64_t step = how.increment;
    if (how.tail_slow && dirty != 0) {
        const double cpu = 100.0 - now;
        const double allowed = static_cast<double>(moved * how.trigger / 100);
        const auto ideal = static_cast<std::uint64_t>(cpu * (allowed / static_cast<double>(dirty)));
        const std::uint64_t room = 100U - now;
        const std::uint64_t wanted = room > ideal ? room - ideal : 0;
        step = wanted < step ? wanted : step;
    }
    const std::uint64_t next = now + step;
    return static_cast<std::uint8_t>(next < how.most ? next : how.most);
}

}  // namespace lmsim::host::vmm
