#include "model/host/vmm/destination.hpp"

namespace lmsim::host::vmm {

void DestinationRun::step() {
    if (flow.finished) {
        return;
    }
    switch (event.kind) {
        case EventKind::Start:
            LMSIM_ASSERT(at(Incoming::Idle) && config.devices <= max_devices);
            control_.devices = config.devices;
            break;
        case EventKind::Answer:
            if ((event.ticket & thread_mark) != 0) {
                thread_answered();
            } else {
                answer();
            }
            break;
        case EventKind::DevicePacket: packet_arrived(); break;
        case EventKind::Message: take_message(); break;
        case EventKind::ChannelClosed:
        case EventKind::Quit:
            control_.closed = control_.closed || event.kind == EventKind::Quit ||
                              (!at(Incoming::PausedShut) && !at(Incoming::Paused));
            break;
        case EventKind::Continue:
            if (at(Incoming::Paused) && !control_.closed && move(Move::Begin)) {
                start_vm();
            }
            break;
        default: LMSIM_ASSERT(!"an event of the destination");
    }
    settle();
    settle_threads();
}

/// A channel that closes before the end of the stream fails the load at the next read.
void DestinationRun::settle() {
    if (at(Incoming::Join) && !flow.finished) {
        join_threads();
    }
    if (control_.channel_error != 0 && at(Incoming::Ready) && flow.ticket == 0) {
        stop_with(control_.channel_error, Call::None, no_device);
    }
    if (!control_.closed || flow.ticket != 0 || flow.finished) {
        return;
    }
    if (at(Incoming::Idle)) {
        move(Move::Fail);
        finish(Outcome::Failed);
    } else if (at(Incoming::Ready) || at(Incoming::Paused)) {
        stop_with(static_cast<std::int32_t>(vfio::Errno::Io), Call::None, no_device);
    }
}

void DestinationRun::take_message() {
    LMSIM_ASSERT(ready_for_message(control_));
    control_.message = event.message;
    control_.marker = event.marker;
    flow.cursor = event.device;
    switch (event.message) {
        case Message::Header: start(); return;
        case Message::End:
            if (control_.threads.count == 0 || !move(Move::Exact)) {
                stream_ends();
            }
            return;
        case Message::SwitchoverStart:
            if (control_.threads.count != 0 && move(Move::Next)) {
                flow.cursor = 0;
                call(Call::StartThread, 0);
            }
            return;
        case Message::Ram:
            if (move(Move::Next)) {
                call(Call::LoadRam).length = event.length;
            }
            return;
        case Message::NonIterable:
            if (control_.threads.count != 0 && event.device != no_device) {
                thread_[event.device].config_ready = true;  // DEV_CONFIG_LOAD_READY
                return;
            }
            if (move(Move::Next)) {
                call(Call::LoadNonIterable, event.device).length = event.length;
            }
            return;
        case Message::DeviceData:
            LMSIM_ASSERT(event.device < config.devices);
            if (event.length == 0) {
                if (event.marker == Marker::InitDataSent) {
                    initial_data_is_here();
                }
            } else if (move(Move::Next)) {
                call(Call::WriteDeviceBlock, event.device).length = event.length;
            }
            return;
        default: LMSIM_ASSERT(!"a message of the main channel");
    }
}

/// qemu_loadvm_state_setup, at the stream's header.
void DestinationRun::start() {
    LMSIM_ASSERT(at(Incoming::Idle));
    control_.threads.count = config.device_multifd ? config.devices : 0;
    if (move(Move::Begin) && !resume_from(0)) {
        count_acks();
    }
}

bool DestinationRun::resume_from(int from) {
    for (int i = from; i < config.devices; ++i) {
        if (set_state(static_cast<std::uint16_t>(i), MigState::RESUMING, device[i].state)) {
            return true;
        }
    }
    return false;
}

/// Where no device takes part in the acknowledgement it is given at once
/// (QEMU 10.1 migration/savevm.c: loadvm_process_command, MIG_CMD_OPEN_RETURN_PATH).
void DestinationRun::count_acks() {
    const bool counts = config.switchover_ack && !rules.on(spec::Id::VmmAckPerDevice);
    for (std::uint16_t i = 0; i < config.devices; ++i) {
        if (counts && has(i, vfio::PRE_COPY_FLAG)) {
            ++control_.acks_pending;
        }
    }
    const bool at_once = counts && config.return_path && control_.acks_pending == 0;
    if (at_once && move(Move::Next)) {
        message(Message::Ack, 0);
    } else {
        move(Move::Skip);
    }
}

void DestinationRun::answer() {
    const Call was = answered();
    if (at(Incoming::Starting)) {
        starting_answered();
        return;
    }
    std::int32_t error = event.error;
    if (!is(flow.set, SetState::Idle)) {
        if (set_answered() != SetResult::Done) {
            return;
        }
        error = flow.set_error;
    }
    switch (static_cast<Incoming>(control_.incoming)) {
        case Incoming::Resuming: resumed_answered(error); break;
        case Incoming::Load:
            if (error != 0) {
                stop_with(error, was, flow.cursor);
            } else if (was == Call::StartThread) {
                thread_started();
            } else {
                load_ends();
            }
            break;
        case Incoming::Ack:
            if (error != 0) {
                stop_with(error, was, no_device);
            } else {
                move(Move::Next);
            }
            break;
        case Incoming::Shut:
            move(Move::Next);
            finish(Outcome::Completed);
            break;
        case Incoming::PausedShut: move(Move::Next); break;
        default: released(); break;
    }
}

void DestinationRun::resumed_answered(std::int32_t error) {
    if (error != 0) {
        stop_with(error, Call::SetDeviceState, flow.cursor);
    } else if (resume_from(flow.cursor + 1)) {
        move(Move::More);
    } else {
        count_acks();
    }
}

void DestinationRun::load_ends() {
    if (control_.message == Message::DeviceData && control_.marker == Marker::InitDataSent) {
        initial_data_is_here();
    } else {
        move(Move::Next);
    }
}

/// QEMU 10.1 hw/vfio/migration.c: vfio_load_state; savevm.c: qemu_loadvm_approve_switchover.
void DestinationRun::initial_data_is_here() {
    const bool loading = at(Incoming::Load);
    const bool counts = !rules.on(spec::Id::VmmAckPerDevice);
    if (!config.switchover_ack || !has(flow.cursor, vfio::PRE_COPY_FLAG) ||
        (counts && control_.acks_pending == 0)) {
        stop_with(static_cast<std::int32_t>(vfio::Errno::Invalid), Call::None, flow.cursor);
        return;
    }
    control_.acks_pending -= counts ? 1 : 0;
    if (control_.acks_pending == 0 && move(loading ? Move::Again : Move::Skip)) {
        message(Message::Ack, 0);
    } else if (loading) {
        move(Move::Next);
    }
}

/// process_incoming_migration_bh.
void DestinationRun::stream_ends() {
    report(Report::DstLoadvmCompleted);
    report(Report::DstBhEnter);
    report(Report::DstBhAnnounced);
    if (config.autostart && move(Move::Ready)) {
        start_vm();
        return;
    }
    if (!move(Move::Again)) {
        return;
    }
    report(Report::DstBhVmStarted);
    end(Outcome::Completed);
    shut(0);
}

void DestinationRun::starting_answered() {
    const StartResult result = start_answered(rules.on(spec::Id::VmmStartErrorIgnored));
    if (result == StartResult::Failed) {
        stop_with(flow.set_error, Call::SetDeviceState, flow.cursor);
    } else if (result == StartResult::Running) {
        report(Report::DstVcpusResumed);
        if (flow.outcome == Outcome::Completed) {  // it had waited for Continue
            move(Move::Skip);
            flow.finished = true;
            report(Report::Finished);
            return;
        }
        report(Report::DstBhVmStarted);
        end(Outcome::Completed);
        if (move(Move::Next)) {
            shut(0);
        }
    }
}

/// migration_incoming_state_destroy: without a return path nobody is told.
void DestinationRun::shut(std::int32_t error) {
    if (config.return_path && (error == 0 || rules.on(spec::Id::VmmShutOnFailure))) {
        message(Message::Shut, 0, error);
        return;
    }
    if (at(Incoming::FailedShut)) {
        released();
        return;
    }
    move(Move::Next);
    if (at(Incoming::Running)) {
        finish(Outcome::Completed);
    }
}

void DestinationRun::stop_with(std::int32_t error, Call what, std::uint16_t about) {
    fail(error, what, about);
    const bool was_told = flow.outcome == Outcome::Completed;
    const bool loading = !at(Incoming::Starting);
    if (!move(Move::Fail)) {
        return;
    }
    if (was_told) {
        released();  // SHUT is long gone
        return;
    }
    if (loading) {
        report(Report::DstLoadvmCompleted, 1);
    }
    end(Outcome::Failed);
    shut(error);
}

/// The process exits (exit-on-error): its devices go back to the kernel one by one.
void DestinationRun::released() {
    if (threads_work()) {
        abort_threads();
        control_.threads.waited_for = threads_work();
        if (control_.threads.waited_for) {
            return;
        }
    }
    if (at(Incoming::FailedShut)) {
        flow.cursor = 0;
        move(config.exit_on_error && config.devices != 0 ? Move::Next : Move::Skip);
    } else if (at(Incoming::Release)) {
        device[flow.cursor].state = MigState::STOP;
        ++flow.cursor;
        move(flow.cursor < config.devices ? Move::More : Move::Next);
    }
    if (at(Incoming::Release)) {
        call(Call::ReleaseDevice, flow.cursor);
    } else if (at(Incoming::Failed)) {
        finish(Outcome::Failed);
    }
}

void DestinationRun::finish(Outcome outcome) {
    if (flow.outcome == Outcome::None) {
        end(outcome);
    }
    flow.finished = true;
    report(Report::Finished);
}

void step(DestinationControl& control, Device* device, DeviceThread* thread, const Event& event,
          const Config& config, const spec::Rules& rules, Effects& effects) {
    DestinationRun(control, device, thread, event, config, rules, effects).step();
}

bool ready_for_message(const DestinationControl& control) {
    return control.flow.ticket == 0 && !control.closed && !control.flow.finished &&
           control.threads.holder == 0 &&
           (is(control.incoming, Incoming::Idle) || is(control.incoming, Incoming::Ready));
}

bool vm_runs(const DestinationControl& control) {
    return is(control.flow.start, Start::Running) && control.flow.outcome == Outcome::Completed;
}

}  // namespace lmsim::host::vmm
