#include "model/host/vmm/table.hpp"

namespace lmsim::host::vmm {
namespace {

namespace precopy {

using namespace table;  // NOLINT: rows read as a table

LMSIM_VMM_STATE(Precopy, Idle);
LMSIM_VMM_STATE(Precopy, Header);
LMSIM_VMM_STATE(Precopy, LogStart);
LMSIM_VMM_STATE(Precopy, FirstSync);
LMSIM_VMM_STATE(Precopy, SetupSize);
LMSIM_VMM_STATE(Precopy, SetupPreCopy);
LMSIM_VMM_STATE(Precopy, SetupInfo);
LMSIM_VMM_STATE(Precopy, Choose);
LMSIM_VMM_STATE(Precopy, ExactRam);
LMSIM_VMM_STATE(Precopy, ExactSize);
LMSIM_VMM_STATE(Precopy, ExactInfo);
LMSIM_VMM_STATE(Precopy, Ram);
LMSIM_VMM_STATE(Precopy, Read);
LMSIM_VMM_STATE(Precopy, Send);
LMSIM_VMM_STATE(Precopy, Window);
LMSIM_VMM_STATE(Precopy, Sleep);
LMSIM_VMM_STATE(Precopy, ThrottleSync);
LMSIM_VMM_STATE(Precopy, Switchover);
LMSIM_VMM_STATE(Precopy, Failed);

template <Id Rule, class Source, class Event, class Target>
using Row = fsm::Row<Rule, Source, Event, Target>;

struct Table {
    static constexpr std::string_view name = "vmm-precopy";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<
        Row<Id::VmmHeader, Idle, Begin, Header>, Row<Id::VmmLogStart, Header, Next, LogStart>,
        Row<Id::VmmFirstSync, LogStart, Next, FirstSync>,
        Row<Id::VmmSetupSize, FirstSync, Next, SetupSize>,
        Row<Id::VmmSetupPreCopy, SetupSize, Next, SetupPreCopy>,
        Row<Id::VmmSetupSize, SetupSize, More, SetupSize>,
        Row<Id::VmmSetupEnds, SetupSize, Skip, Choose>,
        Row<Id::VmmSetupInfo, SetupPreCopy, Next, SetupInfo>,
        Row<Id::VmmSetupSize, SetupInfo, More, SetupSize>,
        Row<Id::VmmSetupEnds, SetupInfo, Skip, Choose>,

        Row<Id::VmmExactRam, Choose, Exact, ExactRam>, Row<Id::VmmReady, Choose, Ready, Switchover>,
        Row<Id::VmmExactKnownRam, Choose, Again, ExactSize>,
        Row<Id::VmmIterateRam, Choose, Next, Ram>,
        Row<Id::VmmExactDevice, ExactRam, Next, ExactSize>,
        Row<Id::VmmExactDevice, ExactSize, Next, ExactInfo>,
        Row<Id::VmmExactDevice, ExactSize, More, ExactSize>,
        Row<Id::VmmExactDevice, ExactInfo, More, ExactSize>,
        Row<Id::VmmReady, ExactRam, Ready, Switchover>,
        Row<Id::VmmReady, ExactSize, Ready, Switchover>,
        Row<Id::VmmReady, ExactInfo, Ready, Switchover>,
        Row<Id::VmmIterateRam, ExactRam, Skip, Ram>, Row<Id::VmmIterateRam, ExactSize, Skip, Ram>,
        Row<Id::VmmIterateRam, ExactInfo, Skip, Ram>,

        Row<Id::VmmIterateDevice, Ram, Next, Read>, Row<Id::VmmWindow, Ram, Skip, Window>,
        Row<Id::VmmIterateDevice, Read, Next, Send>, Row<Id::VmmIterateDevice, Send, More, Read>,
        Row<Id::VmmWindow, Send, Skip, Window>, Row<Id::VmmWindow, Window, Next, Choose>,
        Row<Id::VmmThrottleSync, Window, Exact, ThrottleSync>,
        Row<Id::VmmThrottleSync, ThrottleSync, Next, Window>,
        Row<Id::VmmQuota, Window, Quota, Sleep>, Row<Id::VmmQuota, Sleep, Next, Window>,

        Row<Id::VmmPrecopyFails, Header, Fail, Failed>,
        Row<Id::VmmPrecopyFails, LogStart, Fail, Failed>,
        Row<Id::VmmPrecopyFails, FirstSync, Fail, Failed>,
        Row<Id::VmmPrecopyFails, SetupSize, Fail, Failed>,
        Row<Id::VmmPrecopyFails, SetupPreCopy, Fail, Failed>,
        Row<Id::VmmPrecopyFails, Choose, Fail, Failed>,
        Row<Id::VmmPrecopyFails, ExactRam, Fail, Failed>,
        Row<Id::VmmPrecopyFails, ExactSize, Fail, Failed>,
        Row<Id::VmmPrecopyFails, ExactInfo, Fail, Failed>,
        Row<Id::VmmPrecopyFails, Ram, Fail, Failed>, Row<Id::VmmPrecopyFails, Read, Fail, Failed>,
        Row<Id::VmmPrecopyFails, Send, Fail, Failed>,
        Row<Id::VmmPrecopyFails, ThrottleSync, Fail, Failed>,
        Row<Id::VmmPrecopyFails, Window, Fail, Failed>>;
};

}  // namespace precopy

}  // namespace

const fsm::Arc* advance_precopy(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<precopy::Table>(state, move, rules);
}

fsm::ArcList precopy_arcs() { return fsm::Machine<precopy::Table>::arcs(); }

}  // namespace lmsim::host::vmm
