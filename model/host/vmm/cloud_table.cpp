#include "model/host/vmm/table.hpp"

namespace lmsim::host::vmm {
namespace {

template <spec::Id Rule, class Source, class Event, class Target>
using Row = fsm::Row<Rule, Source, Event, Target>;

namespace source {

using namespace table;  // NOLINT: rows read as a table

LMSIM_VMM_STATE(CloudSource, Idle);
LMSIM_VMM_STATE(CloudSource, Hello);
LMSIM_VMM_STATE(CloudSource, Setup);
LMSIM_VMM_STATE(CloudSource, LogStart);
LMSIM_VMM_STATE(CloudSource, Collect);
LMSIM_VMM_STATE(CloudSource, Send);
LMSIM_VMM_STATE(CloudSource, Pause);
LMSIM_VMM_STATE(CloudSource, Stop);
LMSIM_VMM_STATE(CloudSource, LastCollect);
LMSIM_VMM_STATE(CloudSource, LastSend);
LMSIM_VMM_STATE(CloudSource, Freeze);
LMSIM_VMM_STATE(CloudSource, Read);
LMSIM_VMM_STATE(CloudSource, Thaw);
LMSIM_VMM_STATE(CloudSource, LateCollect);
LMSIM_VMM_STATE(CloudSource, LateSend);
LMSIM_VMM_STATE(CloudSource, State);
LMSIM_VMM_STATE(CloudSource, Complete);
LMSIM_VMM_STATE(CloudSource, LogStop);
LMSIM_VMM_STATE(CloudSource, Completed);
LMSIM_VMM_STATE(CloudSource, Failed);

struct Table {
    static constexpr std::string_view name = "vmm-cloud-source";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<
        Row<Id::CloudHello, Idle, Begin, Hello>, Row<Id::CloudSetup, Hello, Next, Setup>,
        Row<Id::CloudLogStart, Setup, Next, LogStart>,
        Row<Id::CloudCollect, LogStart, Next, Collect>, Row<Id::CloudSend, Collect, Next, Send>,
        Row<Id::CloudCollect, Send, Next, Collect>, Row<Id::CloudPause, Collect, Ready, Pause>,
        Row<Id::CloudStopDevices, Pause, Next, Stop>, Row<Id::CloudStopDevices, Stop, More, Stop>,
        Row<Id::CloudLastCollect, Pause, Skip, LastCollect>,
        Row<Id::CloudLastCollect, Stop, Next, LastCollect>,
        Row<Id::CloudLastSend, LastCollect, Next, LastSend>,
        Row<Id::CloudFreeze, LastSend, Next, Freeze>, Row<Id::CloudRead, Freeze, Next, Read>,
        Row<Id::CloudRead, Read, Again, Read>, Row<Id::CloudThaw, Read, Next, Thaw>,
        Row<Id::CloudFreeze, Thaw, More, Freeze>,
        Row<Id::CloudLateCollect, LastSend, Skip, LateCollect>,
        Row<Id::CloudLateCollect, Thaw, Next, LateCollect>,
        Row<Id::CloudLateSend, LateCollect, Next, LateSend>,
        Row<Id::CloudState, LateSend, Next, State>, Row<Id::CloudComplete, State, Next, Complete>,
        Row<Id::CloudLogStop, Complete, Next, LogStop>,
        Row<Id::CloudLogStop, LogStop, Next, Completed>,

