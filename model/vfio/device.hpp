#pragma once

#include <cstdint>
#include <type_traits>

#include "model/spec/rules.hpp"
#include "model/step.hpp"
#include "model/vfio/errno.hpp"
#include "model/vfio/uapi.hpp"

namespace lmsim::vfio {

enum class Session : std::uint8_t { None, Saving, Resuming };

/// One migratable device as VFIO's user sees it: the driver's lock, state and data_fd.
struct DeviceState {
    MigState state = MigState::RUNNING;
    std::uint8_t flags = STOP_COPY_FLAG;  // MigFlag bits; 0: the driver cannot migrate
    bool log_ops = false;                 // the driver can log DMA

    // The SET under way. hop is the number of the arc in flight, from 1; 0: none is under way.
    std::uint8_t hop = 0;
    MigState next = MigState::ERROR;    // where that arc leads
    MigState target = MigState::ERROR;  // where the SET leads
    bool reset_pending = false;         // a reset came during the SET
    bool reply_fault = false;           // the SET's answer cannot be written
    std::uint32_t ticket = 0;           // of the SET

    Session session = Session::None;
    bool fd_open = false;          // the user has not closed the session's data_fd
    bool ended = false;            // its read() answered 0 in STOP_COPY: for good
    std::uint16_t sessions = 0;    // begun so far, the present one included
    bool logging = false;          // DMA logging, independent of the state
    bool precopy_info_v2 = false;  // MIG_PRECOPY_INFOv2 was set

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.state, self.flags, self.log_ops, self.hop, self.next, self.target,
              self.reset_pending, self.reply_fault, self.ticket, self.session, self.fd_open,
              self.ended, self.sessions, self.logging, self.precopy_info_v2);
    }
};
static_assert(std::is_trivially_copyable_v<DeviceState> && sizeof(DeviceState) <= 64);

/// A device whose driver registers with these MigFlag bits.
constexpr DeviceState make_device(std::uint8_t flags, bool log_ops) {
    DeviceState device;
    device.flags = flags;
    device.log_ops = log_ops;
    return device;
}

constexpr bool walking(const DeviceState& device) { return device.hop != 0; }

/// The data_fd of the latest session: a number of the model's own, unique per device until 32767
/// sessions have begun; the host maps it to a descriptor. Its lowest bit tells the direction.
constexpr std::uint32_t data_fd(std::uint16_t session, bool resuming) {
    return (std::uint32_t{session} << 1) | (resuming ? 1U : 0U);
}
constexpr bool is_resuming_fd(std::uint32_t fd) { return (fd & 1U) != 0; }

enum class EventKind : std::uint8_t {
    SetState,      // target
    GetState,      //
    ArcDone,       // answers DriverArc: ticket, error, fatal
    Reset,         // VFIO_DEVICE_RESET, or an FLR that the host asked for
    CloseDevice,   // the last descriptor of the device is closed
    Read,          // fd, length, available; nonblocking, positioned, producing
    Write,         // fd, length, error (what the driver says to the bytes); positioned
    CloseFd,       // fd
    PrecopyInfo,   // fd, argsz, initial, dirty; fault, reinit
    OtherFdIoctl,  // fd
    DataSize,      // available: the driver's estimate of the STOP_COPY bytes
    EnablePrecopyInfoV2,
    LogStart,  // error: what check_log_start() or the driver said
    LogStop,
    LogReport,  // error: what check_log_report() or the driver said
};

/// What happens to a device. Made by the functions below; the header of VFIO_DEVICE_FEATURE is
/// checked before, by check_feature().
struct Event {
    EventKind kind = EventKind::GetState;
    bool fatal = false;        // ArcDone: the device is in ERROR
    bool nonblocking = false;  // O_NONBLOCK
    bool positioned = false;   // pread, pwrite
    bool producing = false;    // the driver will have more bytes without another SET
    bool fault = false;        // the structure cannot be read: EFAULT before anything happens
    bool reply_fault = false;  // the answer cannot be written: EFAULT after everything happened
    bool reinit = false;       // initial_bytes was armed again
    Errno error = Errno::Ok;
    std::uint32_t ticket = 0;  // comes back in the Reply
    std::uint32_t target = 0;  // as the user wrote it: any 32 bits
    std::uint32_t fd = 0;
    std::uint32_t argsz = 0;
    std::uint64_t length = 0;     // bytes
    std::uint64_t available = 0;  // bytes
    std::uint64_t initial = 0;    // bytes
    std::uint64_t dirty = 0;      // bytes
};
static_assert(std::is_trivially_copyable_v<Event>);

/// Flag bits of the Reply effect.
enum ReplyFlag : std::uint8_t {
    reply_waits = 1,   // no answer yet: the caller blocks; present the event again later
    reply_reinit = 2,  // VFIO_PRECOPY_INFO_REINIT
};

/// One step. Effects, in order of what happens:
///   DriverArc    token = from, token2 = to, ticket = hop: answer with arc_done(ticket, ...)
///   OpenSession  token = Session, token2 = data_fd
///   CloseSession token = Session, token2 = data_fd: from now on stale
///   EnterState   token = new state, token2 = old state, token3 = spec::Id of the arc's rule
///   Reply        ticket = the event's, token = Errno, token2 = data_fd or -1 (SetState, GetState),
///                bytes (Read, Write, DataSize), initial_bytes (PrecopyInfo); token3 = state
///                (SetState, GetState, Reset), dirty_bytes (PrecopyInfo)
/// Every event but ArcDone is answered by exactly one Reply, a SetState possibly in a later step.
/// An ArcDone with a ticket that is not in flight is ignored.
void step(DeviceState& device, const Event& event, const spec::Rules& rules, Effects& effects);

/// What registration of a driver with these flags answers (vfio_pci_core_register_device).
Errno check_registration(std::uint8_t flags, const spec::Rules& rules);

}  // namespace lmsim::vfio
