#include "model/host/vfio_nvme.hpp"

#include <algorithm>

#include "model/fsm.hpp"
#include "model/host/answer.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/vendor_area.hpp"

namespace lmsim::host {
namespace {

using spec::Id;
using vfio::Errno;
using vfio::MigState;

/// The states in which the VF works; in all others its controller is suspended. P2P states are
/// among those: NVMe cannot stop peer-to-peer DMA alone, and a suspended controller's BAR still
/// answers.
bool works(MigState state) { return state == MigState::RUNNING || state == MigState::PRE_COPY; }

struct Context {
    VfioNvme& flow;
    const spec::Rules& rules;
    Effects& effects;
};

template <FlowStep Step>
struct StateOf : fsm::State<static_cast<std::uint8_t>(Step)> {};

struct Idle : StateOf<FlowStep::Idle> {
    static constexpr std::string_view name = "Idle";
};
struct Notifying : StateOf<FlowStep::Notify> {
    static constexpr std::string_view name = "Notifying";
};
struct Suspending : StateOf<FlowStep::Suspend> {
    static constexpr std::string_view name = "Suspending";
};
struct ReadingHeader : StateOf<FlowStep::ReadHeader> {
    static constexpr std::string_view name = "ReadingHeader";
};
struct ReadingState : StateOf<FlowStep::ReadState> {
    static constexpr std::string_view name = "ReadingState";
};
struct LoadingState : StateOf<FlowStep::LoadState> {
    static constexpr std::string_view name = "LoadingState";
};
struct Resuming : StateOf<FlowStep::Resume> {
    static constexpr std::string_view name = "Resuming";
};

/// Events carry what was given to step().
struct Given {
    const FlowEvent& event;
};
struct Notify : Given {
    static constexpr std::string_view name = "arc: notify";
};
struct Stop : Given {
    static constexpr std::string_view name = "arc: stop";
};
struct Save : Given {
    static constexpr std::string_view name = "arc: save";
};
struct Run : Given {
    static constexpr std::string_view name = "arc: run";
};
struct Load : Given {
    static constexpr std::string_view name = "arc: load";
};
struct Nothing : Given {
    static constexpr std::string_view name = "arc: nothing to do";
};
struct Answer : Given {
    static constexpr std::string_view name = "answer";
};
struct Reset : Given {
    static constexpr std::string_view name = "reset";
};

/// HO-MIG-03: a state is worth keeping only if the controller stood still all the while.
Errno check_consistent(const FlowEvent& event, const spec::Rules& rules) {
    if (!rules.on(Id::HostChecksCsup)) {
        return Errno::Ok;
    }
    wire::Cqe cqe;
    cqe.dw0 = event.dw0;
    return wire::decode_csup(cqe, rules) ? Errno::Ok : Errno::Io;
}

// R001-07: what the posted driver takes of either part, in dwords.
constexpr std::uint64_t posted_cap = 1024;

/// Is this what a controller that stood still can have sent?
bool is_sound(const Context& context, const wire::StateHeader& header) {
    const spec::Rules& rules = context.rules;
    const bool empty = header.nvmecss == 0 && !rules.on(Id::RfcEmptyStateIsFine);
    const bool moved = !header.cp && rules.on(Id::HostChecksCsup);
    return !empty && !moved;
}

/// Checks of the posted driver that refuse what is right.
bool is_refused_as_posted(const Context& context, const wire::StateHeader& header) {
    const spec::Rules& rules = context.rules;
    const bool large = header.nvmecss > posted_cap || header.vss > posted_cap;
    return (large && rules.on(Id::RfcStateCapped)) ||
           (header.version != context.flow.csvi && rules.on(Id::RfcVersionIsIndex));
}

/// What the header announces, in bytes; 0 if it cannot be used.
std::uint64_t announced(const Context& context, const FlowEvent& event) {
    const spec::Rules& rules = context.rules;
    if (rules.on(Id::VendorCommands)) {
        return event.dw0;  // LM-VND-02: a command of its own tells the size
    }
    const auto header =
        wire::decode_state_header(event.bytes, wire::state_header_size(rules), rules);
    if (!header || !is_sound(context, *header) || is_refused_as_posted(context, *header)) {
        return 0;
    }
    return wire::state_size(*header, rules);
}

/// The errno of the answer at hand: the command's, or of what it brought.
Errno judge(const Context& context, const FlowEvent& event) {
    const VfioNvme& flow = context.flow;
    const Errno error = errno_of(event.error, event.status);
    if (flow.step == FlowStep::Resume && !context.rules.on(Id::HostFailsOnResumeError)) {
        return Errno::Ok;
    }
    const bool reads = flow.step == FlowStep::ReadHeader || flow.step == FlowStep::ReadState;
    if (error != Errno::Ok || !reads) {
        return error;
    }
    const Errno consistent = check_consistent(event, context.rules);
    if (consistent != Errno::Ok || flow.step == FlowStep::ReadState) {
        return consistent;
    }
    const std::uint64_t size = announced(context, event);
    return size == 0 ? Errno::Io : size > flow.limit ? Errno::NoMemory : Errno::Ok;
}

/// What stands for no format: an index that no list has.
std::uint8_t no_format(const spec::Rules& rules) {
    return rules.value(Id::FormatsFirstIndex) == 0 ? 0xff : 0;
}

/// CSVI or CSUUIDI of what is at this position of a list, from 1; 0: it is not there.
std::uint8_t format_index(std::uint8_t position, const spec::Rules& rules) {
    return position == 0
               ? no_format(rules)
               : static_cast<std::uint8_t>(position - 1 + rules.value(Id::FormatsFirstIndex));
}

/// HO-MIG-05: what came over the network is checked before the device sees it.
Errno check_incoming(const Context& context, const FlowEvent& event) {
    const VfioNvme& flow = context.flow;
    if (flow.size == 0 || event.bytes == nullptr) {
        return Errno::Invalid;
    }
    if (!context.rules.on(Id::HostChecksHeader)) {
        return Errno::Ok;
    }
    const auto state = wire::ControllerStateView::parse(event.bytes, flow.size, context.rules);
    if (!state || state->size() != flow.size || !is_sound(context, state->header())) {
        return Errno::Invalid;
    }
    const bool vendor_unknown =
        state->vendor_size() != 0 && !has_format(flow.csuuidi, context.rules);
    return vendor_unknown ? Errno::Invalid : Errno::Ok;
}

/// Bytes of the piece at hand (HO-MIG-07).
std::uint64_t piece_length(const VfioNvme& flow, const spec::Rules& rules) {
    const std::uint64_t rest = flow.size - flow.offset;
    return rules.on(Id::HostSplitsByMdts) ? std::min<std::uint64_t>(rest, flow.piece) : rest;
}

Effect& submit(Context& context, FlowStep step) {
    VfioNvme& flow = context.flow;
    flow.asked = static_cast<std::uint16_t>(flow.asked == 0xffff ? 1 : flow.asked + 1);
    Effect& effect = context.effects.push(EffectKind::Submit);
    effect.ticket = flow.asked;
    effect.token = static_cast<std::uint64_t>(step);
    effect.address = flow.offset;
    return effect;
}

void submit_piece(Context& context, FlowStep step) {
    const VfioNvme& flow = context.flow;
    Effect& effect = submit(context, step);
    effect.length = piece_length(flow, context.rules);
    const bool first = flow.offset == 0;
    const bool last = flow.offset + effect.length == flow.size;
    const wire::Seqind seqind = first ? (last ? wire::Seqind::Only : wire::Seqind::First)
                                      : (last ? wire::Seqind::Last : wire::Seqind::Middle);
    effect.token2 = static_cast<std::uint64_t>(seqind);
}

bool more_to_come(const Context& context) {
    const VfioNvme& flow = context.flow;
    return flow.offset + piece_length(flow, context.rules) < flow.size;
}

/// HO-MIG-02: one piece, then its completion. Who does not wait sends all that a step has room for.
void submit_pieces(Context& context, FlowStep step) {
    submit_piece(context, step);
    if (step != FlowStep::LoadState || context.rules.on(Id::HostWaitsBetweenPieces)) {
        return;
    }
    while (more_to_come(context) && context.effects.size() + 1 < Effects::capacity) {
        context.flow.offset += piece_length(context.flow, context.rules);
        submit_piece(context, step);
    }
}

void reply(Context& context, Errno error) {
    context.flow.overtaken = false;
    Effect& effect = context.effects.push(EffectKind::Reply);
    effect.ticket = context.flow.arc;
    effect.token = static_cast<std::uint64_t>(error);
    effect.token2 = context.flow.size;
}

struct IsSound {
    static constexpr std::string_view name = "state is sound";
    bool operator()(const Context& context, const Load& load) const {
        return check_incoming(context, load.event) == Errno::Ok;
    }
};
struct Succeeded {
    static constexpr std::string_view name = "success";
    bool operator()(const Context& context, const Answer& answer) const {
        return !context.flow.overtaken && judge(context, answer.event) == Errno::Ok;
    }
};
/// Whether the controller is suspended now depends on which came first: a Resume settles it.
struct SucceededTooLate {
    static constexpr std::string_view name = "success, but the VF was reset";
    bool operator()(const Context& context, const Answer& answer) const {
        return context.flow.overtaken && judge(context, answer.event) == Errno::Ok;
    }
};
struct IsWaitedFor {
    static constexpr std::string_view name = "commands are waited for";
    bool operator()(const Context& context, const Reset&) const {
        return context.rules.on(Id::HostWaitsOverReset);
    }
};
struct SucceededToSave {
    static constexpr std::string_view name = "success, to STOP_COPY";
    bool operator()(const Context& context, const Answer& answer) const {
        return context.flow.to == MigState::STOP_COPY && Succeeded{}(context, answer);
    }
};
struct SucceededInPart {
    static constexpr std::string_view name = "success, more to come";
    bool operator()(const Context& context, const Answer& answer) const {
        return more_to_come(context) && Succeeded{}(context, answer);
    }
};

template <FlowStep Step>
struct Send {
    static constexpr std::string_view name = Step == FlowStep::Notify    ? "send notification"
                                             : Step == FlowStep::Suspend ? "send Suspend"
                                                                         : "send Resume";
    void operator()(Context& context, const Given&) const {
        context.flow.offset = 0;
        submit(context, Step);
    }
};
struct AskHeader {
    static constexpr std::string_view name = "read header";
    void operator()(Context& context, const Given&) const {
        context.flow.offset = 0;
        context.flow.size = 0;
        const bool asks_size = context.rules.on(Id::VendorCommands);
        submit(context, FlowStep::ReadHeader).length =
            asks_size ? 0 : wire::state_header_size(context.rules);
    }
};
struct AskState {
    static constexpr std::string_view name = "read first piece";
    void operator()(Context& context, const Given& given) const {
        context.flow.offset = 0;
        context.flow.size = announced(context, given.event);
        submit_piece(context, FlowStep::ReadState);
    }
};
struct SendState {
    static constexpr std::string_view name = "send first piece";
    void operator()(Context& context, const Given&) const {
        // HO-MIG-06: also after a piece that failed.
        if (context.rules.on(Id::HostResendsFromFirst)) {
            context.flow.offset = 0;
        }
        submit_pieces(context, FlowStep::LoadState);
    }
};
template <FlowStep Step>
struct Continue {
    static constexpr std::string_view name =
        Step == FlowStep::ReadState ? "read next piece" : "send next piece";
    void operator()(Context& context, const Given&) const {
        context.flow.offset += piece_length(context.flow, context.rules);
        submit_pieces(context, Step);
    }
};
struct Succeed {
    static constexpr std::string_view name = "done";
    void operator()(Context& context, const Given&) const { reply(context, Errno::Ok); }
};
struct SucceedAtOnce {
    static constexpr std::string_view name = "done";
    void operator()(Context& context, const Given&) const {
        if (context.flow.to == MigState::RESUMING) {
            context.flow.size = 0;
        }
        reply(context, Errno::Ok);
    }
};
struct Refuse {
    static constexpr std::string_view name = "refuse";
    void operator()(Context& context, const Given& given) const {
        reply(context, check_incoming(context, given.event));
    }
};
struct Fail {
    static constexpr std::string_view name = "fail";
    void operator()(Context& context, const Given& given) const {
        const Errno error = judge(context, given.event);
        reply(context, error == Errno::Ok ? Errno::Io : error);  // Ok: the row of a success is off
    }
};
struct GiveUp {
    static constexpr std::string_view name = "give up";
    void operator()(Context& context, const Given&) const { reply(context, Errno::Io); }
};

struct NoteReset {
    static constexpr std::string_view name = "note the reset";
    void operator()(Context& context, const Given&) const { context.flow.overtaken = true; }
};

template <class State>
using Failed = fsm::Row<Id::FlowFailed, State, Answer, Idle, Fail>;
template <class State>
using Overtaken = fsm::Row<Id::FlowOvertaken, State, Reset, fsm::None, NoteReset, IsWaitedFor>;
template <class State>
using WasReset = fsm::Row<Id::FlowReset, State, Reset, Idle, GiveUp>;

struct Table {
    static constexpr std::string_view name = "driver";
    using Context = host::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<
        fsm::Row<Id::FlowNotify, Idle, Notify, Notifying, Send<FlowStep::Notify>>,
        fsm::Row<Id::FlowSuspend, Idle, Stop, Suspending, Send<FlowStep::Suspend>>,
        fsm::Row<Id::FlowReadHeader, Idle, Save, ReadingHeader, AskHeader>,
        fsm::Row<Id::FlowResume, Idle, Run, Resuming, Send<FlowStep::Resume>>,
        fsm::Row<Id::FlowLoad, Idle, Load, LoadingState, SendState, IsSound>,
        fsm::Row<Id::FlowRefuse, Idle, Load, fsm::None, Refuse>,
        fsm::Row<Id::FlowNothing, Idle, Nothing, fsm::None, SucceedAtOnce>,

