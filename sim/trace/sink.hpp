#pragma once

#include <cstdint>
#include <string_view>

#include "model/check/observation.hpp"
#include "sim/metrics/part.hpp"

namespace lmsim::sim::trace {

using metrics::Device;
using metrics::no_device;
using metrics::Side;

constexpr Ps not_reached = -1;

constexpr std::uint16_t no_queue = 0xffff;

/// A machine of a component took a row of its table, which enters a state (or stays there), or a
/// VMM has come to a checkpoint.
struct StateRecord {
    Ps at = 0;
    Side side = Side::Source;
    Device vf = no_device;
    std::string_view machine;  // its table's name, or "vmm" of a checkpoint
    std::string_view state;    // as the table names it, or the checkpoint
    // The row that was taken, as its table names its parts; empty of a checkpoint.
    std::string_view from = {};
    std::string_view event = {};
    std::string_view rule = {};      // requirement id
    std::uint16_t queue = no_queue;  // QID or CDQID, of a queue's machine
};

/// A command from its submission to its end: an I/O of the guest, or an admin command (qid 0).
/// A time that was not reached is `not_reached`.
struct CommandRecord {
    Ps submit = not_reached;    // the doorbell rings
    Ps fetch = not_reached;     // the controller has the entry
    Ps post = not_reached;      // the completion starts on the link
    Ps complete = not_reached;  // the submitter has seen the completion
    Side side = Side::Source;   // that completed it
    Device vf = no_device;      // no_device: the PF
    std::uint16_t qid = 0;
    std::uint16_t cid = 0;
    std::uint8_t opcode = 0;
    std::uint16_t status = 0;  // status field of the completion without the phase tag
    std::uint32_t length = 0;  // bytes
    std::uint64_t slba = 0;
    std::uint32_t cdw10 = 0;  // of an admin command, as the rest: what it asks for in detail
    std::uint32_t cdw11 = 0;
    Device for_vf = no_device;  // the VF that the driver sent it for
};

/// A phase of the migration or a call of the VMM begins or ends.
struct PhaseRecord {
    Ps at = 0;
    bool begin = true;
    Side side = Side::Source;
    Device vf = no_device;
    std::string_view name;         // "precopy", "switchover", "SetDeviceState"
    std::int32_t error = 0;        // at the end: errno, 0 is success
    std::uint64_t amount = 0;      // at the end: bytes moved, if any
    std::string_view detail = {};  // of a call, what it asks for: "STOP_COPY"
};

/// Something happened to the log of user data changes of a VF.
struct LogRecord {
    Ps at = 0;
    Side side = Side::Source;
    Device vf = no_device;
    std::string_view what;   // "range", "marker", "tail event", "full event", "lost", "restarted"
    std::string_view place;  // of an entry, its ESA: "ordinary", "first", "stopped", ...
    std::uint32_t nsid = 0;  // of a range, as the rest
    std::uint64_t slba = 0;
    std::uint64_t blocks = 0;  // 0: the whole namespace
    bool deallocated = false;
};

/// A pass over dirty memory began.
struct RoundRecord {
    Ps at = 0;
    std::uint32_t round = 0;
    std::uint64_t dirty_bytes = 0;
    std::uint64_t sent_bytes = 0;  // so far, on the whole channel
};

/// What one direction of a link did since its last record. Idle spans after an idle one are left
/// out.
struct LinkRecord {
    Ps at = 0;    // end of the span
    Ps span = 0;  // at least the sampling interval
    Side side = Side::Source;
    std::string_view link;  // of a device: "up", "down"; of the network: "forward", "back"
    Ps busy = 0;            // of the span
};

/// Something that an invariant looks at and no record of another kind says.
struct SeenRecord {
    Ps at = 0;
    check::Observation seen;  // its host: the side; vf: check::no_vf if it is of none
};

/// Is this told as a record of its own? The rest is in records of other kinds, or happens with
/// every command and is told only where it breaks an invariant.
constexpr bool is_own_record(check::What what) {
    switch (what) {
        case check::What::Submitted:
        case check::What::Posted:
        case check::What::Completed:
        case check::What::Fetches:
        case check::What::Reads:
        case check::What::Writes:
        case check::What::Interrupts:
        case check::What::QueueCreated:
        case check::What::QueueDeleted:
        case check::What::Suspending:  // commands are recorded when they have arrived
        case check::What::Suspended:
        case check::What::Resumed:
        case check::What::VfioState:
        case check::What::Logged:
        case check::What::LogLost: return false;
        default: return true;
    }
}

/// What happens in a run, told as it happens. Whoever writes a format derives from it; this class
/// itself lets everything pass. Texts are used before the call returns.
class TraceSink {
  public:
    virtual ~TraceSink() = default;
    virtual void state(const StateRecord&) {}
    virtual void command(const CommandRecord&) {}
    virtual void phase(const PhaseRecord&) {}
    virtual void round(const RoundRecord&) {}
    virtual void log(const LogRecord&) {}
    virtual void link(const LinkRecord&) {}
    virtual void seen(const SeenRecord&) {}
    /// A command is on its way, command() will tell of it at its end: for queue depths. The files
    /// of records have no line for it.
    virtual void submitted(Ps /*at*/, Side /*side*/, Device /*vf*/, std::uint16_t /*qid*/) {}
    /// MSI-X was off or masked for good when the interrupt came.
    virtual void interrupt_lost(Ps /*at*/, Side /*side*/, Device /*vf*/) {}
    virtual void note(Ps /*at*/, std::string_view /*text*/) {}
};

}  // namespace lmsim::sim::trace
