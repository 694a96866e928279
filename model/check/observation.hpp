#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lmsim::check {

/// What somebody saw happen. Who tells it: whoever runs the model (the explorer while it performs
/// effects, the simulator), reads a trace or stands beside a real device. Tell what you know: no
/// invariant needs all of it, and one whose facts are missing does not fall.
enum class What : std::uint8_t {
    // The VM. `host` is where.
    VmRuns,   // its vCPUs run from now on
    VmStops,  // they stand still
    VmEnds,   // the VMM has given the VM up: QEMU ended itself

    // The migration as a whole.
    MigrationBegins,
    MigrationCompleted,
    MigrationAborted,  // failed or cancelled: the source has to run as before

    // Commands of the guest: vf, queue, cid. Opened and closed by the guest, posted by a device.
    Submitted,  // the doorbell rings; flags may_wait
    Posted,     // the completion leaves the controller of `host`
    Completed,  // the guest takes the completion, on `host`
    Abandoned,  // the guest gives it up (its own reset); with cid every_cid: all of the VF

    // The controller of a VF: host, vf. Told in the order of the effects.
    QueueCreated,  // queue; flags is_cq
    QueueDeleted,  // the same
    Suspended,
    Resumed,
    Reset,       // any reset of the function: queues are gone, it is not suspended
    Fetches,     // queue: asks for a submission entry
    Reads,       // any other DMA read; value: buffer
    Writes,      // data or a completion; value: buffer; flags outside
    Interrupts,  // sends an MSI

    // Controller state: value is a digest (or a token) of it.
    StateSaved,   // all of it has left the source's device
    StateLoaded,  // all of it is in the destination's device, as that one would save it now

    // The VFIO device: host, vf.
    VfioState,      // value: vfio_device_mig_state that was entered, value2: the one before
    SessionOpened,  // cid: number of the data_fd; flags saving
    SessionClosed,  // cid
    SessionUsed,    // cid: a read, write or ioctl on it that succeeded; flags saving of a read

    // Memory that a device may use: value is its number, from 1; 0 is what nobody gave.
    BufferGiven,
    BufferTaken,  // its owner has it back

    // Memory of the VM: value is the page.
    PageWritten,    // by the guest or a device, on the host that runs the VM
    PageSent,       // its content of now is on its way to the destination
    MemoryArrived,  // the stream is loaded; value: pages that are known to differ

    // Changes of user data (NVMe Base 2.3, 8.1.28): vf; value: first block, value2: blocks.
    LogStarts,  // from now on all changes are logged; what is there is in the first copy
    Changed,    // on the media of the source
    Logged,     // the host took the log's entry of it; value2 0: everything
    LogLost,    // the host knows that changes are missing: everything is copied again
    LogStops,   // and nobody needs it any more

    // Controller Data Queues: host, queue: CDQID.
    CdqCreated,  // value: entries
    CdqPosted,   // value: slot, value2: phase
    CdqTaken,    // the host has consumed it; value: slot, value2: phase
    CdqHead,     // the controller was told the head; value: slot
    CdqDeleted,
};

constexpr std::uint16_t no_vf = 0xffff;  // the PF, or none
constexpr std::uint16_t every_vf = 0xfffe;
constexpr std::uint16_t every_cid = 0xffff;

namespace flag {
constexpr std::uint8_t may_wait = 1;  // Submitted: need never complete (AER)
constexpr std::uint8_t is_cq = 1;     // QueueCreated, QueueDeleted
constexpr std::uint8_t saving = 1;    // Session*: on the source, read by the VMM
constexpr std::uint8_t outside = 1;   // Writes: no memory of the function's owner
}  // namespace flag

constexpr std::uint8_t source = 0;
constexpr std::uint8_t destination = 1;
constexpr std::uint8_t hosts = 2;

/// 32 plain bytes. What a field means stands beside its What; the others are 0.
struct Observation {
    What what = What::VmRuns;
    std::uint8_t host = source;
    std::uint8_t flags = 0;
    std::uint16_t vf = no_vf;  // 0 is the first
    std::uint16_t queue = 0;
    std::uint16_t cid = 0;
    std::uint64_t value = 0;
    std::uint64_t value2 = 0;
};
static_assert(std::is_trivially_copyable_v<Observation> && sizeof(Observation) <= 32);

/// "source VF 1: completion of queue 1 command 5 posted": for messages and counterexamples.
std::string_view to_string(What what);

}  // namespace lmsim::check
