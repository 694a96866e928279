#pragma once

#include <cstdint>
#include <string_view>

#include "model/arc.hpp"
#include "model/spec/rules.hpp"

namespace lmsim::nvme {

/// The controller between reset and shutdown (CC.EN, CSTS.RDY, CSTS.SHST; NVMe Base 2.3, 3.5, 3.6).
enum class Life : std::uint8_t { Disabled, Enabling, Ready, Disabling, ShuttingDown, ShutDown };
/// What makes a controller enabled or disabled.
enum class LifeEvent : std::uint8_t {
    SetEnable,
    EnableDone,
    ClearEnable,
    DisableDone,
    Shutdown,
    ShutdownDone,
    FunctionReset,
    CommitState,
};

/// A migratable controller under Migration Send (NVMe Base 2.3, 5.2.17).
enum class Migration : std::uint8_t { Operational, Suspending, Suspended };
/// What suspends a controller, or lets it go on.
enum class MigrationEvent : std::uint8_t { Suspend, Drained, Abort, Resume, LevelReset };

/// A submission queue (NVMe Base 2.3, 3.3.1).
enum class SqLife : std::uint8_t { Absent, Active };
/// A completion queue. Full: a completion waits for the host to move the head.
enum class CqLife : std::uint8_t { Absent, Ready, Full };
/// What makes a queue, or ends it.
enum class QueueEvent : std::uint8_t {
    Create,        // Create I/O Submission or Completion Queue
    Enable,        // of the admin queues
    SetState,      // a commit of Set Controller State
    Delete,        // Delete I/O Submission or Completion Queue
    Reset,         // Controller Level Reset
    Held,          // of a CQ: no room for a completion
    NothingWaits,  // of a CQ: every completion that was held is written, or gone
};

/// A controller data queue, and whether user data changes are logged there (NVMe Base 2.3, 8.1.7,
/// 8.1.13.1). From Begun on they are.
enum class CdqLife : std::uint8_t {
    Absent,
    Idle,
    Full,       // became full, which ended logging
    Begun,      // the next entry is a first one
    Logging,    // and it was posted
    Suspended,  // the MC is suspended, the last entry posted
};
/// What happens to a Controller Data Queue.
enum class CdqMove : std::uint8_t {
    Create,
    Start,            // Track Send, Log User Data Changes: start
    Post,             // an entry other than a last one
    Fill,             // there is no room for another entry
    Stop,             // Log User Data Changes: stop
    Suspend,          // the MC is suspended
    Resume,           // the MC is resumed
    McReset,          // a CLR of the MC ended its suspension
    Delete,           // Controller Data Queue: delete
    DeleteOnSuspend,  // a Suspend with DUDMQ = 1
    CreatorReset,     // a CLR of the controller that created it
};

/// Moves the machine's byte as its table says. Returns the arc, nullptr if none takes the event,
/// which changes nothing.
const fsm::Arc* advance(std::uint8_t& life, LifeEvent event, const spec::Rules& rules);
const fsm::Arc* advance(std::uint8_t& migration, MigrationEvent event, const spec::Rules& rules);
const fsm::Arc* advance_sq(std::uint8_t& life, QueueEvent event, bool admin,
                           const spec::Rules& rules);
const fsm::Arc* advance_cq(std::uint8_t& life, QueueEvent event, bool admin,
                           const spec::Rules& rules);
const fsm::Arc* advance(std::uint8_t& life, CdqMove event, const spec::Rules& rules);

std::string_view to_string(Life life);
std::string_view to_string(Migration migration);

/// The tables' arcs, for diagrams and coverage.
fsm::ArcList life_arcs();
fsm::ArcList migration_arcs();
fsm::ArcList sq_arcs();
fsm::ArcList cq_arcs();
fsm::ArcList cdq_arcs();

constexpr bool is(std::uint8_t state, Life life) {
    return state == static_cast<std::uint8_t>(life);
}
constexpr bool is(std::uint8_t state, Migration migration) {
    return state == static_cast<std::uint8_t>(migration);
}
constexpr bool is(std::uint8_t state, SqLife life) {
    return state == static_cast<std::uint8_t>(life);
}
constexpr bool is(std::uint8_t state, CqLife life) {
    return state == static_cast<std::uint8_t>(life);
}
constexpr bool is(std::uint8_t state, CdqLife life) {
    return state == static_cast<std::uint8_t>(life);
}

}  // namespace lmsim::nvme
