#pragma once

#include <cstdint>

#include "model/check/bounds.hpp"
#include "model/check/data_queue.hpp"
#include "model/host/udmq.hpp"
#include "model/nvme/state.hpp"

// The explored state of a LogWorld; nobody else includes it.
namespace lmsim::explore {

/// How far the migration of the user data is, as the VMM sees it.
enum class LogPhase : std::uint8_t {
    Idle,        // nothing is logged
    Starting,    // the log is being started
    Running,     // the VF works, its data are copied
    Suspending,  // a Suspend is under way
    Tail,        // the VF is suspended, the rest of its log is read
    Still,       // it is read; what is left is copied
    Resuming,    // given up: a Resume is under way
    Arrived,     // the VM runs on the destination
    Ending,      // it does, and the log is being ended
    Stopping,    // the log is being ended, the VF works on the source
    Over
};

/// Whose an admin command of the PF is.
enum class LogOwner : std::uint8_t { None, Event, Log, StaleLog, Move, StaleMove, Suspend, Resume };

/// An entry of the PF's submission queue, as far as it is not told by its owner.
struct LogCommandEntry {
    std::uint8_t cid = 0;
    std::uint8_t token = 0;    // of the flow's Submit
    std::uint8_t address = 0;  // the same
    std::uint8_t length = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.cid, self.token, self.address, self.length);
    }
};

/// A completion of the PF that its driver has not seen.
struct LogCompletion {
    std::uint8_t cid = 0;
    std::uint16_t status = 0;
    std::uint32_t dw0 = 0;
    std::uint32_t dw1 = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.cid, self.status, self.dw0, self.dw1);
    }
};

/// An entry of the guest's submission queue: it writes this block.
struct LogWrite {
    std::uint8_t cid = 0;
    std::uint8_t block = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.cid, self.block);
    }
};

/// As small as a PF and one VF need.
using LogBounds = nvme::WorldBounds<1>;

struct LogState {
    static constexpr std::uint8_t pf_entries = 6;  // slots; CIDs 0 to 5
    static constexpr std::uint8_t vf_entries = 3;  // CIDs 0 and 1
    static constexpr std::uint8_t most_slots = 4;  // of the CDQ
    static constexpr std::uint8_t entry_bytes = 32;

    nvme::Subsystem<LogBounds> subsystem;
    host::Udmq log;
    check::DataQueue<check::ProofBounds> queue;
    std::uint8_t ring[most_slots * entry_bytes] = {};
    bool ring_given = false;  // the memory is the controller's to write

    LogOwner owner[pf_entries] = {};  // by CID
    LogCommandEntry command[pf_entries];
    std::uint8_t done = 0;
    LogCompletion completion[pf_entries];

    std::uint8_t writing = 0;  // CIDs of the guest, a bit each
    LogWrite write[vf_entries];

    LogPhase phase = LogPhase::Idle;
    std::uint8_t stale = 0;    // blocks that differ between source and destination
    std::uint8_t to_copy = 0;  // blocks that the host knows of
    bool lost = false;         // the host knows that it does not know

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.subsystem, self.log, self.queue, self.ring, self.ring_given);
        visit(self.owner, self.command);
        visit.array(self.completion, self.done);
        visit(self.writing, self.write, self.phase, self.stale, self.to_copy, self.lost);
    }
};

/// Brings what only counts, or says nothing any more, to one form: positions begin at 0, slots
/// are in order, numbers of commands are those in use.
void canonicalize(LogState& state, const spec::Rules& rules);

}  // namespace lmsim::explore
