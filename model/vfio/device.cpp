#include "model/vfio/device.hpp"

#include "model/vfio/machine.hpp"
#include "model/vfio/reply.hpp"

namespace lmsim::vfio {

namespace {

using spec::Id;
using spec::Rules;

/// The answer to a SetState. The lock is free again before the answer is written, so a reset that
/// waited comes first, and the data_fd in the answer may already be stale.
void end_set(DeviceState& device, Errno error, std::uint64_t fd, const Rules& rules,
             Effects& effects) {
    const bool reset = device.reset_pending;
    const bool fault = refused(rules, Id::VfioFeatureFault, device.reply_fault);
    device.hop = 0;
    device.reset_pending = false;
    device.reply_fault = false;
    if (reset) {
        take_reset(device, rules, effects);
    }
    if (fault) {
        if (fd != no_fd) {
            drop_fd(device, effects);
        }
        error = error_of(rules, Id::VfioFeatureFault);
        fd = no_fd;
    }
    reply(effects, device.ticket, error, fd).token3 = static_cast<std::uint64_t>(device.state);
    device.ticket = 0;
    device.next = MigState::ERROR;
    device.target = MigState::ERROR;
}

void start_arc(DeviceState& device, MigState next, Effects& effects) {
    ++device.hop;
    device.next = next;
    Effect& effect = effects.push(EffectKind::DriverArc);
    effect.ticket = device.hop;
    effect.token = static_cast<std::uint64_t>(device.state);
    effect.token2 = static_cast<std::uint64_t>(next);
}

NextState next_hop(const DeviceState& device, std::uint32_t target, const Rules& rules) {
    return next_state(static_cast<std::uint32_t>(device.state), target, device.flags, rules);
}

/// Why a SET cannot even begin, as the condition that says so; Count when it can.
Id objection(const DeviceState& device, const Event& event, const Rules& rules) {
    if (refused(rules, Id::VfioFeatureNoSupport, device.flags == 0)) {
        return Id::VfioFeatureNoSupport;
    }
    if (refused(rules, Id::VfioFeatureFault, event.fault)) {
        return Id::VfioFeatureFault;
    }
    return Id::Count;
}

void on_set_state(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    const Id refusal = objection(device, event, rules);
    if (refusal != Id::Count) {
        refuse(effects, event, rules, refusal, no_fd);
        return;
    }
    device.ticket = event.ticket;
    device.reply_fault = event.reply_fault;
    const auto current = static_cast<std::uint32_t>(device.state);
    if (event.target == current && rules.on(Id::VfioSetSameState)) {
        end_set(device, Errno::Ok, no_fd, rules, effects);
        return;
    }
    const NextState next = next_hop(device, event.target, rules);
    if (next.error != Errno::Ok || next.state == device.state) {
        // A driver that does not test it takes the SET for done.
        const bool broken = device.state == MigState::ERROR;
        const Id condition = broken ? Id::VfioSetFromError : Id::VfioSetNoPath;
        const bool tested = rules.on(condition);
        end_set(device, tested ? error_of(rules, condition) : Errno::Ok, no_fd, rules, effects);
        return;
    }
    device.target = static_cast<MigState>(event.target);
    start_arc(device, next.state, effects);
}

void on_arc_failed(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    if (event.fatal) {
        take_failure(device, rules, effects);
    }
    end_set(device, event.error == Errno::Ok ? Errno::Io : event.error, no_fd, rules, effects);
}

void on_arc_done(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    if (!walking(device) || event.ticket != device.hop) {
        return;
    }
    if (event.error != Errno::Ok || event.fatal) {
        on_arc_failed(device, event, rules, effects);
        return;
    }
    const std::uint16_t sessions = device.sessions;
    if (!take_arc(device, device.next, rules, effects)) {
        end_set(device, error_of(rules, Id::VfioSetNoPath), no_fd, rules, effects);
        return;
    }
    const bool opened = device.sessions != sessions;
    if (device.state == device.target) {
        const bool resuming = device.session == Session::Resuming;
        end_set(device, Errno::Ok, opened ? data_fd(device.sessions, resuming) : no_fd, rules,
                effects);
        return;
    }
    if (refused(rules, Id::VfioSetFdNotLast, opened)) {
        drop_fd(device, effects);
        end_set(device, error_of(rules, Id::VfioSetFdNotLast), no_fd, rules, effects);
        return;
    }
    const NextState next = next_hop(device, static_cast<std::uint32_t>(device.target), rules);
    if (next.error != Errno::Ok) {
        end_set(device, error_of(rules, Id::VfioSetNoPath), no_fd, rules, effects);
        return;
    }
    start_arc(device, next.state, effects);
}

void on_get_state(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    Id refusal = objection(device, event, rules);
    if (refusal == Id::Count && refused(rules, Id::VfioFeatureFault, event.reply_fault)) {
        refusal = Id::VfioFeatureFault;
    }
    if (refusal != Id::Count) {
        refuse(effects, event, rules, refusal, no_fd);
        return;
    }
    reply(effects, event.ticket, Errno::Ok, no_fd).token3 =
        static_cast<std::uint64_t>(device.state);
}

void on_reset(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    if (walking(device)) {
        device.reset_pending = true;
    } else {
        take_reset(device, rules, effects);
    }
    reply(effects, event.ticket, Errno::Ok).token3 = static_cast<std::uint64_t>(device.state);
}

void on_close_device(DeviceState& device, const Event& event, const Rules& rules,
                     Effects& effects) {
    take_reset(device, rules, effects);
    device.logging = false;
    device.precopy_info_v2 = false;
    reply(effects, event.ticket, Errno::Ok).token3 = static_cast<std::uint64_t>(device.state);
}

/// Calls on the data_fd have a lock of their own; what needs the migration state waits for the SET.
bool waits(const DeviceState& device, const Event& event, const Rules& rules) {
    if (!walking(device)) {
        return false;
    }
    switch (event.kind) {
        case EventKind::SetState:
        case EventKind::CloseDevice: return true;
        case EventKind::Reset: return !rules.on(Id::VfioResetDeferred);
        case EventKind::GetState:
        case EventKind::PrecopyInfo:
        case EventKind::DataSize:
        case EventKind::LogStart:
        case EventKind::LogStop:
        case EventKind::LogReport: return rules.on(Id::VfioOneAtATime);
        case EventKind::ArcDone:
        case EventKind::Read:
        case EventKind::Write:
        case EventKind::CloseFd:
        case EventKind::OtherFdIoctl:
        case EventKind::EnablePrecopyInfoV2: return false;
    }
    return false;
}

}  // namespace

void step(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    if (waits(device, event, rules)) {
        reply(effects, event.ticket, Errno::Ok).flags = reply_waits;
        return;
    }
    switch (event.kind) {
        case EventKind::SetState: return on_set_state(device, event, rules, effects);
        case EventKind::GetState: return on_get_state(device, event, rules, effects);
        case EventKind::ArcDone: return on_arc_done(device, event, rules, effects);
        case EventKind::Reset: return on_reset(device, event, rules, effects);
        case EventKind::CloseDevice: return on_close_device(device, event, rules, effects);
        case EventKind::Read: return on_read(device, event, rules, effects);
        case EventKind::Write: return on_write(device, event, rules, effects);
        case EventKind::CloseFd: return on_close_fd(device, event, rules, effects);
        case EventKind::PrecopyInfo: return on_precopy_info(device, event, rules, effects);
        case EventKind::OtherFdIoctl: return on_other_ioctl(device, event, rules, effects);
        case EventKind::DataSize: return on_data_size(device, event, rules, effects);
        case EventKind::EnablePrecopyInfoV2:
            return on_enable_precopy_v2(device, event, rules, effects);
        case EventKind::LogStart: return on_log_start(device, event, rules, effects);
        case EventKind::LogStop: return on_log_stop(device, event, rules, effects);
        case EventKind::LogReport: return on_log_report(device, event, rules, effects);
    }
}

Errno check_registration(std::uint8_t flags, const Rules& rules) {
    const bool missing = flags != 0 && (flags & STOP_COPY_FLAG) == 0;
    return refused(rules, Id::VfioRegisterNoStopCopy, missing)
               ? error_of(rules, Id::VfioRegisterNoStopCopy)
               : Errno::Ok;
}

std::string_view to_string(MigState state) {
    switch (state) {
        case MigState::ERROR: return "ERROR";
        case MigState::STOP: return "STOP";
        case MigState::RUNNING: return "RUNNING";
        case MigState::STOP_COPY: return "STOP_COPY";
        case MigState::RESUMING: return "RESUMING";
        case MigState::RUNNING_P2P: return "RUNNING_P2P";
        case MigState::PRE_COPY: return "PRE_COPY";
        case MigState::PRE_COPY_P2P: return "PRE_COPY_P2P";
    }
    return "?";
}

}  // namespace lmsim::vfio
