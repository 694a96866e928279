#include "model/host/memory_log.hpp"

#include <algorithm>

#include "model/fsm.hpp"
#include "model/host/answer.hpp"
#include "model/vfio/errno.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/track.hpp"

namespace lmsim::host {
namespace {

using spec::Id;
using vfio::Errno;

struct Context {
    MemoryLog& log;
    const spec::Rules& rules;
    Effects& effects;
};

template <TrackState Step>
struct StateOf : fsm::State<static_cast<std::uint8_t>(Step)> {};

struct Off : StateOf<TrackState::Off> {
    static constexpr std::string_view name = "Off";
};
struct Starting : StateOf<TrackState::Starting> {
    static constexpr std::string_view name = "Starting";
};
struct Tracking : StateOf<TrackState::Tracking> {
    static constexpr std::string_view name = "Tracking";
};
struct Reporting : StateOf<TrackState::Reporting> {
    static constexpr std::string_view name = "Reporting";
};
struct Stopping : StateOf<TrackState::Stopping> {
    static constexpr std::string_view name = "Stopping";
};

struct Given {
    const MemoryLogEvent& event;
};
struct Start : Given {
    static constexpr std::string_view name = "start";
};
struct Answer : Given {
    static constexpr std::string_view name = "answer";
};
struct Report : Given {
    static constexpr std::string_view name = "report";
};
struct Stop : Given {
    static constexpr std::string_view name = "stop";
};
struct Reset : Given {
    static constexpr std::string_view name = "PF reset";
};

/// The report in the buffer, or nothing if it is none.
wire::Result<wire::TrackedMemoryView> report_of(const Context& context,
                                                const MemoryLogEvent& event) {
    return wire::TrackedMemoryView::parse(event.bytes, context.log.report, context.rules);
}

Errno judge(const Context& context, const MemoryLogEvent& event) {
    const Errno error = errno_of(event.error, event.status);
    if (error != Errno::Ok || context.log.state != TrackState::Reporting) {
        return error;
    }
    return report_of(context, event) ? Errno::Ok : Errno::Io;
}

Effect& submit(Context& context, TrackCommand what) {
    MemoryLog& log = context.log;
    log.number = static_cast<std::uint16_t>(log.number == 0xffff ? 1 : log.number + 1);
    Effect& effect = context.effects.push(EffectKind::Submit);
    effect.ticket = log.number;
    effect.token = static_cast<std::uint64_t>(what);
    return effect;
}

void reply(Context& context, Errno error) {
    if (context.log.reply == 0) {
        return;
    }
    Effect& effect = context.effects.push(EffectKind::Reply);
    effect.ticket = context.log.reply;
    effect.token = static_cast<std::uint64_t>(error);
    context.log.reply = 0;
}

/// The granularity that the device offers instead: coarser than the one it refused, or 0.
std::uint8_t offered(const Context& context, const MemoryLogEvent& event) {
    const MemoryLog& log = context.log;
    const auto hints = wire::decode_track_hints({event.dw0, event.dw1}, context.rules);
    const bool better = hints.mrtg > log.granularity && hints.mrtg <= log.coarsest;
    return better ? static_cast<std::uint8_t>(hints.mrtg) : std::uint8_t{0};
}

struct Succeeded {
    static constexpr std::string_view name = "success";
    bool operator()(const Context& context, const Answer& answer) const {
        return judge(context, answer.event) == Errno::Ok;
    }
};
struct MoreToReport {
    static constexpr std::string_view name = "more to report";
    bool operator()(const Context& context, const Answer& answer) const {
        return context.rules.on(Id::HostReadsWholeReport) && Succeeded{}(context, answer) &&
               report_of(context, answer.event)->header().more;
    }
};
struct Offers {
    static constexpr std::string_view name = "a coarser granularity is offered";
    bool operator()(const Context& context, const Answer& answer) const {
        return context.rules.on(Id::HostTakesHints) && answer.event.error == PfError::None &&
               wire::status_code(answer.event.status) ==
                   context.rules.status(Id::TrackNoResources) &&
               offered(context, answer.event) != 0;
    }
};

void send_start(Context& context) {
    submit(context, TrackCommand::Start).token2 = context.log.granularity;
}
struct SendStart {
    static constexpr std::string_view name = "start";
    void operator()(Context& context, const Given& given) const {
        context.log.reply = given.event.ticket;
        context.log.granularity = context.log.wanted;
        send_start(context);
        if (!context.rules.on(Id::HostTracksBeforeCopy)) {
            reply(context, Errno::Ok);
        }
    }
};
struct SendCoarser {
    static constexpr std::string_view name = "start as offered";
    void operator()(Context& context, const Given& given) const {
        context.log.granularity = offered(context, given.event);
        send_start(context);
    }
};
struct ReplyResult {
    static constexpr std::string_view name = "done";
    void operator()(Context& context, const Given& given) const {
        reply(context, judge(context, given.event));
    }
};
struct SendReceive {
    static constexpr std::string_view name = "receive";
    void operator()(Context& context, const Given& given) const {
        context.log.reply = given.event.ticket;
        submit(context, TrackCommand::Receive).length = context.log.report;
    }
};
struct TakeAndReceive {
    static constexpr std::string_view name = "take the report, receive";
    void operator()(Context& context, const Given&) const {
        context.effects.push(EffectKind::Call);
        submit(context, TrackCommand::Receive).length = context.log.report;
    }
};
struct TakeAndReply {
    static constexpr std::string_view name = "take the report";
    void operator()(Context& context, const Given& given) const {
        const Errno error = judge(context, given.event);
        if (error == Errno::Ok) {
            context.effects.push(EffectKind::Call);
        }
        reply(context, error);
    }
};
struct SendStop {
    static constexpr std::string_view name = "stop";
    void operator()(Context& context, const Given& given) const {
        context.log.reply = given.event.ticket;
        submit(context, TrackCommand::Stop);
    }
};
struct Done {
    static constexpr std::string_view name = "done";
    // A suspended controller cannot be told (39h): nobody asks for its writes any more.
    void operator()(Context& context, const Given&) const { reply(context, Errno::Ok); }
};
struct GiveUp {
    static constexpr std::string_view name = "give up";
    void operator()(Context& context, const Given&) const { reply(context, Errno::Io); }
};

template <class State>
using WasReset = fsm::Row<Id::MemoryLogReset, State, Reset, Off, GiveUp>;

struct Table {
    static constexpr std::string_view name = "memory-log";
    using Context = host::Context;
    using Initial = Off;
    using Rows = fsm::Rows<
        fsm::Row<Id::MemoryLogStart, Off, Start, Starting, SendStart>,
        fsm::Row<Id::MemoryLogStarted, Starting, Answer, Tracking, ReplyResult, Succeeded>,
        fsm::Row<Id::MemoryLogCoarser, Starting, Answer, fsm::None, SendCoarser, Offers>,
        fsm::Row<Id::MemoryLogRefused, Starting, Answer, Off, ReplyResult>,
        fsm::Row<Id::MemoryLogReport, Tracking, Report, Reporting, SendReceive>,
        fsm::Row<Id::MemoryLogMore, Reporting, Answer, fsm::None, TakeAndReceive, MoreToReport>,
        fsm::Row<Id::MemoryLogReported, Reporting, Answer, Tracking, TakeAndReply>,
        fsm::Row<Id::MemoryLogStop, Tracking, Stop, Stopping, SendStop>,
        fsm::Row<Id::MemoryLogStopped, Stopping, Answer, Off, Done>, WasReset<Starting>,
        WasReset<Tracking>, WasReset<Reporting>, WasReset<Stopping>>;
};
using Machine = fsm::Machine<Table>;

template <class Event>
bool take(Context& context, const MemoryLogEvent& event) {
    auto state = static_cast<std::uint8_t>(context.log.state);
    const bool taken = context.effects.took(Machine::dispatch(state, context, Event{{event}}));
    context.log.state = static_cast<TrackState>(state);
    return taken;
}

/// A request that no row takes is answered at once, the one at hand goes on.
void refuse(Context& context, std::uint32_t ticket, Errno error) {
    Effect& effect = context.effects.push(EffectKind::Reply);
    effect.ticket = ticket;
    effect.token = static_cast<std::uint64_t>(error);
}

}  // namespace

void step(MemoryLog& log, const MemoryLogEvent& event, const spec::Rules& rules, Effects& effects) {
    Context context{log, rules, effects};
    switch (event.kind) {
        case MemoryLogEvent::Kind::Start:
            if (!take<Start>(context, event)) {
                refuse(context, event.ticket, Errno::Busy);
            }
            break;
        case MemoryLogEvent::Kind::Answer:
            if (event.ticket == log.number) {
                take<Answer>(context, event);
            }
            break;
        case MemoryLogEvent::Kind::Report:
            if (!take<Report>(context, event)) {
                refuse(context, event.ticket, Errno::Invalid);
            }
            break;
        case MemoryLogEvent::Kind::Stop:
            if (!take<Stop>(context, event)) {
                refuse(context, event.ticket,
                       log.state == TrackState::Off ? Errno::Ok : Errno::Busy);
            }
            break;
        case MemoryLogEvent::Kind::Reset:
            if (rules.on(Id::HostKnowsUntracked)) {
                take<Reset>(context, event);
            }
            break;
    }
}

fsm::ArcList memory_log_arcs() { return Machine::arcs(); }

wire::Sqe command(const MemoryLog& log, const Effect& submit, const spec::Rules& rules) {
    switch (static_cast<TrackCommand>(submit.token)) {
        case TrackCommand::Start: return encode(wire::TrackMemory{true, log.cntlid}, rules);
        case TrackCommand::Stop: return encode(wire::TrackMemory{false, log.cntlid}, rules);
        case TrackCommand::Receive: {
            wire::TrackReceive receive;
            receive.cntlid = log.cntlid;
            receive.dwords = submit.length / 4;
            return encode(receive, rules);
        }
    }
    return {};
}

}  // namespace lmsim::host
