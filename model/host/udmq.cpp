#include "model/host/udmq.hpp"

#include <algorithm>

#include "model/fsm.hpp"
#include "model/host/answer.hpp"
#include "model/vfio/errno.hpp"
#include "model/wire/cdq.hpp"

namespace lmsim::host {
namespace {

using spec::Id;
using vfio::Errno;

// A suspended controller's last entry should precede the completion of its Suspend (8.1.13.1); one
// that takes its time (5.2.17.1.1) gets so many waits of so many picoseconds.
constexpr std::uint64_t tail_wait = 100'000'000;
constexpr std::uint16_t tail_tries = 1000;

struct Context {
    Udmq& log;
    const spec::Rules& rules;
    Effects& effects;
};

template <LogState Step>
struct StateOf : fsm::State<static_cast<std::uint8_t>(Step)> {};

struct Off : StateOf<LogState::Off> {
    static constexpr std::string_view name = "Off";
};
struct Creating : StateOf<LogState::Creating> {
    static constexpr std::string_view name = "Creating";
};
struct Arming : StateOf<LogState::Arming> {
    static constexpr std::string_view name = "Arming";
};
struct Starting : StateOf<LogState::Starting> {
    static constexpr std::string_view name = "Starting";
};
struct Logging : StateOf<LogState::Logging> {
    static constexpr std::string_view name = "Logging";
};
struct Tail : StateOf<LogState::Tail> {
    static constexpr std::string_view name = "Tail";
};
struct Closed : StateOf<LogState::Closed> {
    static constexpr std::string_view name = "Closed";
};
struct Stopping : StateOf<LogState::Stopping> {
    static constexpr std::string_view name = "Stopping";
};
struct Deleting : StateOf<LogState::Deleting> {
    static constexpr std::string_view name = "Deleting";
};

struct Given {
    const UdmqEvent& event;
};
struct Start : Given {
    static constexpr std::string_view name = "start";
};
struct Answer : Given {
    static constexpr std::string_view name = "answer";
};
struct Emptied : Given {
    static constexpr std::string_view name = "a full queue is empty again";
};
struct Suspended : Given {
    static constexpr std::string_view name = "VF suspended";
};
struct TailRead : Given {
    static constexpr std::string_view name = "last entry read";
};
struct Resumed : Given {
    static constexpr std::string_view name = "VF resumed";
};
struct Stop : Given {
    static constexpr std::string_view name = "stop";
};
struct Reset : Given {
    static constexpr std::string_view name = "PF reset";
};

std::uint16_t next_number(std::uint16_t number) {
    return static_cast<std::uint16_t>(number == 0xffff ? 1 : number + 1);
}

Effect& submit(Context& context, LogCommand what) {
    Udmq& log = context.log;
    log.number = next_number(log.number);
    Effect& effect = context.effects.push(EffectKind::Submit);
    effect.ticket = log.number;
    effect.token = static_cast<std::uint64_t>(what);
    return effect;
}

Effect& call(Context& context, LogCall what) {
    Effect& effect = context.effects.push(EffectKind::Call);
    effect.token = static_cast<std::uint64_t>(what);
    return effect;
}

Effect& report(Context& context, LogReport what) {
    Effect& effect = context.effects.push(EffectKind::Report);
    effect.token = static_cast<std::uint64_t>(what);
    return effect;
}

void reply(Context& context, std::uint32_t& ticket, Errno error) {
    if (ticket == 0) {
        return;
    }
    Effect& effect = context.effects.push(EffectKind::Reply);
    effect.ticket = ticket;
    effect.token = static_cast<std::uint64_t>(error);
    ticket = 0;
}

/// HO-UDM-06: what was not logged can only be found by copying everything.
void lose(Context& context) {
    if (!context.log.lost) {
        context.log.lost = true;
        report(context, LogReport::Lost);
    }
}

void look(Context& context) {
    Udmq& log = context.log;
    if (log.looking) {
        log.again = true;
        return;
    }
    log.looking = true;
    log.again = false;
    Effect& effect = call(context, LogCall::Look);
    effect.address = log.slot;
    effect.length = std::min(look_slots, log.entries - log.slot);
}

bool uses_events(const Udmq& log) { return log.poll == 0; }

bool arms(const Context& context) {
    return uses_events(context.log) && !context.rules.on(Id::RfcNeverArmed);
}

/// Set Features 21h: gives the entries that were read back, and arms the trigger for when `batch`
/// more will be there.
void move_head(Context& context, std::uint32_t head, bool arm) {
    Udmq& log = context.log;
    log.moving = true;
    const bool stays = context.rules.on(Id::RfcHeadNeverMoves);
    log.asked = stays ? 0 : log.held;
    log.move = next_number(log.move);
    log.trigger = arm ? log.batch : 0;
    Effect& effect = context.effects.push(EffectKind::Submit);
    // Their answers are told from the others' by the upper half.
    effect.ticket = std::uint32_t{log.move} << 16;
    effect.token = static_cast<std::uint64_t>(LogCommand::Move);
    effect.address = stays ? (log.slot + log.entries - log.held) % log.entries : head;
    effect.length = arm ? (head + log.batch - 1) % log.entries + 1 : 0;
}

/// What reading has made due: entries to give back, a trigger that was passed (HO-UDM-03).
void move_if_due(Context& context) {
    Udmq& log = context.log;
    if (log.state != LogState::Logging || log.moving || log.looking || log.ended) {
        return;
    }
    const bool arm = arms(context) && context.rules.on(Id::HostRearms);
    const bool give_back = log.held >= log.batch && !context.rules.on(Id::RfcHeadNeverMoves);
    if (give_back || (arm && log.trigger == 0)) {
        move_head(context, log.slot, arm);
    }
}

void tick(Context& context, std::uint64_t after) {
    if (!context.log.ticking) {
        context.log.ticking = true;
        context.effects.push(EffectKind::StartTimer).length = after;
    }
}

bool is_ok(const Given& given) {
    return errno_of(given.event.error, given.event.status) == Errno::Ok;
}

struct Succeeded {
    static constexpr std::string_view name = "success";
    bool operator()(const Context&, const Answer& answer) const { return is_ok(answer); }
};
struct SucceededPolling {
    static constexpr std::string_view name = "success, polled";
    bool operator()(const Context& context, const Answer& answer) const {
        return is_ok(answer) && !arms(context);
    }
};
struct NothingFollows {
    static constexpr std::string_view name = "nothing is left to be read";
    bool operator()(const Context& context, const Given&) const {
        return context.log.lost || context.log.ended || !context.rules.on(Id::HostDrainsTail);
    }
};
struct IsThere {
    static constexpr std::string_view name = "the queue is there";
    bool operator()(const Context& context, const Given&) const { return !context.log.gone; }
};

struct SendCreate {
    static constexpr std::string_view name = "zero the ring, create the queue";
    void operator()(Context& context, const Given& given) const {
        Udmq& log = context.log;
        log.reply = given.event.ticket;
        log.slot = log.held = log.asked = log.trigger = 0;
        log.phase = 1;
        log.error = 0;
        log.stop = 0;
        log.lost = log.full = log.gone = log.again = log.moving = false;
        if (context.rules.on(Id::HostZeroesCdqp)) {
            call(context, LogCall::ZeroRing);
        }
        submit(context, LogCommand::Create);
    }
};
void take_cdqid(Context& context, const UdmqEvent& event) {
    wire::Cqe cqe;
    cqe.dw0 = event.dw0;
    context.log.cdqid = wire::decode_created_cdqid(cqe, context.rules);
}
struct SendArm {
    static constexpr std::string_view name = "arm";
    void operator()(Context& context, const Given& given) const {
        take_cdqid(context, given.event);
        move_head(context, 0, true);
    }
};
void start_log(Context& context) {
    Udmq& log = context.log;
    log.first = true;
    log.ended = false;
    log.full = false;
    submit(context, LogCommand::StartLog);
    if (!context.rules.on(Id::HostCopiesWhenLogged)) {
        reply(context, log.reply, Errno::Ok);
    }
}
struct SendStart {
    static constexpr std::string_view name = "start logging";
    void operator()(Context& context, const Given&) const { start_log(context); }
};
struct SendStartUnarmed {
    static constexpr std::string_view name = "start logging";
    void operator()(Context& context, const Given& given) const {
        take_cdqid(context, given.event);
        start_log(context);
    }
};
struct Restart {
    static constexpr std::string_view name = "start logging again";
    void operator()(Context& context, const Given&) const { start_log(context); }
};
struct Started {
    static constexpr std::string_view name = "started";
    void operator()(Context& context, const Given&) const {
        Udmq& log = context.log;
        if (log.lost) {
            log.lost = false;
            report(context, LogReport::Restarted);
        }
        reply(context, log.reply, Errno::Ok);
        look(context);
        if (!uses_events(log)) {
            tick(context, log.poll);
        }
    }
};
struct Abandon {
    static constexpr std::string_view name = "delete the queue";
    void operator()(Context& context, const Given& given) const {
        context.log.error =
            static_cast<std::uint16_t>(errno_of(given.event.error, given.event.status));
        submit(context, LogCommand::Delete);
    }
};
struct Refused {
    static constexpr std::string_view name = "refused";
    void operator()(Context& context, const Given& given) const {
        call(context, LogCall::Release);
        reply(context, context.log.reply, errno_of(given.event.error, given.event.status));
        reply(context, context.log.stop, Errno::Ok);
    }
};
struct ReadTail {
    static constexpr std::string_view name = "read the rest";
    void operator()(Context& context, const Given& given) const {
        context.log.reply = given.event.ticket;
        context.log.tries = 0;
        look(context);
    }
};
struct ReplyClosed {
    static constexpr std::string_view name = "done";
    void operator()(Context& context, const Given& given) const {
        context.log.reply = given.event.ticket;
        reply(context, context.log.reply, Errno::Ok);
    }
};
struct ReplyTail {
    static constexpr std::string_view name = "done";
    void operator()(Context& context, const Given&) const {
        reply(context, context.log.reply, Errno::Ok);
    }
};
struct LoseRestart {
    static constexpr std::string_view name = "the log is lost";
    void operator()(Context& context, const Given& given) const {
        lose(context);
        ReplyClosed{}(context, given);
    }
};
struct GoOn {
    static constexpr std::string_view name = "go on";
    void operator()(Context& context, const Given&) const {
        Udmq& log = context.log;
        log.first = !log.full;
        log.ended = log.full;
        look(context);
        if (!uses_events(log)) {
            tick(context, log.poll);
        }
    }
};
struct SendStop {
    static constexpr std::string_view name = "stop logging";
    void operator()(Context& context, const Given&) const { submit(context, LogCommand::StopLog); }
};
struct SendDelete {
    static constexpr std::string_view name = "delete the queue";
    void operator()(Context& context, const Given&) const {
        reply(context, context.log.reply, Errno::Io);  // of a tail that nobody will read
        submit(context, LogCommand::Delete);
    }
};
struct Deleted {
    static constexpr std::string_view name = "free the memory";
    void operator()(Context& context, const Given& given) const {
        Udmq& log = context.log;
        // Where the queue may still be there its memory is not free: the device could write it.
        const bool is_gone =
            is_ok(given) || given.event.error == PfError::Reset ||
            wire::status_code(given.event.status) == context.rules.status(Id::CdqDeleteUnknown);
        if (is_gone) {
            call(context, LogCall::Release);
        }
        reply(context, log.reply, static_cast<Errno>(log.error));
        reply(context, log.stop, is_gone ? Errno::Ok : Errno::Io);
    }
};
struct Free {
    static constexpr std::string_view name = "free the memory";
    void operator()(Context& context, const Given&) const {
        call(context, LogCall::Release);
        reply(context, context.log.stop, Errno::Ok);
    }
};
struct GiveUp {
    static constexpr std::string_view name = "give up";
    void operator()(Context& context, const Given&) const {
        Udmq& log = context.log;
        if (log.state == LogState::Logging || log.state == LogState::Tail) {
            lose(context);
        }
        call(context, LogCall::Release);
        reply(context, log.reply, Errno::Io);
        reply(context, log.stop, Errno::Ok);
    }
};

template <class State>
using WasReset = fsm::Row<Id::UdmqReset, State, Reset, Off, GiveUp>;

struct Table {
    static constexpr std::string_view name = "user-data-log";
    using Context = host::Context;
    using Initial = Off;
    using Rows = fsm::Rows<
        fsm::Row<Id::UdmqCreate, Off, Start, Creating, SendCreate>,
        fsm::Row<Id::UdmqStartUnarmed, Creating, Answer, Starting, SendStartUnarmed,
                 SucceededPolling>,
        fsm::Row<Id::UdmqArm, Creating, Answer, Arming, SendArm, Succeeded>,
        fsm::Row<Id::UdmqRefused, Creating, Answer, Off, Refused>,
        fsm::Row<Id::UdmqStart, Arming, Answer, Starting, SendStart, Succeeded>,
        fsm::Row<Id::UdmqAbandon, Arming, Answer, Deleting, Abandon>,
        fsm::Row<Id::UdmqStarted, Starting, Answer, Logging, Started, Succeeded>,
        fsm::Row<Id::UdmqAbandon, Starting, Answer, Deleting, Abandon>,
        fsm::Row<Id::UdmqSuspendedClosed, Starting, Suspended, Closed, LoseRestart>,

