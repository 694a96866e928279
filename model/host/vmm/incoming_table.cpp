#include "model/host/vmm/table.hpp"

namespace lmsim::host::vmm {
namespace {

namespace incoming {

using namespace table;  // NOLINT: rows read as a table

LMSIM_VMM_STATE(Incoming, Idle);
LMSIM_VMM_STATE(Incoming, Resuming);
LMSIM_VMM_STATE(Incoming, Ack);
LMSIM_VMM_STATE(Incoming, Load);
LMSIM_VMM_STATE(Incoming, Starting);
LMSIM_VMM_STATE(Incoming, Shut);
LMSIM_VMM_STATE(Incoming, Running);
LMSIM_VMM_STATE(Incoming, PausedShut);
LMSIM_VMM_STATE(Incoming, Paused);
LMSIM_VMM_STATE(Incoming, FailedShut);
LMSIM_VMM_STATE(Incoming, Release);
LMSIM_VMM_STATE(Incoming, Failed);
LMSIM_VMM_STATE(Incoming, Join);
struct Waiting : StateOf<Incoming, Incoming::Ready> {
    static constexpr std::string_view name = "Ready";
};

template <Id Rule, class Source, class Event, class Target>
using Row = fsm::Row<Rule, Source, Event, Target>;

// In Ready: Exact waits for the devices' threads, Next loads a section, Ready ends the stream,
// Again stays paused after it.
struct Table {
    static constexpr std::string_view name = "vmm-incoming";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<
        Row<Id::VmmLoadSetup, Idle, Begin, Resuming>,
        Row<Id::VmmLoadSetup, Resuming, More, Resuming>,
        Row<Id::VmmLoadSetup, Resuming, Skip, Waiting>, Row<Id::VmmAck, Resuming, Next, Ack>,
        Row<Id::VmmAck, Ack, Next, Waiting>, Row<Id::VmmLoad, Waiting, Next, Load>,
        Row<Id::VmmLoad, Load, Next, Waiting>, Row<Id::VmmAck, Load, Again, Ack>,
        Row<Id::VmmAck, Waiting, Skip, Ack>, Row<Id::VmmLoaded, Waiting, Ready, Starting>,
        Row<Id::VmmShut, Starting, Next, Shut>, Row<Id::VmmShut, Shut, Next, Running>,
        Row<Id::VmmLoadedPaused, Waiting, Again, PausedShut>,
        Row<Id::VmmLoadedPaused, PausedShut, Next, Paused>,
        Row<Id::VmmLoadedPaused, Paused, Begin, Starting>,
        Row<Id::VmmLoadedPaused, Starting, Skip, Running>,

        Row<Id::VmmLoadJoin, Waiting, Exact, Join>, Row<Id::VmmLoadJoin, Join, Skip, Waiting>,
        Row<Id::VmmLoadThreadFails, Join, Fail, FailedShut>,

        Row<Id::VmmLoadFails, Idle, Fail, Failed>,
        Row<Id::VmmLoadFails, Resuming, Fail, FailedShut>,
        Row<Id::VmmLoadFails, Ack, Fail, FailedShut>,
        Row<Id::VmmLoadFails, Waiting, Fail, FailedShut>,
        Row<Id::VmmLoadFails, Load, Fail, FailedShut>,
        Row<Id::VmmLoadFails, Starting, Fail, FailedShut>,
        Row<Id::VmmLoadFails, Paused, Fail, FailedShut>,
        Row<Id::VmmRelease, FailedShut, Next, Release>,
        Row<Id::VmmRelease, FailedShut, Skip, Failed>, Row<Id::VmmRelease, Release, More, Release>,
        Row<Id::VmmRelease, Release, Next, Failed>>;
};

}  // namespace incoming

}  // namespace

const fsm::Arc* advance_incoming(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<incoming::Table>(state, move, rules);
}

fsm::ArcList incoming_arcs() { return fsm::Machine<incoming::Table>::arcs(); }

}  // namespace lmsim::host::vmm
