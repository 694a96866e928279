#include "model/fsm.hpp"
#include "model/nvme/machines.hpp"

namespace lmsim::nvme {
namespace {

using spec::Id;

/// These machines only move: what a move does stands where the command is processed.
struct Context {
    const spec::Rules& rules;
    bool admin = false;  // the queue is QID 0
};

template <class Enum, Enum Value>
struct StateOf : fsm::State<static_cast<std::uint8_t>(Value)> {};

struct IsIo {
    static constexpr std::string_view name = "QID > 0";
    template <class Event>
    bool operator()(const Context& context, const Event&) const {
        return !context.admin;
    }
};
struct IsAdmin {
    static constexpr std::string_view name = "QID 0";
    template <class Event>
    bool operator()(const Context& context, const Event&) const {
        return context.admin;
    }
};

struct Enable {
    static constexpr std::string_view name = "CSTS.RDY=1";
};
struct SetState {
    static constexpr std::string_view name = "Set Controller State";
};
struct Reset {
    static constexpr std::string_view name = "CLR";
};

namespace sq {

struct Absent : StateOf<SqLife, SqLife::Absent> {
    static constexpr std::string_view name = "Absent";
};
struct Active : StateOf<SqLife, SqLife::Active> {
    static constexpr std::string_view name = "Active";
};

struct Create {
    static constexpr std::string_view name = "Create I/O SQ";
};
struct Delete {
    static constexpr std::string_view name = "Delete I/O SQ";
};

struct Table {
    static constexpr std::string_view name = "sq";
    using Context = nvme::Context;
    using Initial = Absent;
    using Rows =
        fsm::Rows<fsm::Row<Id::SqCreated, Absent, Create, Active>,
                  fsm::Row<Id::AdminQueuesMade, Absent, Enable, Active>,
                  fsm::Row<Id::SetStateCreatesQueues, Absent, SetState, Active, fsm::None, IsIo>,
                  fsm::Row<Id::AdminQueuesMade, Absent, SetState, Active, fsm::None, IsAdmin>,
                  fsm::Row<Id::SqDeleted, Active, Delete, Absent>,
                  fsm::Row<Id::ResetDeletesIoQueues, Active, Reset, Absent, fsm::None, IsIo>,
                  fsm::Row<Id::AdminQueuesGone, Active, Reset, Absent, fsm::None, IsAdmin>>;
};

}  // namespace sq

namespace cq {

struct Absent : StateOf<CqLife, CqLife::Absent> {
    static constexpr std::string_view name = "Absent";
};
struct Ready : StateOf<CqLife, CqLife::Ready> {
    static constexpr std::string_view name = "Ready";
};
struct Full : StateOf<CqLife, CqLife::Full> {
    static constexpr std::string_view name = "Full";
};

struct Create {
    static constexpr std::string_view name = "Create I/O CQ";
};
struct Delete {
    static constexpr std::string_view name = "Delete I/O CQ";
};
struct Held {
    static constexpr std::string_view name = "no room for a completion";
};
struct NothingWaits {
    static constexpr std::string_view name = "no completion waits";
};

struct Table {
    static constexpr std::string_view name = "cq";
    using Context = nvme::Context;
    using Initial = Absent;
    using Rows =
        fsm::Rows<fsm::Row<Id::CqCreated, Absent, Create, Ready>,
                  fsm::Row<Id::AdminQueuesMade, Absent, Enable, Ready>,
                  fsm::Row<Id::SetStateCreatesQueues, Absent, SetState, Ready, fsm::None, IsIo>,
                  fsm::Row<Id::AdminQueuesMade, Absent, SetState, Ready, fsm::None, IsAdmin>,
                  fsm::Row<Id::CqFullHoldsCompletions, Ready, Held, Full>,
                  fsm::Row<Id::CqFullHoldsCompletions, Full, NothingWaits, Ready>,
                  fsm::Row<Id::CqDeleted, Ready, Delete, Absent>,
                  fsm::Row<Id::ResetDeletesIoQueues, Ready, Reset, Absent, fsm::None, IsIo>,
                  fsm::Row<Id::ResetDeletesIoQueues, Full, Reset, Absent, fsm::None, IsIo>,
                  fsm::Row<Id::AdminQueuesGone, Ready, Reset, Absent, fsm::None, IsAdmin>,
                  fsm::Row<Id::AdminQueuesGone, Full, Reset, Absent, fsm::None, IsAdmin>>;
};

}  // namespace cq

namespace cdq {

struct Absent : StateOf<CdqLife, CdqLife::Absent> {
    static constexpr std::string_view name = "Absent";
};
struct Idle : StateOf<CdqLife, CdqLife::Idle> {
    static constexpr std::string_view name = "Idle";
};
struct Full : StateOf<CdqLife, CdqLife::Full> {
    static constexpr std::string_view name = "Full";
};
struct Begun : StateOf<CdqLife, CdqLife::Begun> {
    static constexpr std::string_view name = "Begun";
};
struct Logging : StateOf<CdqLife, CdqLife::Logging> {
    static constexpr std::string_view name = "Logging";
};
struct Suspended : StateOf<CdqLife, CdqLife::Suspended> {
    static constexpr std::string_view name = "Suspended";
};

struct Create {
    static constexpr std::string_view name = "Create CDQ";
};
struct Start {
    static constexpr std::string_view name = "Log User Data Changes: start";
};
struct Post {
    static constexpr std::string_view name = "first entry (ESA 1)";
};
struct Fill {
    static constexpr std::string_view name = "full (ESA 7)";
};
struct Stop {
    static constexpr std::string_view name = "Log User Data Changes: stop (ESA 2)";
};
struct Suspend {
    static constexpr std::string_view name = "MC suspended (ESA 3)";
};
struct Resume {
    static constexpr std::string_view name = "MC resumed";
};
struct McReset {
    static constexpr std::string_view name = "CLR of the MC";
};
struct Delete {
    static constexpr std::string_view name = "Delete CDQ";
};
struct DeleteOnSuspend {
    static constexpr std::string_view name = "Suspend, DUDMQ=1";
};
struct CreatorReset {
    static constexpr std::string_view name = "CLR of the creator";
};

template <class State>
using Deleted = fsm::Row<Id::CdqDeleted, State, Delete, Absent>;
template <class State>
using Dudmq = fsm::Row<Id::CdqDeletedOnSuspend, State, DeleteOnSuspend, Absent>;
template <class State>
using Gone = fsm::Row<Id::CdqEndsWithCreator, State, CreatorReset, Absent>;

struct Table {
    static constexpr std::string_view name = "cdq";
    using Context = nvme::Context;
    using Initial = Absent;
    using Rows = fsm::Rows<
        fsm::Row<Id::CdqCreated, Absent, Create, Idle>, fsm::Row<Id::LogBegins, Idle, Start, Begun>,
        fsm::Row<Id::LogBegins, Full, Start, Begun>,
        fsm::Row<Id::LogFirstPosted, Begun, Post, Logging>,
        fsm::Row<Id::LogEndsFull, Begun, Fill, Full>,
        fsm::Row<Id::LogEndsFull, Logging, Fill, Full>, fsm::Row<Id::LogStops, Begun, Stop, Idle>,
        fsm::Row<Id::LogStops, Logging, Stop, Idle>,
        fsm::Row<Id::LogPauses, Begun, Suspend, Suspended>,
        fsm::Row<Id::LogPauses, Logging, Suspend, Suspended>,
        fsm::Row<Id::LogSuspendTellsIdle, Idle, Suspend, fsm::None>,
        fsm::Row<Id::LogSuspendTellsIdle, Full, Suspend, fsm::None>,
        fsm::Row<Id::LogResumeIsFirst, Suspended, Resume, Begun>,
        fsm::Row<Id::McResetEndsSuspension, Suspended, McReset, Logging>, Deleted<Idle>,
        Deleted<Full>, Deleted<Begun>, Deleted<Logging>, Deleted<Suspended>, Dudmq<Idle>,
        Dudmq<Full>, Dudmq<Begun>, Dudmq<Logging>,
        fsm::Row<Id::DudmqOnRepeat, Suspended, DeleteOnSuspend, Absent>, Gone<Idle>, Gone<Full>,
        Gone<Begun>, Gone<Logging>, Gone<Suspended>>;
};

}  // namespace cdq

template <class Table, class Event>
const fsm::Arc* take(std::uint8_t& state, const spec::Rules& rules, bool admin = false) {
    Context context{rules, admin};
    return fsm::Machine<Table>::dispatch(state, context, Event{});
}

}  // namespace

const fsm::Arc* advance_sq(std::uint8_t& life, QueueEvent event, bool admin,
                           const spec::Rules& rules) {
    using sq::Table;
    switch (event) {
        case QueueEvent::Create: return take<Table, sq::Create>(life, rules, admin);
        case QueueEvent::Enable: return take<Table, Enable>(life, rules, admin);
        case QueueEvent::SetState: return take<Table, SetState>(life, rules, admin);
        case QueueEvent::Delete: return take<Table, sq::Delete>(life, rules, admin);
        case QueueEvent::Reset: return take<Table, Reset>(life, rules, admin);
        case QueueEvent::Held:
        case QueueEvent::NothingWaits: break;
    }
    return nullptr;
}

const fsm::Arc* advance_cq(std::uint8_t& life, QueueEvent event, bool admin,
                           const spec::Rules& rules) {
    using cq::Table;
    switch (event) {
        case QueueEvent::Create: return take<Table, cq::Create>(life, rules, admin);
        case QueueEvent::Enable: return take<Table, Enable>(life, rules, admin);
        case QueueEvent::SetState: return take<Table, SetState>(life, rules, admin);
        case QueueEvent::Delete: return take<Table, cq::Delete>(life, rules, admin);
        case QueueEvent::Reset: return take<Table, Reset>(life, rules, admin);
        case QueueEvent::Held: return take<Table, cq::Held>(life, rules, admin);
        case QueueEvent::NothingWaits: return take<Table, cq::NothingWaits>(life, rules, admin);
    }
    return nullptr;
}

const fsm::Arc* advance(std::uint8_t& life, CdqMove event, const spec::Rules& rules) {
    using cdq::Table;
    switch (event) {
        case CdqMove::Create: return take<Table, cdq::Create>(life, rules);
        case CdqMove::Start: return take<Table, cdq::Start>(life, rules);
        case CdqMove::Post: return take<Table, cdq::Post>(life, rules);
        case CdqMove::Fill: return take<Table, cdq::Fill>(life, rules);
        case CdqMove::Stop: return take<Table, cdq::Stop>(life, rules);
        case CdqMove::Suspend: return take<Table, cdq::Suspend>(life, rules);
        case CdqMove::Resume: return take<Table, cdq::Resume>(life, rules);
        case CdqMove::McReset: return take<Table, cdq::McReset>(life, rules);
        case CdqMove::Delete: return take<Table, cdq::Delete>(life, rules);
        case CdqMove::DeleteOnSuspend: return take<Table, cdq::DeleteOnSuspend>(life, rules);
        case CdqMove::CreatorReset: return take<Table, cdq::CreatorReset>(life, rules);
    }
    return nullptr;
}

fsm::ArcList sq_arcs() { return fsm::Machine<sq::Table>::arcs(); }
fsm::ArcList cq_arcs() { return fsm::Machine<cq::Table>::arcs(); }
fsm::ArcList cdq_arcs() { return fsm::Machine<cdq::Table>::arcs(); }

}  // namespace lmsim::nvme