        fsm::Row<Id::UdmqRestart, Logging, Emptied, Starting, Restart>,
        fsm::Row<Id::UdmqSuspendedClosed, Logging, Suspended, Closed, ReplyClosed, NothingFollows>,
        fsm::Row<Id::UdmqSuspended, Logging, Suspended, Tail, ReadTail>,
        fsm::Row<Id::UdmqStop, Logging, Stop, Stopping, SendStop>,
        fsm::Row<Id::UdmqTailRead, Tail, TailRead, Closed, ReplyTail>,
        fsm::Row<Id::UdmqDelete, Tail, Stop, Deleting, SendDelete, IsThere>,
        fsm::Row<Id::UdmqResumed, Closed, Resumed, Logging, GoOn, IsThere>,
        fsm::Row<Id::UdmqDelete, Closed, Stop, Deleting, SendDelete, IsThere>,
        fsm::Row<Id::UdmqDeleted, Closed, Stop, Off, Free>,
        fsm::Row<Id::UdmqDelete, Stopping, Answer, Deleting, SendDelete>,
        fsm::Row<Id::UdmqDeleted, Deleting, Answer, Off, Deleted>,

        WasReset<Creating>, WasReset<Arming>, WasReset<Starting>, WasReset<Logging>, WasReset<Tail>,
        WasReset<Closed>, WasReset<Stopping>, WasReset<Deleting>>;
};
using Machine = fsm::Machine<Table>;

template <class Event>
bool take(Context& context, const UdmqEvent& event) {
    auto state = static_cast<std::uint8_t>(context.log.state);
    const bool taken = context.effects.took(Machine::dispatch(state, context, Event{{event}}));
    context.log.state = static_cast<LogState>(state);
    return taken;
}

void consume(Context& context, const wire::UdmqEntry& entry) {
    using wire::Esa;
    Udmq& log = context.log;
    const spec::Rules& rules = context.rules;
    if (log.first && entry.esa == Esa::Ordinary && rules.on(Id::HostExpectsFirst)) {
        lose(context);
    }
    log.first = false;
    Effect& told =
        report(context, entry.lbacir == wire::Lbacir::None ? LogReport::Marker : LogReport::Range);
    told.flags = entry.deallocated ? 1 : 0;
    told.address = entry.slba;
    told.length = entry.blocks;
    told.token2 = entry.nsid;
    told.token3 = static_cast<std::uint64_t>(entry.esa);
    log.ended = entry.esa != Esa::Ordinary && entry.esa != Esa::First;
    if (entry.esa == Esa::Full && rules.on(Id::HostRecopiesAfterFull)) {
        log.full = true;
        lose(context);
    }
}

/// Reads the entries of one look that are new: their phase says so.
std::uint32_t read(Context& context, const UdmqEvent& event) {
    Udmq& log = context.log;
    const std::size_t size = wire::udmq_entry_size(context.rules);
    const wire::UdmqReader reader(context.rules);
    std::uint32_t count = 0;
    for (; count < event.count; ++count) {
        const std::uint8_t* slot = event.bytes + size * count;
        if (wire::udmq_phase(slot, context.rules) != (log.phase != 0)) {
            break;
        }
        const auto entry = reader.decode(slot, size);
        if (entry) {
            consume(context, *entry);
        } else {
            lose(context);  // what it says of the user data nobody knows
        }
        ++log.held;
        log.trigger -= log.trigger != 0 ? 1 : 0;
        if (++log.slot == log.entries) {
            log.slot = 0;
            log.phase ^= 1;
        }
    }
    return count;
}

/// The look at hand found nothing new and no last entry: the tail may still be under way.
void wait_for_tail(Context& context, const UdmqEvent& event) {
    Udmq& log = context.log;
    if (log.tries++ < tail_tries) {
        return tick(context, tail_wait);
    }
    lose(context);
    take<TailRead>(context, event);
}

/// A full queue gets its head moved past everything, then logging starts again.
void empty_if_full(Context& context, const UdmqEvent& event) {
    Udmq& log = context.log;
    if (log.state != LogState::Logging || !log.full || log.moving || log.looking ||
        context.rules.on(Id::RfcHeadNeverMoves)) {
        return;
    }
    if (log.held != 0) {
        move_head(context, log.slot, arms(context));
    } else {
        take<Emptied>(context, event);
    }
}

void looked(Context& context, const UdmqEvent& event) {
    Udmq& log = context.log;
    log.looking = false;
    if (log.state != LogState::Logging && log.state != LogState::Tail) {
        return;
    }
    const std::uint32_t count = read(context, event);
    if ((count != 0 && count == event.count) || log.again) {
        look(context);
    } else if (log.state == LogState::Tail) {
        if (log.ended) {
            take<TailRead>(context, event);
        } else {
            wait_for_tail(context, event);
        }
    }
}

/// HO-UDM-04: the slot that was armed may have been filled before, and no event comes for it.
void moved(Context& context, const UdmqEvent& event) {
    Udmq& log = context.log;
    log.moving = false;
    if (errno_of(event.error, event.status) == Errno::Ok) {
        log.held -= log.asked;
    } else if (log.state == LogState::Logging && !log.gone) {
        lose(context);  // without room that is given back the log comes to its end
        log.trigger = 1;
    }
    log.asked = 0;
    if (log.state == LogState::Arming) {
        take<Answer>(context, event);
    } else if (log.state == LogState::Logging && context.rules.on(Id::HostLooksAfterArming)) {
        look(context);
    }
}

void tail_event(Context& context) {
    Udmq& log = context.log;
    if (log.state != LogState::Logging) {
        return;
    }
    if (!context.rules.on(Id::HostReleasesConsumed) && !log.moving) {
        move_head(context, (log.slot + log.trigger) % log.entries, true);
    }
    look(context);
}

void full_event(Context& context) {
    if (context.log.state != LogState::Logging) {
        return;
    }
    if (context.rules.on(Id::HostRecopiesAfterFull)) {
        lose(context);
    }
    look(context);
}

void timer(Context& context) {
    Udmq& log = context.log;
    log.ticking = false;
    if (log.state == LogState::Logging && !uses_events(log)) {
        look(context);
        tick(context, log.poll);
    } else if (log.state == LogState::Tail) {
        look(context);
    }
}

/// A request that no row takes is answered at once.
void refuse(Context& context, std::uint32_t ticket, Errno error) {
    std::uint32_t once = ticket;
    reply(context, once, error);
}

void suspended(Context& context, const UdmqEvent& event) {
    Udmq& log = context.log;
    log.gone = log.dudmq && log.state != LogState::Off && context.rules.on(Id::HostKnowsDudmq);
    if (!take<Suspended>(context, event)) {
        refuse(context, event.ticket, log.state == LogState::Off ? Errno::Ok : Errno::Invalid);
    }
}

void resumed(Context& context, const UdmqEvent& event) {
    if (!take<Resumed>(context, event) && context.log.gone) {
        lose(context);
    }
}

/// HO-UDM-12: a Move that ends after the queue would move the head of the next one.
bool awaits_move(const Context& context) {
    return context.log.moving && context.rules.on(Id::HostDeletesIdle);
}

void stop(Context& context, const UdmqEvent& event) {
    Udmq& log = context.log;
    if (log.state == LogState::Off) {
        return refuse(context, event.ticket, Errno::Ok);
    }
    log.stop = event.ticket;
    const bool waits = log.state == LogState::Tail && context.rules.on(Id::HostDeletesDrained);
    if (!waits && !awaits_move(context)) {
        take<Stop>(context, event);
    }
}

/// A Stop that came too early is due in the next state that takes one.
bool stop_is_due(const Context& context, const UdmqEvent& event) {
    const Udmq& log = context.log;
    return log.stop != 0 && event.kind != UdmqEvent::Kind::Stop && !awaits_move(context) &&
           (log.state == LogState::Logging || log.state == LogState::Closed);
}

void reset(Context& context, const UdmqEvent& event) {
    Udmq& log = context.log;
    if (context.rules.on(Id::HostKnowsReset)) {
        log.moving = false;
        take<Reset>(context, event);
    }
}

void answered(Context& context, const UdmqEvent& event) {
    const Udmq& log = context.log;
    if (event.ticket >> 16 != 0) {
        if (log.moving && event.ticket >> 16 == log.move) {
            moved(context, event);
        }
    } else if (event.ticket == log.number) {
        take<Answer>(context, event);
    }
}

}  // namespace

void step(Udmq& log, const UdmqEvent& event, const spec::Rules& rules, Effects& effects) {
    Context context{log, rules, effects};
    switch (event.kind) {
        case UdmqEvent::Kind::Start:
            if (!take<Start>(context, event)) {
                refuse(context, event.ticket, Errno::Busy);
            }
            break;
        case UdmqEvent::Kind::Answer: answered(context, event); break;
        case UdmqEvent::Kind::Looked: looked(context, event); break;
        case UdmqEvent::Kind::Tail: tail_event(context); break;
        case UdmqEvent::Kind::Full: full_event(context); break;
        case UdmqEvent::Kind::Timer: timer(context); break;
        case UdmqEvent::Kind::Suspended: suspended(context, event); break;
        case UdmqEvent::Kind::Resumed: resumed(context, event); break;
        case UdmqEvent::Kind::Stop: stop(context, event); break;
        case UdmqEvent::Kind::Reset: reset(context, event); break;
    }
    if (stop_is_due(context, event)) {
        take<Stop>(context, event);
        return;
    }
    empty_if_full(context, event);
    move_if_due(context);
}

fsm::ArcList udmq_arcs() { return Machine::arcs(); }

wire::Sqe command(const Udmq& log, const Effect& submit, const spec::Rules& rules) {
    using wire::ControllerDataQueue;
    switch (static_cast<LogCommand>(submit.token)) {
        case LogCommand::Create: {
            const std::uint32_t bytes = log.entries * wire::udmq_entry_size(rules);
            return encode(
                ControllerDataQueue::create(log.cntlid, log.base, bytes / 4, log.contiguous),
                rules);
        }
        case LogCommand::Move: {
            wire::CdqFeature feature{log.cdqid, static_cast<std::uint32_t>(submit.address)};
            feature.etpt = submit.length != 0;
            feature.tpt = feature.etpt ? static_cast<std::uint32_t>(submit.length - 1) : 0;
            return wire::encode_set_cdq_feature(feature, rules);
        }
        case LogCommand::StartLog:
            return encode(wire::LogUserData{wire::LogAction::Start, 0, log.cdqid}, rules);
        case LogCommand::StopLog:
            return encode(wire::LogUserData{wire::LogAction::Stop, 0, log.cdqid}, rules);
        case LogCommand::Delete: return encode(ControllerDataQueue::remove(log.cdqid), rules);
    }
    return {};
}

}  // namespace lmsim::host
