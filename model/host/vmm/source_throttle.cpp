#include "model/host/vmm/source.hpp"

namespace lmsim::host::vmm {

/// Every 5 s: is it time for a synchronization, because none has come since the last look? The
/// first pass over RAM is left alone (QEMU 10.1 system/cpu-throttle.c:
/// cpu_throttle_dirty_sync_timer_tick). QEMU does this in a thread of its own, here it waits for
/// the round to end.
bool SourceRun::throttle_looks() {
    const auto ticks =
        static_cast<std::uint32_t>((event.now_ms - control.start_ms) / throttle_sync_ms);
    if (!config.throttle.on || ticks == control.ticks || !rules.on(spec::Id::VmmThrottleSync)) {
        return false;
    }
    control.ticks = ticks;
    if (control.syncs <= 1) {
        return false;
    }
    const bool none_since = control.syncs == control.tick_syncs;
    control.tick_syncs = control.syncs;
    return none_since;
}

void SourceRun::throttle_synced(std::int32_t error) {
    if (error != 0) {
        fail(error, Call::RamSyncBitmap);
        move(Move::Fail);
        return;
    }
    note_sync();
    control.tick_syncs = control.syncs;
    move(Move::Next);
}

/// At the end of a period of more than 1 s between synchronizations.
void SourceRun::judge_period() {
    if (!config.throttle.on) {
        return;
    }
    const std::uint64_t dirty = control.period_pages * config.page_bytes;
    const std::uint64_t moved = control.transferred - control.period_bytes;
    if (!dirties_too_much(dirty, moved, config.throttle.trigger)) {
        return;
    }
    if (++control.bad_periods < throttle_periods) {
        return;
    }
    control.bad_periods = 0;
    control.throttle = throttle_step(control.throttle, dirty, moved, config.throttle);
    report(Report::CpuThrottle, control.throttle);
}

/// However the migration ends, the vCPUs run freely afterwards.
void SourceRun::end_throttle() {
    if (control.throttle != 0) {
        control.throttle = 0;
        report(Report::CpuThrottle, 0);
    }
}

}  // namespace lmsim::host::vmm
