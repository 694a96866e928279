#include "model/host/vmm/source.hpp"

namespace lmsim::host::vmm {

namespace {

constexpr std::uint64_t ps_per_ms = 1'000'000'000;

}  // namespace

/// Asks what the state asks, or moves on.
void SourceRun::enter_precopy() {
    switch (static_cast<Precopy>(control.precopy)) {
        case Precopy::Choose: choose(); break;
        case Precopy::ThrottleSync:
        case Precopy::ExactRam: ask_sync(false); break;
        case Precopy::ExactSize: call(Call::QueryStopCopySize, cursor()); break;
        case Precopy::ExactInfo: call(Call::QueryPrecopyInfo, cursor()); break;
        case Precopy::Ram: send_ram(false); break;
        case Precopy::Read:
            call(Call::ReadDeviceBlock, cursor()).length = device[cursor()].read_bytes;
            break;
        case Precopy::Send: send_block(false); break;
        case Precopy::Window: count_window(); break;
        default: enter_setup(); break;
    }
}

void SourceRun::enter_setup() {
    switch (static_cast<Precopy>(control.precopy)) {
        case Precopy::Header: message(Message::Header, 0); break;
        case Precopy::LogStart: call(Call::DirtyLogStart); break;
        case Precopy::FirstSync: ask_sync(false); break;
        case Precopy::SetupSize:
            if (config.devices == 0) {
                setup_ends();
                break;
            }
            call(Call::QueryStopCopySize, cursor());
            break;
        case Precopy::SetupPreCopy:
            if (!set_state(cursor(), MigState::PRE_COPY, MigState::RUNNING)) {
                move(Move::Next);
            }
            break;
        case Precopy::SetupInfo: call(Call::QueryPrecopyInfo, cursor()); break;
        default: break;
    }
}

void SourceRun::precopy_answered(std::int32_t error) {
    if (at(Precopy::Ram) || at(Precopy::Read) || at(Precopy::Send)) {
        iterate_answered(error);
    } else if (at(Precopy::ExactRam) || at(Precopy::ExactSize) || at(Precopy::ExactInfo)) {
        exact_answered(error);
    } else if (at(Precopy::ThrottleSync)) {
        throttle_synced(error);
    } else {
        setup_answered(error);
    }
}

/// QEMU 10.1 migration/ram.c: ram_save_setup; hw/vfio/migration.c: vfio_save_setup. Set-up holds
/// the big lock: a cancel is seen when it is over.
void SourceRun::setup_answered(std::int32_t error) {
    const Precopy state = static_cast<Precopy>(control.precopy);
    const bool is_query = state == Precopy::SetupSize || state == Precopy::SetupInfo;
    if (error != 0 && !is_query) {
        fail(error, asked_);
        move(Move::Fail);
        return;
    }
    bool one_done = false;
    switch (state) {
        case Precopy::LogStart: control.logging = true; break;
        case Precopy::FirstSync:
            note_sync();
            flow.cursor = 0;
            break;
        case Precopy::SetupSize: {
            Device& one = device[cursor()];
            take_stop_bytes(error);
            one.read_bytes = static_cast<std::uint32_t>(read_block(one.stop_bytes));
            if (one.read_bytes == 0) {
                fail(static_cast<std::int32_t>(vfio::Errno::NoMemory), Call::QueryStopCopySize,
                     cursor());
                move(Move::Fail);
                return;
            }
            one_done = !has(cursor(), vfio::PRE_COPY_FLAG);
            break;
        }
        case Precopy::SetupInfo:
            take_precopy_info(error);
            ask_for_ack();
            one_done = true;
            break;
        default: break;
    }
    if (!one_done) {
        move(Move::Next);
    } else if (another()) {
        ++flow.cursor;
        move(Move::More);
    } else {
        setup_ends();
    }
}

void SourceRun::setup_ends() {
    report(Report::SetupEnds, static_cast<std::uint64_t>(event.now_ms - control.start_ms));
    move(Move::Skip);
}

Pending SourceRun::estimate() const {
    Pending sum{control.ram_pages * config.page_bytes, 0};
    for (int i = 0; i < config.devices; ++i) {
        const Device& one = device[i];
        const std::uint64_t precopy = in_precopy(one) ? one.pending.bytes() : 0;
        sum.precopy += precopy;
        if (rules.on(spec::Id::VmmEstimateStopBytes)) {
            sum.stopcopy += device_pending(DeviceExact::Larger, one.stop_bytes, precopy).stopcopy;
        }
    }
    return sum;
}

/// QEMU 10.1 migration/migration.c: migration_iteration_run, up to its first exact count.
void SourceRun::choose() {
    if (broken()) {
        move(Move::Fail);
        return;
    }
    const Pending sum = estimate();
    report(Report::PendingEstimate, sum.total()).token3 = control.threshold;
    const ExactWhen when{rules.on(spec::Id::VmmExactAtThreshold),
                         rules.on(spec::Id::VmmExactWhenDrained)};
    if (judge(event.exact, wants_exact(sum, control.threshold, when)) && begin_exact()) {
        return;
    }
    decide(sum.total(), Move::Next);
}

/// False if no row takes the count.
bool SourceRun::begin_exact() {
    const std::uint64_t ram = control.ram_pages * config.page_bytes;
    const bool as_known = ram >= control.threshold && rules.on(spec::Id::VmmExactKnownRam);
    control.pending = as_known ? ram : 0;
    flow.cursor = 0;
    if (!as_known) {
        return move(Move::Exact);
    }
    if (config.devices == 0) {
        exact_done();
        return true;
    }
    return move(Move::Again);
}

/// Switches over if the destination agrees and so many bytes fit; else goes on.
void SourceRun::decide(std::uint64_t bytes, Move otherwise) {
    const bool acked = rules.on(spec::Id::VmmAckPerDevice) ? control.acks_open == 0 : control.acked;
    const bool agreed = can_switchover(config.switchover_ack, !control.vm_stopped, acked);
    const bool fits = judge(event.ready, pending_fits(bytes, control.threshold,
                                                      rules.on(spec::Id::VmmFitsAtThreshold)));
    move(agreed && fits ? Move::Ready : otherwise);
}

/// qemu_savevm_state_pending_exact: RAM first, then each device. A cancel is seen at the end.
void SourceRun::exact_answered(std::int32_t error) {
    bool one_done = false;
    if (at(Precopy::ExactRam)) {
        if (error != 0) {
            fail(error, Call::RamSyncBitmap);
            move(Move::Fail);
            return;
        }
        note_sync();
        control.pending += control.ram_pages * config.page_bytes;
        if (config.devices != 0) {
            move(Move::Next);
            return;
        }
        one_done = true;
    } else if (at(Precopy::ExactSize)) {
        take_stop_bytes(error);
        one_done = !in_precopy(device[cursor()]);
    } else {
        take_precopy_info(error);
        one_done = true;
    }
    if (one_done && !at(Precopy::ExactRam)) {
        add_device();
    }
    if (!one_done) {
        move(Move::Next);
    } else if (!at(Precopy::ExactRam) && another()) {
        ++flow.cursor;
        move(Move::More);
    } else {
        exact_done();
    }
}

void SourceRun::add_device() {
    const Device& one = device[cursor()];
    const auto how = static_cast<DeviceExact>(rules.value(spec::Id::VmmDeviceExact));
    const std::uint64_t precopy = in_precopy(one) ? one.pending.bytes() : 0;
    control.pending += device_pending(how, one.stop_bytes, precopy).total();
}

void SourceRun::exact_done() {
    report(Report::PendingExact, control.pending).token3 = control.threshold;
    if (rules.on(spec::Id::VmmCountsExacts)) {
        ++control.syncs;
        report(Report::DirtySync, control.syncs).token3 = control.last_sync_bytes;
    }
    if (broken()) {
        move(Move::Fail);
        return;
    }
    decide(control.pending, Move::Skip);
}

/// QEMU 10.1 migration/savevm.c: qemu_savevm_state_iterate: the quota is looked at before each
/// handler, and a broken channel counts as a spent quota.
void SourceRun::iterate_answered(std::int32_t error) {
    const bool drained =
        at(Precopy::Read) && error == static_cast<std::int32_t>(vfio::Errno::NoMessage);
    if (error != 0 && !drained) {
        fail(error, asked_, at(Precopy::Ram) ? no_device : cursor());
        move(Move::Fail);
        return;
    }
    if (at(Precopy::Read)) {
        block_read();
        move(Move::Next);
        return;
    }
    int from = 0;
    if (at(Precopy::Ram)) {
        control.ram_pages = event.value1;
    } else {
        from = cursor() + 1;
    }
    const bool ram_first =
        at(Precopy::Ram) && control.ram_pages != 0 && rules.on(spec::Id::VmmSerialIterate);
    const int next = next_in_precopy(from);
    if (ram_first || next >= config.devices || broken() || quota_spent()) {
        move(Move::Skip);
        return;
    }
    flow.cursor = static_cast<std::uint16_t>(next);
    if (!move(at(Precopy::Ram) ? Move::Next : Move::More)) {
        move(Move::Skip);
    }
}

int SourceRun::next_in_precopy(int from) const {
    while (from < config.devices && !in_precopy(device[from])) {
        ++from;
    }
    return from;
}

void SourceRun::block_read() {
    Device& one = device[cursor()];
    control.block = event.error == 0 ? event.value0 : 0;
    if (at(Switchover::Idle)) {
        one.pending = after_read(one.pending, control.block);
        if (rules.on(spec::Id::VmmEstimateStopBytes)) {
            one.stop_bytes = stop_bytes_after_read(one.stop_bytes, control.block);
        }
    }
}

/// The block that was read, with what ends its section. In pre-copy that may say that the initial
/// data is complete, once (vfio_save_iterate).
void SourceRun::send_block(bool last) {
    Device& one = device[cursor()];
    Marker marker = Marker::EndOfState;
    if (last && control.block != 0) {
        marker = Marker::None;
    } else if (!last && config.switchover_ack && one.pending.initial == 0 && !one.initial_sent) {
        marker = Marker::InitDataSent;
        one.initial_sent = true;
    }
    Effect& effect = call(Call::SendDeviceBlock, cursor());
    effect.length = control.block;
    effect.address = (control.block != 0 ? block_framing_bytes : 0) +
                     (marker != Marker::None ? marker_bytes + section_framing_bytes : 0);
    effect.token3 = static_cast<std::uint64_t>(marker);
}

void SourceRun::send_ram(bool last) {
    Effect& effect = call(Call::RamSendSlice);
    effect.length = last ? 0 : slice_limit(quota(), used());
    effect.token2 = last ? 0 : ram_slice_ms;
    effect.token3 = last ? 1 : 0;
}

/// QEMU 10.1 migration/migration.c: migration_update_counters.
void SourceRun::close_window(std::int64_t elapsed) {
    const std::uint64_t transferred = used();
    const double per_ms =
        rules.on(spec::Id::VmmThresholdInMbps)
            ? switchover_bandwidth_of_mbps(transferred, elapsed, config.avail_switchover_bandwidth)
            : switchover_bandwidth_per_ms(bandwidth_per_ms(transferred, elapsed),
                                          config.avail_switchover_bandwidth);
    control.threshold = threshold_bytes(per_ms, config.downtime_limit_ms);
    expect_downtime(transferred, per_ms);
    control.window_start_ms = event.now_ms;
    control.window_start_bytes = control.transferred;
    Effect& effect = report(Report::Window, transferred);
    effect.token3 = control.threshold;
    effect.length = static_cast<std::uint64_t>(elapsed);
}

void SourceRun::expect_downtime(std::uint64_t transferred, double per_ms) {
    if (rules.on(spec::Id::VmmExpectedOfAll)) {
        // Printed when it is asked for: here, as if that were at the end of each window.
        control.expected_downtime_ms = control.syncs <= 1
                                           ? config.downtime_limit_ms
                                           : expected_downtime_ms(control.pending, per_ms);
    } else if (control.pages_rate != 0 && transferred > expected_downtime_min_bytes) {
        control.expected_downtime_ms = expected_downtime_ms(control.last_sync_bytes, per_ms);
    } else {
        return;
    }
    report(Report::ExpectedDowntime, control.expected_downtime_ms);
}

/// QEMU 10.1 migration/migration.c: migration_rate_limit.
void SourceRun::count_window() {
    if (broken()) {
        move(Move::Fail);
        return;
    }
    const std::int64_t elapsed = event.now_ms - control.window_start_ms;
    if (elapsed >= window_ms) {
        close_window(elapsed);
    }
    if (throttle_looks() && move(Move::Exact)) {
        return;
    }
    if (!quota_spent() || !move(Move::Quota)) {
        move(Move::Next);
        return;
    }
    const std::int64_t left = control.window_start_ms + window_ms - event.now_ms;
    flow.ticket = ~std::uint32_t{0};
    Effect& effect = effects.push(EffectKind::StartTimer);
    effect.function = no_device;
    effect.ticket = flow.ticket;
    effect.length = static_cast<std::uint64_t>(left) * ps_per_ms;
}

void SourceRun::ask_sync(bool last) {
    if (!control.synced) {
        control.synced = true;
        control.last_sync_ms = event.now_ms;
    }
    call(Call::RamSyncBitmap).token2 = last ? 1 : 0;
}

/// QEMU 10.1 migration/ram.c: migration_bitmap_sync.
void SourceRun::note_sync() {
    control.ram_pages = event.value0;
    control.last_sync_bytes = event.value0 * config.page_bytes;
    control.period_pages += event.value1;
    const bool counts = !rules.on(spec::Id::VmmCountsExacts) || at(Precopy::FirstSync);
    control.syncs += counts ? 1 : 0;
    const std::int64_t elapsed = event.now_ms - control.last_sync_ms;
    if (elapsed > dirty_rate_period_ms) {
        judge_period();
        control.pages_rate = dirty_pages_rate(control.period_pages, elapsed);
        control.last_sync_ms = event.now_ms;
        control.period_pages = 0;
        control.period_bytes = control.transferred;
    }
    if (counts) {
        report(Report::DirtySync, control.syncs).token3 = control.last_sync_bytes;
    }
}

void SourceRun::take_stop_bytes(std::int32_t error) {
    device[cursor()].stop_bytes = error != 0 ? unknown_stop_copy_bytes : event.value0;
}

/// An answer of the stopped VM that is an error counts as new initial bytes, too.
void SourceRun::take_precopy_info(std::int32_t error) {
    Device& one = device[cursor()];
    one.pending = error != 0 ? PrecopySizes{} : PrecopySizes{event.value0, event.value1};
    const bool again = error == 0 ? event.length != 0 : control.vm_stopped;
    if (again && one.initial_sent && rules.on(spec::Id::VmmReinit)) {
        one.initial_sent = false;
        ask_for_ack();
    }
}

void SourceRun::ask_for_ack() {
    if (rules.on(spec::Id::VmmAckPerDevice) && config.switchover_ack) {
        ++control.acks_open;
    }
}

}  // namespace lmsim::host::vmm
