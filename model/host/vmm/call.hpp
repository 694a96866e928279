#pragma once

#include <cstdint>

#include "model/vfio/uapi.hpp"

namespace lmsim::host::vmm {

using vfio::MigState;

/// Effect::function of a call that is not about one device.
constexpr std::uint16_t no_device = 0xffff;

/// What the engine asks of its host: Effect{kind = Call, token = this, ticket, function = device}.
/// One call is outstanding at a time in each thread: the main one of each side, and where device
/// state takes channels of its own one of each device; Event::Answer with its ticket answers it.
/// `error` is 0 or an errno; the text names the values of the answer.
enum class Call : std::uint8_t {
    None,

    // Both sides
    SetDeviceState,  // token2 = MigState wanted, token3 = the state it has: VFIO_DEVICE_FEATURE SET
    ResetDevice,     // VFIO_DEVICE_RESET; afterwards the device runs
    ResumeVcpus,     // error ignored: it cannot fail in QEMU

    // Source
    DirtyLogStart,      // RAM and the DMA of every device; the VM runs
    DirtyLogStop,       // error ignored
    QueryStopCopySize,  // value0 = bytes (MIG_DATA_SIZE). An error is not one of the migration
    QueryPrecopyInfo,   // value0 = initial, value1 = dirty bytes, length = 1 if the initial bytes
                        // are armed again (VFIO_PRECOPY_INFO_REINIT). An error counts as 0, 0
    RamSyncBitmap,      // token2 = 1 the last one. value0 = dirty pages in all, value1 = of these
                        // new; length (Cloud Hypervisor) = dirty before, and written again
    RamSendSlice,       // length = stop when so many bytes are sent, 0 none; token2 = stop after a
                        // page whose number in the slice (from 0) is a multiple of 64 when more
                        // than so many whole ms have passed, 0 none; token3 = 1 the last one. Stops
                        // also when no page is dirty. value0 = bytes on the wire, value1 = dirty
                        // pages left
    ReadDeviceBlock,    // length = at most. value0 = bytes read, 0 = the end (ENOMSG counts as 0)
    SendDeviceBlock,  // length = data just read, address = framing bytes, token3 = Marker. Answered
                      // when the channel has taken it. value0 = bytes on the wire
    PauseVcpus,
    BlockFlush,       // drain and flush all block devices
    SaveNonIterable,  // of one device: its config space with MSI-X; of no_device: CPUs and the
                      // rest. value0 = bytes on the wire
    CloseChannel,     // both directions; error ignored

    // Both sides: token2 = Message, token3 = error code of Shut. value0 = bytes on the wire
    SendMessage,

    // Destination
    LoadRam,           // length = bytes of a Ram section
    WriteDeviceBlock,  // length = bytes, the data_fd in RESUMING
    LoadNonIterable,   // of one device or no_device, as saved
    ReleaseDevice,  // the process exits: the kernel disables and resets the device. Error ignored

    // Both sides: a thread of one device is created. What it calls has tickets with thread_mark,
    // and may be under way beside the call of the main thread and those of other threads.
    StartThread,
    QueueDevicePacket,  // source: token2 = its number, length = data just read, or token3 = 1 and
                        // the configuration space; address = framing bytes. Copied, and answered
                        // when a channel has taken it. value0 = bytes on the wire

