#include "model/host/vmm/source.hpp"

namespace lmsim::host::vmm {

void step(SourceControl& control, Device* device, DeviceThread* thread, const Event& event,
          const Config& config, const spec::Rules& rules, Effects& effects) {
    SourceRun(control, device, thread, event, config, rules, effects).step();
}

bool vm_runs(const SourceControl& control) {
    return !control.vm_stopped && control.flow.outcome != Outcome::Aborted;
}

void SourceRun::step() {
    if (flow.finished) {
        return;  // a late cancel, or the destination's last word
    }
    switch (event.kind) {
        case EventKind::Start: start(); break;
        case EventKind::Answer:
            if ((event.ticket & thread_mark) != 0) {
                thread_answered();
            } else {
                answer();
            }
            break;
        case EventKind::TimerFired:
            LMSIM_ASSERT(at(Precopy::Sleep) && flow.ticket != 0 && event.ticket == flow.ticket);
            flow.ticket = 0;
            move(Move::Next);
            break;
        case EventKind::Cancel: cancel(); break;
        case EventKind::ReturnPath: return_path(); break;
        default: LMSIM_ASSERT(!"an event of the source");
    }
    settle();
}

void SourceRun::start() {
    LMSIM_ASSERT(at(Precopy::Idle) && config.devices <= max_devices);
    control.devices = config.devices;
    control.start_ms = event.now_ms;
    control.window_start_ms = event.now_ms;
    control.expected_downtime_ms = config.downtime_limit_ms;
    move(Move::Begin);
}

/// migration_cancel: noted at once, acted upon where the engine looks.
void SourceRun::cancel() {
    if (flow.outcome == Outcome::None && at(Rollback::Idle) && !at(Precopy::Idle)) {
        control.cancelled = true;
        moved = true;  // it may be waiting for the return path
    }
}

void SourceRun::return_path() {
    if (event.message == Message::Ack) {
        control.acked = true;
        if (rules.on(spec::Id::VmmAckPerDevice)) {
            take_ack();
        }
        return;
    }
    LMSIM_ASSERT(event.message == Message::Shut);
    control.shut = true;
    moved = true;
    if (event.error != 0) {
        // A destination that failed also closes the channel: the next write would fail.
        fail(event.error, Call::None);
    }
}

/// QEMU 11.1: one more than was asked for is an error of the stream.
void SourceRun::take_ack() {
    if (control.acks_open == 0) {
        fail(static_cast<std::int32_t>(vfio::Errno::Invalid), Call::None);
        moved = true;
        return;
    }
    --control.acks_open;
}

void SourceRun::answer() {
    asked_ = answered();
    if (asked_ == Call::SendMessage || asked_ == Call::RamSendSlice ||
        asked_ == Call::SendDeviceBlock || asked_ == Call::SaveNonIterable) {
        control.transferred += event.value0;
    }
    if (at(Rollback::Restart)) {
        const StartResult result = start_answered(true);
        if (result == StartResult::Running) {
            control.vm_stopped = false;
            move_rollback(Move::Next);
        }
        return;
    }
    std::int32_t error = event.error;
    if (!is(flow.set, SetState::Idle)) {
        if (set_answered() != SetResult::Done) {
            return;
        }
        error = flow.set_error;
    }
    if (!at(Rollback::Idle)) {
        rollback_answered();
    } else if (!at(Switchover::Idle)) {
        switchover_answered(error);
    } else {
        precopy_answered(error);
    }
}

/// Enters one state after the other until one asks something. A move that no row takes (its rule is
/// off) ends here, too: the migration hangs, for the explorer to find.
void SourceRun::settle() {
    while (moved && flow.ticket == 0 && !flow.finished) {
        moved = false;
        if (!at(Rollback::Idle)) {
            enter_rollback();
        } else if (at(Switchover::Failed) || at(Precopy::Failed)) {
            leave_with_failure();
        } else if (!at(Switchover::Idle)) {
            enter_switchover();
        } else if (at(Precopy::Switchover)) {
            move_switchover(Move::Begin);
        } else {
            enter_precopy();
        }
    }
}

/// QEMU 10.1 migration/migration.c: migration_iteration_finish, then migration_cleanup.
void SourceRun::leave_with_failure() {
    if (threads_work()) {
        abort_threads();
    }
    if (threads_work()) {
        return;
    }
    end(control.cancelled ? Outcome::Cancelled : Outcome::Failed);
    end_throttle();
    if (control.vm_stopped && move_rollback(Move::Begin)) {
        start_vm();
    } else {
        move_rollback(Move::Skip);
    }
}

void SourceRun::enter_rollback() {
    switch (static_cast<Rollback>(control.rollback)) {
        case Rollback::LogStop:
            if (control.logging) {
                control.logging = false;
                call(Call::DirtyLogStop);
            } else {
                move_rollback(Move::Next);
            }
            break;
        case Rollback::Close: call(Call::CloseChannel); break;
        case Rollback::Notify:
            if (!run_from(0)) {
                move_rollback(Move::Next);
            }
            break;
        case Rollback::Done:
            flow.finished = true;
            report(Report::Finished);
            break;
        default: break;
    }
}

void SourceRun::rollback_answered() {
    move_rollback(at(Rollback::Notify) ? Move::More : Move::Next);
}

}  // namespace lmsim::host::vmm