        Row<Id::CloudFails, Hello, Fail, Failed>, Row<Id::CloudFails, Setup, Fail, Failed>,
        Row<Id::CloudFails, LogStart, Fail, Failed>, Row<Id::CloudFails, Collect, Fail, Failed>,
        Row<Id::CloudFails, Send, Fail, Failed>, Row<Id::CloudFails, Pause, Fail, Failed>,
        Row<Id::CloudFails, Stop, Fail, Failed>, Row<Id::CloudFails, LastCollect, Fail, Failed>,
        Row<Id::CloudFails, LastSend, Fail, Failed>, Row<Id::CloudFails, Freeze, Fail, Failed>,
        Row<Id::CloudFails, Read, Fail, Failed>, Row<Id::CloudFails, Thaw, Fail, Failed>,
        Row<Id::CloudFails, LateCollect, Fail, Failed>, Row<Id::CloudFails, LateSend, Fail, Failed>,
        Row<Id::CloudFails, State, Fail, Failed>, Row<Id::CloudFails, Complete, Fail, Failed>>;
};

}  // namespace source

namespace back {

using namespace table;  // NOLINT: rows read as a table

LMSIM_VMM_STATE(CloudBack, Idle);
LMSIM_VMM_STATE(CloudBack, Devices);
LMSIM_VMM_STATE(CloudBack, Vcpus);
LMSIM_VMM_STATE(CloudBack, LogStop);
LMSIM_VMM_STATE(CloudBack, Close);
LMSIM_VMM_STATE(CloudBack, Done);

struct Table {
    static constexpr std::string_view name = "vmm-cloud-back";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<
        Row<Id::CloudBackClose, Idle, Begin, Close>, Row<Id::CloudBackResume, Close, Next, Devices>,
        Row<Id::CloudBackResume, Devices, More, Devices>,
        Row<Id::CloudBackResume, Devices, Next, Vcpus>, Row<Id::CloudBackLog, Vcpus, Next, LogStop>,
        Row<Id::CloudBackLog, Close, Skip, LogStop>, Row<Id::CloudBackLog, LogStop, Next, Done>>;
};

}  // namespace back

namespace target {

using namespace table;  // NOLINT: rows read as a table

LMSIM_VMM_STATE(CloudTarget, Idle);
LMSIM_VMM_STATE(CloudTarget, Load);
LMSIM_VMM_STATE(CloudTarget, Build);
LMSIM_VMM_STATE(CloudTarget, Write);
LMSIM_VMM_STATE(CloudTarget, Rearm);
LMSIM_VMM_STATE(CloudTarget, Restore);
LMSIM_VMM_STATE(CloudTarget, Resume);
LMSIM_VMM_STATE(CloudTarget, Vcpus);
LMSIM_VMM_STATE(CloudTarget, Answer);
LMSIM_VMM_STATE(CloudTarget, Running);
LMSIM_VMM_STATE(CloudTarget, Refuse);
LMSIM_VMM_STATE(CloudTarget, Release);
LMSIM_VMM_STATE(CloudTarget, Failed);
LMSIM_VMM_STATE(CloudTarget, Stranded);
struct Waiting : StateOf<CloudTarget, CloudTarget::Ready> {
    static constexpr std::string_view name = "Ready";
};

// In Ready: Next takes memory, Exact the snapshot, Ready completes, Skip has nothing to do.
struct Table {
    static constexpr std::string_view name = "vmm-cloud-target";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<
        Row<Id::CloudAnswer, Idle, Begin, Answer>, Row<Id::CloudAnswer, Answer, Next, Waiting>,
        Row<Id::CloudAnswer, Waiting, Skip, Answer>, Row<Id::CloudLoad, Waiting, Next, Load>,
        Row<Id::CloudAnswer, Load, Next, Answer>, Row<Id::CloudBuild, Waiting, Exact, Build>,
        Row<Id::CloudWrite, Build, Next, Write>, Row<Id::CloudWrite, Write, Again, Write>,
        Row<Id::CloudRearm, Write, Next, Rearm>, Row<Id::CloudBuild, Rearm, More, Build>,
        Row<Id::CloudRestore, Rearm, Next, Restore>, Row<Id::CloudRestore, Build, Skip, Restore>,
        Row<Id::CloudAnswer, Restore, Next, Answer>, Row<Id::CloudResume, Waiting, Ready, Resume>,
        Row<Id::CloudResume, Resume, More, Resume>, Row<Id::CloudResume, Resume, Next, Vcpus>,
        Row<Id::CloudAnswer, Vcpus, Next, Answer>, Row<Id::CloudAnswer, Answer, Ready, Running>,

        Row<Id::CloudRefuse, Load, Fail, Refuse>, Row<Id::CloudRefuse, Build, Fail, Refuse>,
        Row<Id::CloudRefuse, Write, Fail, Refuse>, Row<Id::CloudRefuse, Rearm, Fail, Refuse>,
        Row<Id::CloudRefuse, Restore, Fail, Refuse>, Row<Id::CloudRefuse, Resume, Fail, Refuse>,
        Row<Id::CloudRefuse, Vcpus, Fail, Refuse>, Row<Id::CloudDrop, Idle, Fail, Failed>,
        Row<Id::CloudDrop, Refuse, Skip, Failed>, Row<Id::CloudDrop, Refuse, Next, Release>,
        Row<Id::CloudDrop, Release, More, Release>, Row<Id::CloudDrop, Release, Next, Failed>,
        Row<Id::CloudStranded, Waiting, Fail, Stranded>,
        Row<Id::CloudDrop, Waiting, Again, Failed>>;
};

}  // namespace target

}  // namespace

const fsm::Arc* advance_cloud_source(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<source::Table>(state, move, rules);
}

const fsm::Arc* advance_cloud_back(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<back::Table>(state, move, rules);
}

const fsm::Arc* advance_cloud_target(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<target::Table>(state, move, rules);
}

fsm::ArcList cloud_source_arcs() { return fsm::Machine<source::Table>::arcs(); }
fsm::ArcList cloud_back_arcs() { return fsm::Machine<back::Table>::arcs(); }
fsm::ArcList cloud_target_arcs() { return fsm::Machine<target::Table>::arcs(); }

}  // namespace lmsim::host::vmm
