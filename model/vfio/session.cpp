#include "model/vfio/machine.hpp"
#include "model/vfio/reply.hpp"

namespace lmsim::vfio {

namespace {

using spec::Id;
using spec::Rules;

bool is_current(const DeviceState& device, std::uint32_t fd) {
    return device.sessions != 0 &&
           fd == data_fd(device.sessions, device.session == Session::Resuming);
}

/// Never handed out, or closed. Which of the earlier descriptors are closed the host knows.
bool is_unknown(const DeviceState& device, std::uint32_t fd) {
    const std::uint32_t session = fd >> 1;
    if (session == 0 || session > device.sessions) {
        return true;
    }
    return device.session != Session::None && session == device.sessions &&
           (!device.fd_open || !is_current(device, fd));
}

bool is_stale(const DeviceState& device, std::uint32_t fd) {
    return device.session == Session::None || !is_current(device, fd);
}

bool in_precopy(const DeviceState& device) {
    return device.state == MigState::PRE_COPY || device.state == MigState::PRE_COPY_P2P;
}

/// What read and write have in common, in the order of the kernel: the descriptor, then the driver.
Id stream_objection(const DeviceState& device, const Event& event, bool wrong_direction,
                    const Rules& rules) {
    if (refused(rules, Id::VfioFdUnknown, is_unknown(device, event.fd))) {
        return Id::VfioFdUnknown;
    }
    if (refused(rules, Id::VfioFdPositioned, event.positioned)) {
        return Id::VfioFdPositioned;
    }
    if (refused(rules, Id::VfioFdDirection, wrong_direction)) {
        return Id::VfioFdDirection;
    }
    if (refused(rules, Id::VfioFdStale, is_stale(device, event.fd))) {
        return Id::VfioFdStale;
    }
    return Id::Count;
}

}  // namespace

void on_read(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    const Id refusal = stream_objection(device, event, is_resuming_fd(event.fd), rules);
    if (refusal != Id::Count) {
        refuse(effects, event, rules, refusal);
        return;
    }
    if (event.length == 0 || device.ended) {
        reply(effects, event.ticket, Errno::Ok, 0);
        return;
    }
    if (event.available != 0) {
        const bool all = event.available <= event.length;
        reply(effects, event.ticket, Errno::Ok, all ? event.available : event.length);
        return;
    }
    if (event.producing) {
        if (refused(rules, Id::VfioFdWouldBlock, event.nonblocking)) {
            refuse(effects, event, rules, Id::VfioFdWouldBlock);
        } else {
            reply(effects, event.ticket, Errno::Ok).flags = reply_waits;
        }
        return;
    }
    if (refused(rules, Id::VfioFdDrained, in_precopy(device))) {
        refuse(effects, event, rules, Id::VfioFdDrained);
        return;
    }
    // hisi_acc, qat and mtty answer 0 in PRE_COPY too, where it does not mean the end.
    device.ended = device.state == MigState::STOP_COPY;
    reply(effects, event.ticket, Errno::Ok, 0);
}

void on_write(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    const Id refusal = stream_objection(device, event, !is_resuming_fd(event.fd), rules);
    if (refusal != Id::Count) {
        refuse(effects, event, rules, refusal);
        return;
    }
    const bool taken = event.error == Errno::Ok;
    reply(effects, event.ticket, event.error, taken ? event.length : 0);
}

void drop_fd(DeviceState& device, Effects& effects) {
    if (device.session == Session::None || !device.fd_open) {
        return;
    }
    device.fd_open = false;
    Effect& effect = effects.push(EffectKind::CloseSession);
    effect.token = static_cast<std::uint64_t>(device.session);
    effect.token2 = data_fd(device.sessions, device.session == Session::Resuming);
}

void on_close_fd(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    if (refused(rules, Id::VfioFdUnknown, is_unknown(device, event.fd))) {
        refuse(effects, event, rules, Id::VfioFdUnknown);
        return;
    }
    if (!is_stale(device, event.fd)) {
        drop_fd(device, effects);
    }
    reply(effects, event.ticket, Errno::Ok);
}

void on_precopy_info(DeviceState& device, const Event& event, const Rules& rules,
                     Effects& effects) {
    const struct {
        Id condition;
        bool holds;
    } checks[] = {
        {Id::VfioFdUnknown, is_unknown(device, event.fd)},
        {Id::VfioFdUnknownIoctl, is_resuming_fd(event.fd)},
        {Id::VfioFeatureFault, event.fault},
        {Id::VfioPrecopyInfoShort, event.argsz < precopy_info_size},
        {Id::VfioPrecopyInfoState, !in_precopy(device)},
        {Id::VfioFdStale, is_stale(device, event.fd)},
        {Id::VfioFeatureFault, event.reply_fault},
    };
    for (const auto& check : checks) {
        if (refused(rules, check.condition, check.holds)) {
            refuse(effects, event, rules, check.condition);
            return;
        }
    }
    Effect& effect = reply(effects, event.ticket, Errno::Ok, event.initial);
    effect.token3 = event.dirty;
    const bool may_tell = device.precopy_info_v2 || !rules.on(Id::VfioPrecopyReinitOptIn);
    effect.flags = event.reinit && may_tell ? reply_reinit : 0;
}

void on_other_ioctl(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    if (refused(rules, Id::VfioFdUnknown, is_unknown(device, event.fd))) {
        refuse(effects, event, rules, Id::VfioFdUnknown);
    } else if (rules.on(Id::VfioFdUnknownIoctl)) {
        refuse(effects, event, rules, Id::VfioFdUnknownIoctl);
    } else {
        reply(effects, event.ticket, Errno::Ok);
    }
}

}  // namespace lmsim::vfio
