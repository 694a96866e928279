#pragma once

#include <cstdint>

#include "model/arc.hpp"
#include "model/spec/rules.hpp"

namespace lmsim::host::vmm {

/// The source from its set-up to the decision (QEMU 10.1 migration/migration.c: migration_thread).
enum class Precopy : std::uint8_t {
    Idle,
    Header,
    LogStart,
    FirstSync,
    SetupSize,
    SetupPreCopy,
    SetupInfo,
    Choose,  // decides in passing
    ExactRam,
    ExactSize,
    ExactInfo,
    Ram,
    Read,
    Send,
    Window,  // counts in passing
    Sleep,
    ThrottleSync,
    Switchover,  // the end here: the next machine goes on
    Failed,
};

/// The source's blackout (QEMU 10.1 migration/migration.c: migration_completion).
enum class Switchover : std::uint8_t {
    Idle,
    Pause,
    Recheck,
    Quiesce,
    Stop,
    Flush,
    FinalQuery,
    Announce,
    LastSync,
    LastRam,
    LastState,
    LastRead,
    LastSend,
    SaveRest,
    End,
    Join,
    Cleanup,
    Completed,
    Failed,
    SaveJoin,  // waits for the threads of the devices
};

/// A thread of the source that saves one device (QEMU 10.1 hw/vfio/migration-multifd.c:
/// vfio_multifd_save_complete_precopy_thread).
enum class SaveThread : std::uint8_t { Idle, Set, Read, Lock, Queue, Ended, Failed };

/// A thread of the destination that loads one device (vfio_load_bufs_thread).
enum class LoadThread : std::uint8_t { Idle, Wait, Write, Late, Lock, Config, Ended, Failed };

/// The source after a failure (migration_iteration_finish, migration_cleanup).
enum class Rollback : std::uint8_t { Idle, Restart, LogStop, Close, Notify, Done };

/// The start of a VM with its devices, on either side (QEMU 10.1 system/cpus.c: vm_start).
enum class Start : std::uint8_t { Idle, Quiesced, Devices, Vcpus, Running, Failed };

/// One change of a device's state (QEMU 10.1 hw/vfio/migration.c: vfio_migration_set_state).
enum class SetState : std::uint8_t { Idle, Set, Recover, Reset, Aborted };

/// The destination (QEMU 10.1 migration/migration.c: process_incoming_migration_co).
enum class Incoming : std::uint8_t {
    Idle,
    Resuming,
    Ack,
    Ready,  // waits for the next section
    Load,
    Starting,
    Shut,
    Running,
    PausedShut,
    Paused,  // loaded, waits for Continue
    FailedShut,
    Release,
    Failed,
    Join,  // waits for the threads of the devices
};

/// The source of Cloud Hypervisor (vmm/src/lib.rs: send_migration).
enum class CloudSource : std::uint8_t {
    Idle,
    Hello,
    Setup,
    LogStart,
    Collect,  // decides when it is done
    Send,
    Pause,
    Stop,
    LastCollect,
    LastSend,
    Freeze,
    Read,
    Thaw,
    LateCollect,
    LateSend,
    State,
    Complete,
    LogStop,
    Completed,
    Failed,
};

/// The source after a failure (check_migration).
enum class CloudBack : std::uint8_t { Idle, Devices, Vcpus, LogStop, Close, Done };

/// The destination (vm_receive_migration_step).
enum class CloudTarget : std::uint8_t {
    Idle,
    Ready,  // waits for a request
    Load,
    Build,
    Write,
    Rearm,
    Restore,
    Resume,
    Vcpus,
    Answer,
    Running,
    Refuse,
    Release,
    Failed,
    Stranded,  // restored, never resumed, never dropped
};

/// What moves the machines. One list: each table uses those that mean something to it.
enum class Move : std::uint8_t {
    Begin,    // leave Idle
    Next,     // the step is done
    More,     // the step is done for one device and there is another
    Again,    // the same device once more
    Exact,    // an exact count is wanted
    Ready,    // pending bytes fit
    Skip,     // nothing to do here
    Quota,    // the window's quota is spent
    Recover,  // failed, and there is a state to recover to
    Fail,
};

/// Moves the machine's byte as its table says. Returns the row, nullptr if none takes the move
/// (none there, or its rule is off), which changes nothing.
const fsm::Arc* advance_precopy(std::uint8_t& state, Move move, const spec::Rules& rules);
const fsm::Arc* advance_switchover(std::uint8_t& state, Move move, const spec::Rules& rules);
const fsm::Arc* advance_rollback(std::uint8_t& state, Move move, const spec::Rules& rules);
const fsm::Arc* advance_start(std::uint8_t& state, Move move, const spec::Rules& rules);
const fsm::Arc* advance_set_state(std::uint8_t& state, Move move, const spec::Rules& rules);
const fsm::Arc* advance_incoming(std::uint8_t& state, Move move, const spec::Rules& rules);

const fsm::Arc* advance_save_thread(std::uint8_t& state, Move move, const spec::Rules& rules);
const fsm::Arc* advance_load_thread(std::uint8_t& state, Move move, const spec::Rules& rules);

const fsm::Arc* advance_cloud_source(std::uint8_t& state, Move move, const spec::Rules& rules);
const fsm::Arc* advance_cloud_back(std::uint8_t& state, Move move, const spec::Rules& rules);
const fsm::Arc* advance_cloud_target(std::uint8_t& state, Move move, const spec::Rules& rules);

/// The tables' rows, for diagrams, coverage and diffs.
fsm::ArcList precopy_arcs();
fsm::ArcList switchover_arcs();
fsm::ArcList rollback_arcs();
fsm::ArcList start_arcs();
fsm::ArcList set_state_arcs();
fsm::ArcList incoming_arcs();
fsm::ArcList save_thread_arcs();
fsm::ArcList load_thread_arcs();
fsm::ArcList cloud_source_arcs();
fsm::ArcList cloud_back_arcs();
fsm::ArcList cloud_target_arcs();

template <class Enum>
constexpr bool is(std::uint8_t state, Enum value) {
    return state == static_cast<std::uint8_t>(value);
}

}  // namespace lmsim::host::vmm