        fsm::Row<Id::FlowNotified, Notifying, Answer, Idle, Succeed, Succeeded>,
        fsm::Row<Id::FlowResumeAfterReset, Suspending, Answer, Resuming, Send<FlowStep::Resume>,
                 SucceededTooLate>,
        fsm::Row<Id::FlowSuspendedToSave, Suspending, Answer, ReadingHeader, AskHeader,
                 SucceededToSave>,
        fsm::Row<Id::FlowSuspended, Suspending, Answer, Idle, Succeed, Succeeded>,
        fsm::Row<Id::FlowResumed, Resuming, Answer, Idle, Succeed, Succeeded>,
        fsm::Row<Id::FlowReadState, ReadingHeader, Answer, ReadingState, AskState, Succeeded>,
        fsm::Row<Id::FlowReadMore, ReadingState, Answer, fsm::None, Continue<FlowStep::ReadState>,
                 SucceededInPart>,
        fsm::Row<Id::FlowSaved, ReadingState, Answer, Idle, Succeed, Succeeded>,
        fsm::Row<Id::FlowLoadMore, LoadingState, Answer, fsm::None, Continue<FlowStep::LoadState>,
                 SucceededInPart>,
        fsm::Row<Id::FlowLoaded, LoadingState, Answer, Idle, Succeed, Succeeded>,

