#include "model/nvme/machines.hpp"

#include "model/fsm.hpp"

namespace lmsim::nvme {
namespace {

using spec::Id;

/// These machines only move: what a move does stands where the command is processed.
struct Context {
    const spec::Rules& rules;
};

template <class Enum, Enum Value>
struct StateOf : fsm::State<static_cast<std::uint8_t>(Value)> {};

struct Disabled : StateOf<Life, Life::Disabled> {
    static constexpr std::string_view name = "Disabled";
};
struct Enabling : StateOf<Life, Life::Enabling> {
    static constexpr std::string_view name = "Enabling";
};
struct Ready : StateOf<Life, Life::Ready> {
    static constexpr std::string_view name = "Ready";
};
struct Disabling : StateOf<Life, Life::Disabling> {
    static constexpr std::string_view name = "Disabling";
};
struct ShuttingDown : StateOf<Life, Life::ShuttingDown> {
    static constexpr std::string_view name = "ShuttingDown";
};
struct ShutDown : StateOf<Life, Life::ShutDown> {
    static constexpr std::string_view name = "ShutDown";
};

struct SetEnable {
    static constexpr std::string_view name = "CC.EN=1";
};
struct EnableDone {
    static constexpr std::string_view name = "CSTS.RDY=1";
};
struct ClearEnable {
    static constexpr std::string_view name = "CC.EN=0";
};
struct DisableDone {
    static constexpr std::string_view name = "CSTS.RDY=0";
};
struct Shutdown {
    static constexpr std::string_view name = "CC.SHN";
};
struct ShutdownDone {
    static constexpr std::string_view name = "CSTS.SHST=10b";
};
struct FunctionReset {
    static constexpr std::string_view name = "FLR";
};
struct CommitState {
    static constexpr std::string_view name = "Set Controller State";
};

struct LifeTable {
    static constexpr std::string_view name = "controller";
    using Context = lmsim::nvme::Context;
    using Initial = Disabled;
    using Rows =
        fsm::Rows<fsm::Row<Id::LifeEnable, Disabled, SetEnable, Enabling>,
                  fsm::Row<Id::LifeEnabled, Enabling, EnableDone, Ready>,
                  fsm::Row<Id::LifeDisable, Ready, ClearEnable, Disabling>,
                  fsm::Row<Id::LifeDisableEarly, Enabling, ClearEnable, Disabling>,
                  fsm::Row<Id::LifeDisabled, Disabling, DisableDone, Disabled>,
                  fsm::Row<Id::LifeShutdown, Ready, Shutdown, ShuttingDown>,
                  fsm::Row<Id::LifeShutdownDisabled, Disabled, Shutdown, ShuttingDown>,
                  fsm::Row<Id::LifeEnableShutDown, ShutDown, SetEnable, Enabling>,
                  fsm::Row<Id::LifeShutdownDone, ShuttingDown, ShutdownDone, ShutDown>,
                  fsm::Row<Id::LifeDisableShuttingDown, ShuttingDown, ClearEnable, Disabling>,
                  fsm::Row<Id::LifeDisableShutDown, ShutDown, ClearEnable, Disabling>,
                  fsm::Row<Id::LifeReset, Enabling, FunctionReset, Disabled>,
                  fsm::Row<Id::LifeReset, Ready, FunctionReset, Disabled>,
                  fsm::Row<Id::LifeReset, Disabling, FunctionReset, Disabled>,
                  fsm::Row<Id::LifeReset, ShuttingDown, FunctionReset, Disabled>,
                  fsm::Row<Id::LifeReset, ShutDown, FunctionReset, Disabled>,
                  fsm::Row<Id::LifeCommit, Disabled, CommitState, Ready>>;
};

struct Operational : StateOf<Migration, Migration::Operational> {
    static constexpr std::string_view name = "Operational";
};
struct Suspending : StateOf<Migration, Migration::Suspending> {
    static constexpr std::string_view name = "Suspending";
};
struct Suspended : StateOf<Migration, Migration::Suspended> {
    static constexpr std::string_view name = "Suspended";
};

struct Suspend {
    static constexpr std::string_view name = "Suspend";
};
struct Drained {
    static constexpr std::string_view name = "drained";
};
struct Abort {
    static constexpr std::string_view name = "Abort";
};
struct Resume {
    static constexpr std::string_view name = "Resume";
};
struct LevelReset {
    static constexpr std::string_view name = "CLR";
};

struct MigrationTable {
    static constexpr std::string_view name = "migration";
    using Context = lmsim::nvme::Context;
    using Initial = Operational;
    using Rows =
        fsm::Rows<fsm::Row<Id::MigrationSuspend, Operational, Suspend, Suspending>,
                  fsm::Row<Id::MigrationDrained, Suspending, Drained, Suspended>,
                  fsm::Row<Id::MigrationSuspendAgain, Suspended, Suspend, fsm::None>,
                  fsm::Row<Id::MigrationSuspendAborted, Suspending, Abort, Operational>,
                  fsm::Row<Id::MigrationResume, Suspended, Resume, Operational>,
                  fsm::Row<Id::MigrationResetSuspending, Suspending, LevelReset, Operational>,
                  fsm::Row<Id::MigrationResetSuspended, Suspended, LevelReset, Operational>>;
};

using LifeMachine = fsm::Machine<LifeTable>;
using MigrationMachine = fsm::Machine<MigrationTable>;

template <class Machine, class Event>
const fsm::Arc* take(std::uint8_t& state, const spec::Rules& rules) {
    Context context{rules};
    return Machine::dispatch(state, context, Event{});
}

}  // namespace

const fsm::Arc* advance(std::uint8_t& life, LifeEvent event, const spec::Rules& rules) {
    switch (event) {
        case LifeEvent::SetEnable: return take<LifeMachine, SetEnable>(life, rules);
        case LifeEvent::EnableDone: return take<LifeMachine, EnableDone>(life, rules);
        case LifeEvent::ClearEnable: return take<LifeMachine, ClearEnable>(life, rules);
        case LifeEvent::DisableDone: return take<LifeMachine, DisableDone>(life, rules);
        case LifeEvent::Shutdown: return take<LifeMachine, Shutdown>(life, rules);
        case LifeEvent::ShutdownDone: return take<LifeMachine, ShutdownDone>(life, rules);
        case LifeEvent::FunctionReset: return take<LifeMachine, FunctionReset>(life, rules);
        case LifeEvent::CommitState: return take<LifeMachine, CommitState>(life, rules);
    }
    return nullptr;
}

const fsm::Arc* advance(std::uint8_t& migration, MigrationEvent event, const spec::Rules& rules) {
    switch (event) {
        case MigrationEvent::Suspend: return take<MigrationMachine, Suspend>(migration, rules);
        case MigrationEvent::Drained: return take<MigrationMachine, Drained>(migration, rules);
        case MigrationEvent::Abort: return take<MigrationMachine, Abort>(migration, rules);
        case MigrationEvent::Resume: return take<MigrationMachine, Resume>(migration, rules);
        case MigrationEvent::LevelReset:
            return take<MigrationMachine, LevelReset>(migration, rules);
    }
    return nullptr;
}

std::string_view to_string(Life life) {
    switch (life) {
        case Life::Disabled: return Disabled::name;
        case Life::Enabling: return Enabling::name;
        case Life::Ready: return Ready::name;
        case Life::Disabling: return Disabling::name;
        case Life::ShuttingDown: return ShuttingDown::name;
        case Life::ShutDown: return ShutDown::name;
    }
    return "?";
}

std::string_view to_string(Migration migration) {
    switch (migration) {
        case Migration::Operational: return Operational::name;
        case Migration::Suspending: return Suspending::name;
        case Migration::Suspended: return Suspended::name;
    }
    return "?";
}

fsm::ArcList life_arcs() { return LifeMachine::arcs(); }
fsm::ArcList migration_arcs() { return MigrationMachine::arcs(); }

}  // namespace lmsim::nvme
