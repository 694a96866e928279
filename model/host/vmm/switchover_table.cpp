#include "model/host/vmm/table.hpp"

namespace lmsim::host::vmm {
namespace {

namespace switchover {

using namespace table;  // NOLINT: rows read as a table

LMSIM_VMM_STATE(Switchover, Idle);
LMSIM_VMM_STATE(Switchover, Pause);
LMSIM_VMM_STATE(Switchover, Recheck);
LMSIM_VMM_STATE(Switchover, Quiesce);
LMSIM_VMM_STATE(Switchover, Stop);
LMSIM_VMM_STATE(Switchover, Flush);
LMSIM_VMM_STATE(Switchover, FinalQuery);
LMSIM_VMM_STATE(Switchover, Announce);
LMSIM_VMM_STATE(Switchover, LastSync);
LMSIM_VMM_STATE(Switchover, LastRam);
LMSIM_VMM_STATE(Switchover, LastState);
LMSIM_VMM_STATE(Switchover, LastRead);
LMSIM_VMM_STATE(Switchover, LastSend);
LMSIM_VMM_STATE(Switchover, SaveRest);
LMSIM_VMM_STATE(Switchover, SaveJoin);
LMSIM_VMM_STATE(Switchover, End);
LMSIM_VMM_STATE(Switchover, Join);
LMSIM_VMM_STATE(Switchover, Cleanup);
LMSIM_VMM_STATE(Switchover, Completed);
LMSIM_VMM_STATE(Switchover, Failed);

template <Id Rule, class Source, class Event, class Target>
using Row = fsm::Row<Rule, Source, Event, Target>;

// Where a rule may be switched off to see what it is worth, a second row goes on without its step.
struct Table {
    static constexpr std::string_view name = "vmm-switchover";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<
        Row<Id::VmmPause, Idle, Begin, Pause>, Row<Id::VmmReinit, Pause, Again, Recheck>,
        Row<Id::VmmReinit, Recheck, More, Recheck>,
        Row<Id::VmmQuiesceFirst, Recheck, Next, Quiesce>,
        Row<Id::VmmStopDevices, Recheck, Next, Stop>,
        Row<Id::VmmQuiesceFirst, Pause, Next, Quiesce>, Row<Id::VmmStopDevices, Pause, Next, Stop>,
        Row<Id::VmmQuiesceFirst, Quiesce, More, Quiesce>,
        Row<Id::VmmStopDevices, Quiesce, Next, Stop>, Row<Id::VmmStopDevices, Stop, More, Stop>,
        Row<Id::VmmFlush, Stop, Next, Flush>, Row<Id::VmmFinalQuery, Flush, Next, FinalQuery>,
        Row<Id::VmmSwitchoverStart, FinalQuery, Next, Announce>,
        Row<Id::VmmSwitchoverStart, Flush, Next, Announce>,
        Row<Id::VmmLastSync, Flush, Next, LastSync>,
        Row<Id::VmmFinalQuery, Announce, Next, LastRam>,
        Row<Id::VmmLastSync, Announce, Next, LastSync>,
        Row<Id::VmmLastRam, Announce, Next, LastRam>, Row<Id::VmmLastRam, LastSync, Next, LastRam>,
        Row<Id::VmmLastState, LastRam, Next, LastState>,
        Row<Id::VmmLastData, LastState, Next, LastRead>,
        Row<Id::VmmLastData, LastRead, Next, LastSend>,
        Row<Id::VmmLastData, LastSend, Again, LastRead>,
        Row<Id::VmmLastState, LastSend, More, LastState>,
        Row<Id::VmmThreadStart, Announce, More, Announce>,
        Row<Id::VmmThreadJoin, LastSend, Ready, SaveJoin>,
        Row<Id::VmmThreadJoin, SaveJoin, Skip, LastSend>,
        Row<Id::VmmThreadFails, SaveJoin, Fail, Failed>,
        Row<Id::VmmSaveRest, LastSend, Next, SaveRest>, Row<Id::VmmEnd, LastSend, Next, End>,
        Row<Id::VmmSaveRest, LastRam, Skip, SaveRest>, Row<Id::VmmEnd, LastRam, Skip, End>,
        Row<Id::VmmSaveRest, SaveRest, More, SaveRest>, Row<Id::VmmEnd, SaveRest, Next, End>,
        Row<Id::VmmJoin, End, Next, Join>, Row<Id::VmmCleanup, End, Next, Cleanup>,
        Row<Id::VmmCleanup, Join, Next, Cleanup>, Row<Id::VmmCleanup, Cleanup, More, Cleanup>,
        Row<Id::VmmCleanup, Cleanup, Next, Completed>,

        Row<Id::VmmSwitchoverFails, Flush, Fail, Failed>,
        Row<Id::VmmSwitchoverFails, FinalQuery, Fail, Failed>,
        Row<Id::VmmSwitchoverFails, Announce, Fail, Failed>,
        Row<Id::VmmSwitchoverFails, LastSync, Fail, Failed>,
        Row<Id::VmmSwitchoverFails, LastRam, Fail, Failed>,
        Row<Id::VmmSwitchoverFails, LastState, Fail, Failed>,
        Row<Id::VmmSwitchoverFails, LastRead, Fail, Failed>,
        Row<Id::VmmSwitchoverFails, LastSend, Fail, Failed>,
        Row<Id::VmmSwitchoverFails, SaveRest, Fail, Failed>,
        Row<Id::VmmSwitchoverFails, End, Fail, Failed>,
        Row<Id::VmmSwitchoverFails, Join, Fail, Failed>>;
};

}  // namespace switchover

namespace rollback {

using namespace table;  // NOLINT: rows read as a table

LMSIM_VMM_STATE(Rollback, Idle);
LMSIM_VMM_STATE(Rollback, Restart);
LMSIM_VMM_STATE(Rollback, LogStop);
LMSIM_VMM_STATE(Rollback, Close);
LMSIM_VMM_STATE(Rollback, Notify);
LMSIM_VMM_STATE(Rollback, Done);

struct Table {
    static constexpr std::string_view name = "vmm-rollback";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<fsm::Row<Id::VmmBackRestart, Idle, Begin, Restart>,
                           fsm::Row<Id::VmmBackLog, Idle, Skip, LogStop>,
                           fsm::Row<Id::VmmBackLog, Restart, Next, LogStop>,
                           fsm::Row<Id::VmmBackClose, LogStop, Next, Close>,
                           fsm::Row<Id::VmmBackNotify, Close, Next, Notify>,
                           fsm::Row<Id::VmmBackNotify, Notify, More, Notify>,
                           fsm::Row<Id::VmmBackNotify, Notify, Next, Done>>;
};

}  // namespace rollback

}  // namespace

const fsm::Arc* advance_switchover(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<switchover::Table>(state, move, rules);
}

const fsm::Arc* advance_rollback(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<rollback::Table>(state, move, rules);
}

fsm::ArcList switchover_arcs() { return fsm::Machine<switchover::Table>::arcs(); }
fsm::ArcList rollback_arcs() { return fsm::Machine<rollback::Table>::arcs(); }

}  // namespace lmsim::host::vmm
