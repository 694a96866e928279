#pragma once

#include <cstdint>

#include "model/explore/world/small_device.hpp"
#include "model/host/memory_log.hpp"

// The explored state of a MemoryWorld; nobody else includes it.
namespace lmsim::explore {

/// How far the migration of the memory is, as the VMM sees it.
enum class MemoryPhase : std::uint8_t {
    Idle,        // nothing is tracked
    Starting,    // tracking is being started
    Running,     // the VF works, memory is copied
    Suspending,  // a Suspend is under way
    Still,       // the VF is suspended, what is left is copied
    Resuming,    // given up: a Resume is under way
    Arrived,     // the VM runs on the destination
    Ending,      // it does, and tracking is being ended
    Stopping,    // tracking is being ended, the VF works on the source
    Over
};

/// Whose an admin command of the PF is: SmallDevice::owner.
enum class MemoryOwner : std::uint8_t { None, Track, Suspend, Resume };

/// One state of such a model; trivially copyable.
struct MemoryState {
    static constexpr std::uint8_t tracked_pages = 4;  // page 0 has the guest's completions
    static constexpr std::uint8_t most_descriptors = 3;
    static constexpr std::uint8_t report_bytes = 16 + 16 * most_descriptors;

    SmallDevice device;
    host::MemoryLog log;
    // What the controller keeps of a tracked VF (nvme::TrackedMemory), by granule.
    std::uint8_t written = 0;
    std::uint8_t turn = 0;  // where the next report begins
    std::uint8_t report[report_bytes] = {};

    MemoryPhase phase = MemoryPhase::Idle;
    std::uint8_t stale = 0;    // pages that differ between source and destination
    std::uint8_t to_copy = 0;  // pages that the host knows of
    bool asked_still = false;  // the report at hand was asked for after the Suspend
    bool complete = false;     // such a report has come

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.device, self.log, self.written, self.turn, self.report, self.phase, self.stale,
              self.to_copy, self.asked_still, self.complete);
    }
};

/// Brings what only counts, or says nothing any more, to one form.
void canonicalize(MemoryState& state);

}  // namespace lmsim::explore