        Failed<Notifying>, Failed<Suspending>, Failed<ReadingHeader>, Failed<ReadingState>,
        Failed<LoadingState>, Failed<Resuming>, Overtaken<Notifying>, Overtaken<Suspending>,
        Overtaken<ReadingHeader>, Overtaken<ReadingState>, Overtaken<LoadingState>,
        Overtaken<Resuming>, WasReset<Notifying>, WasReset<Suspending>, WasReset<ReadingHeader>,
        WasReset<ReadingState>, WasReset<LoadingState>, WasReset<Resuming>>;
};
using Machine = fsm::Machine<Table>;

template <class Event>
bool take(Context& context, const FlowEvent& event) {
    auto state = static_cast<std::uint8_t>(context.flow.step);
    const bool taken = context.effects.took(Machine::dispatch(state, context, Event{{event}}));
    context.flow.step = static_cast<FlowStep>(state);
    return taken;
}

bool begin(Context& context, const FlowEvent& event) {
    LMSIM_ASSERT(context.flow.step == FlowStep::Idle);
    context.flow.arc = event.ticket;
    context.flow.to = event.to;
    if (event.from == MigState::RUNNING && event.to == MigState::PRE_COPY) {
        return take<Notify>(context, event);
    }
    if (works(event.from) && !works(event.to)) {
        return take<Stop>(context, event);
    }
    if (event.to == MigState::STOP_COPY) {
        return take<Save>(context, event);
    }
    if (!works(event.from) && works(event.to)) {
        return take<Run>(context, event);
    }
    return event.from == MigState::RESUMING ? take<Load>(context, event)
                                            : take<Nothing>(context, event);
}

}  // namespace

void step(VfioNvme& flow, const FlowEvent& event, const spec::Rules& rules, Effects& effects) {
    Context context{flow, rules, effects};
    switch (event.kind) {
        case FlowEvent::Kind::Arc:
            if (!begin(context, event)) {
                reply(context, Errno::Invalid);  // a rule of the machine is not in force
            }
            break;
        case FlowEvent::Kind::Answer:
            if (event.ticket == 0 || event.ticket == flow.asked) {
                take<Answer>(context, event);
            }
            break;
        case FlowEvent::Kind::Written: flow.size = event.value; break;
        case FlowEvent::Kind::Reset:
            take<Reset>(context, event);
            flow.size = 0;
            break;
    }
}

std::uint16_t cntlid_of(const wire::SecondaryController& entry, const spec::Rules& rules) {
    return rules.on(Id::HostUsesCntlidOfVf) ? entry.scid : entry.pcid;
}

bool has_format(std::uint8_t index, const spec::Rules& rules) { return index != no_format(rules); }

void choose_formats(VfioNvme& flow, const wire::StateFormatsView& formats,
                    const spec::Rules& rules) {
    const bool search = rules.on(Id::HostSearchesVersion);
    const auto version = static_cast<std::uint16_t>(rules.value(Id::NvmeStateVersion));
    const auto first = static_cast<std::uint8_t>(rules.value(Id::FormatsFirstIndex));
    flow.csvi = search ? format_index(formats.find_version(version), rules) : first;
    flow.csuuidi = search ? format_index(formats.find_uuid(wire::vendor_area_uuid), rules) : first;
}

fsm::ArcList flow_arcs() { return Machine::arcs(); }

namespace {

/// The indices by which a Get or Set Controller State names what it wants; `nothing` is the defect
/// by which it wants none.
struct Indices {
    std::uint8_t csvi;
    std::uint8_t csuuidi;

