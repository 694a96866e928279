#include "model/host/vmm/source.hpp"

namespace lmsim::host::vmm {

/// QEMU 10.1 system/cpus.c: do_vm_stop, up to the message that announces the switchover. A device
/// that fails to stop does not hold up the others: the error is found when all have been told.
void SourceRun::enter_switchover() {
    switch (static_cast<Switchover>(control.switchover)) {
        case Switchover::Pause:
            control.downtime_start_ms = event.now_ms;
            control.vm_stopped = true;
            report(Report::SrcDowntimeStart);
            call(Call::PauseVcpus);
            break;
        case Switchover::Recheck: call(Call::QueryPrecopyInfo, cursor()); break;
        case Switchover::Quiesce:
            if (!quiesce_from(config.devices - 1, -1)) {
                move_switchover(Move::Next);
            }
            break;
        case Switchover::Stop:
            if (!stop_from(config.devices - 1)) {
                move_switchover(Move::Next);
            }
            break;
        case Switchover::Flush: call(Call::BlockFlush); break;
        case Switchover::Announce: message(Message::SwitchoverStart, 0); break;
        case Switchover::Cleanup:
            complete();
            if (!complete_from(0)) {
                move_switchover(Move::Next);
            }
            break;
        case Switchover::Completed:
            flow.finished = true;
            report(Report::Finished);
            break;
        default: enter_last(); break;
    }
}

/// A cancel shuts the return path down, which ends the wait for SHUT; without one it comes too
/// late, and so it should: the destination has all that it needs to start the VM.
bool SourceRun::is_taken_back() const {
    return control.cancelled && config.return_path && rules.on(spec::Id::VmmCancelTakesBack);
}

/// QEMU 10.1 migration/savevm.c: qemu_savevm_state_complete_precopy.
void SourceRun::enter_last() {
    switch (static_cast<Switchover>(control.switchover)) {
        case Switchover::FinalQuery:
        case Switchover::LastSync: ask_sync(true); break;
        case Switchover::LastRam: send_ram(true); break;
        case Switchover::LastState:
            if (over_multifd() || !set_state(cursor(), MigState::STOP_COPY, MigState::STOP)) {
                move_switchover(Move::Next);
            }
            break;
        case Switchover::LastRead:
            if (over_multifd()) {
                control.block = 0;
                move_switchover(Move::Next);
                break;
            }
            call(Call::ReadDeviceBlock, cursor()).length = device[cursor()].read_bytes;
            break;
        case Switchover::LastSend: send_block(true); break;
        case Switchover::SaveRest:
            call(Call::SaveNonIterable, cursor() < config.devices ? cursor() : no_device).token2 =
                over_multifd() ? 1 : 0;
            break;
        case Switchover::SaveJoin: join_threads(); break;
        case Switchover::End: message(Message::End, 0); break;
        case Switchover::Join:
            if (flow.error != 0 || is_taken_back()) {
                move_switchover(Move::Fail);
            } else if (!config.return_path || control.shut) {
                move_switchover(Move::Next);
            }
            break;
        default: break;
    }
}

/// Whether a device in pre-copy has new initial bytes is asked of each as it is about to be
/// quiesced; here of all of them before the first is.
bool SourceRun::recheck_from(int from) {
    for (int i = from; i >= 0; --i) {
        if (in_precopy(device[i])) {
            flow.cursor = static_cast<std::uint16_t>(i);
            return true;
        }
    }
    return false;
}

bool SourceRun::stop_from(int from) {
    for (int i = from; i >= 0; --i) {
        const MigState wanted = in_precopy(device[i]) ? MigState::STOP_COPY : MigState::STOP;
        if (set_state(static_cast<std::uint16_t>(i), wanted, MigState::ERROR)) {
            return true;
        }
    }
    return false;
}

/// True if the answer belonged to stopping the devices.
bool SourceRun::stop_answered() {
    if (at(Switchover::Quiesce)) {
        const bool more = quiesce_from(cursor() - 1, -1);
        move_switchover(more ? Move::More : Move::Next);
        return true;
    }
    if (at(Switchover::Stop)) {
        const bool more = stop_from(cursor() - 1);
        move_switchover(more ? Move::More : Move::Next);
        return true;
    }
    return false;
}

void SourceRun::switchover_answered(std::int32_t error) {
    if (stop_answered()) {
        return;
    }
    if (at(Switchover::Cleanup)) {
        const bool more = complete_from(cursor() + 1);
        move_switchover(more ? Move::More : Move::Next);
        return;
    }
    if (at(Switchover::Pause)) {
        if (error != 0) {
            fail(error, Call::PauseVcpus);
        }
        if (!recheck_from(config.devices - 1) || !move_switchover(Move::Again)) {
            move_switchover(Move::Next);
        }
        return;
    }
    if (at(Switchover::Recheck)) {
        take_precopy_info(error);
        move_switchover(recheck_from(cursor() - 1) ? Move::More : Move::Next);
        return;
    }
    last_answered(error);
}

void SourceRun::last_answered(std::int32_t error) {
    const Switchover state = static_cast<Switchover>(control.switchover);
    const bool drained =
        state == Switchover::LastRead && error == static_cast<std::int32_t>(vfio::Errno::NoMessage);
    if (error != 0 && !drained) {
        fail(error, asked_, state == Switchover::LastState ? cursor() : no_device);
    }
    if (state == Switchover::Flush) {
        report(Report::SrcVmStopped);
    }
    const bool cancelled = control.cancelled && !rules.on(spec::Id::VmmCancelWaits);
    if (flow.error != 0 || cancelled) {
        move_switchover(Move::Fail);
        return;
    }
    switch (state) {
        case Switchover::Announce:
            if (start_threads()) {
                return;
            }
            break;
        case Switchover::FinalQuery:
            note_sync();
            if (control.acks_open != 0) {
                fail(static_cast<std::int32_t>(vfio::Errno::Invalid), Call::QueryPrecopyInfo);
                move_switchover(Move::Fail);
                return;
            }
            break;
        case Switchover::LastSync: note_sync(); break;
        case Switchover::LastRam:
            control.ram_pages = event.value1;
            flow.cursor = 0;
            if (config.devices == 0) {
                report(Report::SrcIterableSaved);
                move_switchover(Move::Skip);
                return;
            }
            break;
        case Switchover::LastRead: block_read(); break;
        case Switchover::LastSend: block_sent(); return;
        case Switchover::SaveRest:
            if (cursor() < config.devices) {
                ++flow.cursor;
                move_switchover(Move::More);
                return;
            }
            report(Report::SrcNonIterableSaved);
            break;
        case Switchover::End:
            report(Report::SrcFlushed,
                   static_cast<std::uint64_t>(event.now_ms - control.downtime_start_ms));
            break;
        default: break;
    }
    move_switchover(Move::Next);
}

void SourceRun::block_sent() {
    if (control.block != 0) {
        move_switchover(Move::Again);
    } else if (another()) {
        ++flow.cursor;
        move_switchover(Move::More);
    } else if (over_multifd()) {
        move_switchover(Move::Ready);
    } else {
        flow.cursor = 0;
        report(Report::SrcIterableSaved);
        move_switchover(Move::Next);
    }
}

/// QEMU 10.1 migration/migration.c: migration_completion_end.
void SourceRun::complete() {
    if (flow.outcome != Outcome::None) {
        return;
    }
    const std::int64_t downtime = event.now_ms - control.downtime_start_ms;
    report(Report::SrcDowntimeEnd, static_cast<std::uint64_t>(downtime));
    const std::int64_t total = event.now_ms - control.start_ms;
    report(Report::TotalTime, static_cast<std::uint64_t>(total)).token3 = control.transferred;
    control.cancelled = false;
    end_throttle();
    end(Outcome::Completed);
}

/// QEMU 10.1 hw/vfio/migration.c: vfio_save_cleanup. Errors are only printed.
bool SourceRun::complete_from(int from) {
    for (int i = from; i < config.devices; ++i) {
        if (device[i].state == MigState::STOP_COPY &&
            set_state(static_cast<std::uint16_t>(i), MigState::STOP, MigState::ERROR)) {
            return true;
        }
    }
    return false;
}

}  // namespace lmsim::host::vmm
