#pragma once

#include "model/vfio/device.hpp"

// The events of a device, one function each. Tickets are the caller's; sizes are bytes.
namespace lmsim::vfio {

constexpr Event make_event(EventKind kind, std::uint32_t ticket) {
    Event event;
    event.kind = kind;
    event.ticket = ticket;
    return event;
}

constexpr Event set_state(std::uint32_t target, std::uint32_t ticket = 0) {
    Event event = make_event(EventKind::SetState, ticket);
    event.target = target;
    return event;
}
constexpr Event set_state(MigState target, std::uint32_t ticket = 0) {
    return set_state(static_cast<std::uint32_t>(target), ticket);
}

constexpr Event get_state(std::uint32_t ticket = 0) {
    return make_event(EventKind::GetState, ticket);
}

/// Answers the DriverArc with this ticket. An error leaves the device where it was before the arc;
/// a fatal one leaves it in ERROR.
constexpr Event arc_done(std::uint32_t ticket, Errno error = Errno::Ok, bool fatal = false) {
    Event event = make_event(EventKind::ArcDone, ticket);
    event.error = error;
    event.fatal = fatal;
    return event;
}

constexpr Event reset(std::uint32_t ticket = 0) { return make_event(EventKind::Reset, ticket); }

constexpr Event close_device(std::uint32_t ticket = 0) {
    return make_event(EventKind::CloseDevice, ticket);
}

/// `available` is what the driver holds for this session; `producing`, that it will hold more
/// without being asked, as while it saves in the background.
constexpr Event read(std::uint32_t fd, std::uint64_t length, std::uint64_t available,
                     bool producing = false, std::uint32_t ticket = 0) {
    Event event = make_event(EventKind::Read, ticket);
    event.fd = fd;
    event.length = length;
    event.available = available;
    event.producing = producing;
    return event;
}

/// `error` is what the driver says to the bytes: too many, or not its own.
constexpr Event write(std::uint32_t fd, std::uint64_t length, Errno error = Errno::Ok,
                      std::uint32_t ticket = 0) {
    Event event = make_event(EventKind::Write, ticket);
    event.fd = fd;
    event.length = length;
    event.error = error;
    return event;
}

constexpr Event close_fd(std::uint32_t fd, std::uint32_t ticket = 0) {
    Event event = make_event(EventKind::CloseFd, ticket);
    event.fd = fd;
    return event;
}

constexpr Event precopy_info(std::uint32_t fd, std::uint64_t initial, std::uint64_t dirty,
                             std::uint32_t ticket = 0) {
    Event event = make_event(EventKind::PrecopyInfo, ticket);
    event.fd = fd;
    event.argsz = precopy_info_size;
    event.initial = initial;
    event.dirty = dirty;
    return event;
}

constexpr Event other_fd_ioctl(std::uint32_t fd, std::uint32_t ticket = 0) {
    Event event = make_event(EventKind::OtherFdIoctl, ticket);
    event.fd = fd;
    return event;
}

constexpr Event data_size(std::uint64_t bytes, std::uint32_t ticket = 0) {
    Event event = make_event(EventKind::DataSize, ticket);
    event.available = bytes;
    return event;
}

constexpr Event enable_precopy_info_v2(std::uint32_t ticket = 0) {
    return make_event(EventKind::EnablePrecopyInfoV2, ticket);
}

constexpr Event log_start(Errno error = Errno::Ok, std::uint32_t ticket = 0) {
    Event event = make_event(EventKind::LogStart, ticket);
    event.error = error;
    return event;
}
constexpr Event log_stop(std::uint32_t ticket = 0) {
    return make_event(EventKind::LogStop, ticket);
}
constexpr Event log_report(Errno error = Errno::Ok, std::uint32_t ticket = 0) {
    Event event = make_event(EventKind::LogReport, ticket);
    event.error = error;
    return event;
}

}  // namespace lmsim::vfio