    Indices(const VfioNvme& flow, const spec::Rules& rules, Id nothing)
        : csvi(flow.csvi), csuuidi(flow.csuuidi) {
        if (rules.on(nothing)) {
            csvi = csuuidi = 0;
        } else if (rules.on(Id::RfcFormatIndex0)) {
            csvi = 0;
        }
    }
};

}  // namespace

wire::Sqe command(const VfioNvme& flow, const Effect& submit, const spec::Rules& rules) {
    using wire::MigrationSend;
    switch (static_cast<FlowStep>(submit.token)) {
        case FlowStep::Notify:
            return encode(MigrationSend::suspend(flow.cntlid, wire::SuspendType::Notification),
                          rules);
        case FlowStep::Suspend:
            return encode(
                MigrationSend::suspend(flow.cntlid, wire::SuspendType::Suspend, flow.dudmq), rules);
        case FlowStep::Resume: return encode(MigrationSend::resume(flow.cntlid), rules);
        case FlowStep::LoadState: {
            const Indices of(flow, rules, Id::RfcSetsNothing);
            return encode(MigrationSend::set_controller_state(
                              flow.cntlid, static_cast<wire::Seqind>(submit.token2), of.csvi,
                              of.csuuidi, submit.address, submit.length / 4),
                          rules);
        }
        case FlowStep::ReadHeader:
        case FlowStep::ReadState:
        case FlowStep::Idle: break;
    }
    wire::MigrationReceive receive;
    receive.cntlid = flow.cntlid;
    const Indices of(flow, rules, Id::RfcGetsNothing);
    receive.csvi = of.csvi;
    receive.csuuidi = of.csuuidi;
    receive.offset = submit.address;
    receive.query_size = submit.length == 0;
    receive.dwords = receive.query_size ? 1 : submit.length / 4;
    return encode(receive, rules);
}

}  // namespace lmsim::host
