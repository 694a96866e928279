#pragma once

#include <cstdint>

#include "model/check/bounds.hpp"
#include "model/check/data_queue.hpp"
#include "model/explore/world/small_device.hpp"
#include "model/host/udmq.hpp"

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

/// Whose an admin command of the PF is: SmallDevice::owner.
enum class LogOwner : std::uint8_t { None, Event, Log, StaleLog, Move, StaleMove, Suspend, Resume };

/// One state of such a model; trivially copyable.
struct LogState {
    static constexpr std::uint8_t most_slots = 4;  // of the CDQ
    static constexpr std::uint8_t entry_bytes = 32;

    SmallDevice device;
    host::Udmq log;
    check::DataQueue<check::ProofBounds> queue;
    std::uint8_t ring[most_slots * entry_bytes] = {};
    bool ring_given = false;  // the memory is the controller's to write

    LogPhase phase = LogPhase::Idle;
    std::uint8_t stale = 0;    // blocks that differ between source and destination
    std::uint8_t to_copy = 0;  // blocks that the host knows of
    bool lost = false;         // the host knows that it does not know

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.device, self.log, self.queue, self.ring, self.ring_given, self.phase, self.stale,
              self.to_copy, self.lost);
    }
};

/// Brings what only counts, or says nothing any more, to one form: positions in queues,
/// numbers of commands, entries that were read.
void canonicalize(LogState& state, const spec::Rules& rules);

}  // namespace lmsim::explore