    SendState,  // source, Cloud Hypervisor: the whole snapshot as one message; length = what the
                // state of devices takes in it. value0 = bytes on the wire
};

/// Set in the tickets of a device's thread. A destination's thread writes the packet that token2 of
/// WriteDeviceBlock names.
constexpr std::uint32_t thread_mark = std::uint32_t{1} << 31;

/// The device of such a ticket.
constexpr std::uint16_t thread_of(std::uint32_t ticket) {
    return static_cast<std::uint16_t>(ticket >> 8 & 0x1ff);
}

/// What goes over the channel, in order. Ram, DeviceData and NonIterable are the sections that
/// RamSendSlice, SendDeviceBlock and SaveNonIterable put there; the others go by SendMessage.
enum class Message : std::uint8_t {
    None,
    Header,           // the stream begins; opens the return path where there is one
    Ram,              // length
    DeviceData,       // device, length (may be 0), marker
    SwitchoverStart,  // since 10.0
    NonIterable,      // device or no_device
    End,              // QEMU_VM_EOF, flushed
    // Return path
    Ack,   // MIG_RP_MSG_SWITCHOVER_ACK
    Shut,  // MIG_RP_MSG_SHUT with an error code
    // Cloud Hypervisor: requests, which Ok answers, as it does Ram; with an error code if refused
    Begin,
    Setup,  // its Config: the VM's configuration
    State,
    Complete,
    Ok,
};

/// What ends a section of device data.
enum class Marker : std::uint8_t {
    None,          // more blocks follow in the section
    EndOfState,    // VFIO_MIG_FLAG_END_OF_STATE
    InitDataSent,  // VFIO_MIG_FLAG_DEV_INIT_DATA_SENT
    ConfigSpace,   // of a packet: VFIO_DEVICE_STATE_CONFIG_STATE, the last one of its device
};

/// Effect{kind = Report, token = this, token2 = value, function = device}: for results and traces.
enum class Report : std::uint8_t {
    None,
    SetupEnds,         // ms since Start
    PendingEstimate,   // bytes; token3 = threshold
    PendingExact,      // bytes; token3 = threshold
    Window,            // bytes transferred; token3 = threshold, length = ms
    ExpectedDowntime,  // ms, as query-migrate prints it
    DirtySync,         // number of the synchronization; token3 = dirty bytes
    DeviceState,       // device; token2 = MigState it has now
    CpuThrottle,       // percent of their time that the vCPUs sleep from now on: the host obeys

    // Checkpoints (trace vmstate_downtime_checkpoint)
    SrcDowntimeStart,
    SrcVmStopped,
    SrcIterableSaved,
    SrcNonIterableSaved,
    SrcFlushed,          // not a checkpoint of QEMU: token2 = downtime without return path, ms
    SrcDowntimeEnd,      // token2 = downtime that QEMU prints, ms
    TotalTime,           // ms since Start, bytes in token3
    DstLoadvmCompleted,  // token2 = 1 if it has failed
    DstBhEnter,
    DstBhAnnounced,
    DstBhVmStarted,
    DstVcpusResumed,  // not a checkpoint of QEMU: with autostart just before DstBhVmStarted

    FirstError,  // device or no_device; token2 = errno, token3 = Call or 0: what ends the migration
    Outcome,     // token2 = Outcome, when query-migrate would say so
    Finished,    // nothing more will be asked
};

enum class Outcome : std::uint8_t {
    None,
    Completed,
    Failed,
    Cancelled,
    Aborted,  // a device could be neither set nor reset: QEMU ends itself, and the VM with it
};

enum class EventKind : std::uint8_t {
    None,
    Start,          // both sides, once
    Answer,         // ticket, error, value0, value1
    TimerFired,     // ticket; the source's only timer is the sleep to the end of a window
    Cancel,         // source: migrate_cancel
    ReturnPath,     // source: message = Ack, or Shut with error; Shut also when the path breaks
    Message,        // destination, only when ready_for_message()
    ChannelClosed,  // destination: the source closed, or broke; after all that was sent before
    Continue,       // destination: start a VM that waits loaded
    Quit,           // destination: the user ends a VM that waits loaded
    DevicePacket,   // destination: the packet of `device` with number value0 has come, and all
                    // before it; length, marker; value1 = bytes of this device that wait to be
                    // written
};

/// A verdict that replaces a computed one: the explorer's way to try both.
enum class Verdict : std::uint8_t { Computed, No, Yes };

/// What happens to either side. `now_ms` is a clock that does not jump, truncated to ms as QEMU
/// reads it; the engine knows no other.
struct Event {
    EventKind kind = EventKind::None;
    Message message = Message::None;
    Marker marker = Marker::None;
    Verdict quota = Verdict::Computed;  // is the window's quota spent?
    Verdict exact = Verdict::Computed;  // is the estimate below the threshold?
    Verdict ready = Verdict::Computed;  // do the pending bytes fit?
    std::uint16_t device = no_device;
    std::uint32_t ticket = 0;
    std::int32_t error = 0;
    std::int64_t now_ms = 0;
    std::uint64_t value0 = 0;
    std::uint64_t value1 = 0;
    std::uint64_t length = 0;  // of a message; of some answers, see Call
    std::int64_t now_ns = 0;   // the same clock; Cloud Hypervisor alone looks at it
};

}  // namespace lmsim::host::vmm
