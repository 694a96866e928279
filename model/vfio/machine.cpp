#include "model/vfio/machine.hpp"

#include <type_traits>

#include "model/fsm.hpp"

namespace lmsim::vfio {

namespace {

using Context = fsm::Context<DeviceState>;
using spec::Id;

template <MigState Value>
struct Of : fsm::State<static_cast<std::uint8_t>(Value)> {
    static constexpr MigState value = Value;
};
struct ERROR : Of<MigState::ERROR> {
    static constexpr std::string_view name = "ERROR";
};
struct STOP : Of<MigState::STOP> {
    static constexpr std::string_view name = "STOP";
};
struct RUNNING : Of<MigState::RUNNING> {
    static constexpr std::string_view name = "RUNNING";
};
struct STOP_COPY : Of<MigState::STOP_COPY> {
    static constexpr std::string_view name = "STOP_COPY";
};
struct RESUMING : Of<MigState::RESUMING> {
    static constexpr std::string_view name = "RESUMING";
};
struct RUNNING_P2P : Of<MigState::RUNNING_P2P> {
    static constexpr std::string_view name = "RUNNING_P2P";
};
struct PRE_COPY : Of<MigState::PRE_COPY> {
    static constexpr std::string_view name = "PRE_COPY";
};
struct PRE_COPY_P2P : Of<MigState::PRE_COPY_P2P> {
    static constexpr std::string_view name = "PRE_COPY_P2P";
};

/// The driver has performed the arc to Target.
template <class Target>
struct To {
    static constexpr std::string_view name = Target::name;
};
struct Reset {
    static constexpr std::string_view name = "VFIO_DEVICE_RESET";
};
struct Failure {
    static constexpr std::string_view name = "failure";
};

void begin_session(Context& context, Session session) {
    DeviceState& device = context.state;
    device.session = session;
    device.fd_open = true;
    device.ended = false;
    // 15 bits, so that the data_fd fits an int; 0 is no session.
    device.sessions = static_cast<std::uint16_t>(device.sessions % 0x7fff + 1);
    Effect& effect = context.effects.push(EffectKind::OpenSession);
    effect.token = static_cast<std::uint64_t>(session);
    effect.token2 = data_fd(device.sessions, session == Session::Resuming);
}

struct BeginSaving {
    static constexpr std::string_view name = "begin saving session";
    template <class Event>
    void operator()(Context& context, const Event&) const {
        begin_session(context, Session::Saving);
    }
};
struct BeginResuming {
    static constexpr std::string_view name = "begin resuming session";
    template <class Event>
    void operator()(Context& context, const Event&) const {
        begin_session(context, Session::Resuming);
    }
};
struct EndSession {
    static constexpr std::string_view name = "end session";
    template <class Event>
    void operator()(Context& context, const Event&) const {
        end_session(context.state, context.effects);
    }
};

constexpr std::string_view guard_name(std::uint8_t needs, std::uint8_t forbids) {
    switch (needs & (P2P_FLAG | PRE_COPY_FLAG)) {
        case P2P_FLAG | PRE_COPY_FLAG: return "P2P and PRE_COPY";
        case P2P_FLAG: return "P2P";
        case PRE_COPY_FLAG: return forbids == P2P_FLAG ? "PRE_COPY, no P2P" : "PRE_COPY";
        default: return forbids == P2P_FLAG ? "no P2P" : "";
    }
}

/// Both ends of the arc exist, and the driver lacks what would make it a detour.
template <class Source, class Target, std::uint8_t Forbids>
struct Has {
    static constexpr std::uint8_t forbids = Forbids;
    static constexpr std::uint8_t needs = flags_needed(Source::value) | flags_needed(Target::value);
    static constexpr std::string_view name = guard_name(needs, forbids);
    template <class Event>
    bool operator()(const Context& context, const Event&) const {
        const std::uint8_t flags = context.state.flags;
        return (flags & needs) == needs && (flags & forbids) == 0;
    }
};

template <Id Rule, class Source, class Target, class Action = fsm::None, std::uint8_t Forbids = 0>
using Arc = fsm::Row<Rule, Source, To<Target>, Target, Action, Has<Source, Target, Forbids>>;

template <class Source>
using OnReset = fsm::Row<Id::VfioArcReset, Source, Reset, RUNNING, EndSession>;

template <class Source>
using OnFailure = fsm::Row<Id::VfioArcFail, Source, Failure, ERROR, EndSession>;

struct Table {
    static constexpr std::string_view name = "vfio";
    using Context = vfio::Context;
    using Initial = RUNNING;
    using Rows = fsm::Rows<
        // P2P stands between running and stopped, where the driver has it.
        Arc<Id::VfioArcStopRunning, STOP, RUNNING, fsm::None, P2P_FLAG>,
        Arc<Id::VfioArcRunningStop, RUNNING, STOP, fsm::None, P2P_FLAG>,
        Arc<Id::VfioArcStopRunningP2p, STOP, RUNNING_P2P>,
        Arc<Id::VfioArcRunningP2pStop, RUNNING_P2P, STOP>,
        Arc<Id::VfioArcRunningP2pRunning, RUNNING_P2P, RUNNING>,
        Arc<Id::VfioArcRunningRunningP2p, RUNNING, RUNNING_P2P>,

        Arc<Id::VfioArcStopStopCopy, STOP, STOP_COPY, BeginSaving>,
        Arc<Id::VfioArcStopCopyStop, STOP_COPY, STOP, EndSession>,
        Arc<Id::VfioArcStopResuming, STOP, RESUMING, BeginResuming>,
        Arc<Id::VfioArcResumingStop, RESUMING, STOP, EndSession>,

        Arc<Id::VfioArcRunningPreCopy, RUNNING, PRE_COPY, BeginSaving>,
        Arc<Id::VfioArcPreCopyRunning, PRE_COPY, RUNNING, EndSession>,
        Arc<Id::VfioArcRunningP2pPreCopyP2p, RUNNING_P2P, PRE_COPY_P2P, BeginSaving>,
        Arc<Id::VfioArcPreCopyP2pRunningP2p, PRE_COPY_P2P, RUNNING_P2P, EndSession>,
        Arc<Id::VfioArcPreCopyPreCopyP2p, PRE_COPY, PRE_COPY_P2P>,
        Arc<Id::VfioArcPreCopyP2pPreCopy, PRE_COPY_P2P, PRE_COPY>,
        Arc<Id::VfioArcPreCopyP2pStopCopy, PRE_COPY_P2P, STOP_COPY>,
        Arc<Id::VfioArcPreCopyStopCopy, PRE_COPY, STOP_COPY, fsm::None, P2P_FLAG>,

        OnReset<ERROR>, OnReset<STOP>, OnReset<RUNNING>, OnReset<STOP_COPY>, OnReset<RESUMING>,
        OnReset<RUNNING_P2P>, OnReset<PRE_COPY>, OnReset<PRE_COPY_P2P>,

        OnFailure<STOP>, OnFailure<RUNNING>, OnFailure<STOP_COPY>, OnFailure<RESUMING>,
        OnFailure<RUNNING_P2P>, OnFailure<PRE_COPY>, OnFailure<PRE_COPY_P2P>>;
};
using Machine = fsm::Machine<Table>;
static_assert(Machine::initial == static_cast<std::uint8_t>(DeviceState{}.state));

template <class Event>
bool dispatch(DeviceState& device, const Event& event, const spec::Rules& rules, Effects& effects) {
    Context context{device, rules, effects};
    auto state = static_cast<std::uint8_t>(device.state);
    const fsm::Arc* arc = Machine::dispatch(state, context, event);
    if (!effects.took(arc)) {
        return false;
    }
    if (arc->from != arc->to) {
        Effect& effect = effects.push(EffectKind::EnterState);
        effect.token = arc->to;
        effect.token2 = arc->from;
        effect.token3 = spec::index(arc->rule);
    }
    device.state = static_cast<MigState>(state);
    return true;
}

template <class Row, class = void>
struct IsDriverArc : std::false_type {};
template <class Row>
struct IsDriverArc<Row, std::void_t<decltype(Row::Guard::needs)>> : std::true_type {};

constexpr auto all_driver_arcs = [] {
    std::array<DriverArc, driver_arc_count> result{};
    std::size_t size = 0;
    fsm::for_each_row(Table::Rows{}, [&](auto row) {
        using Row = decltype(row);
        if constexpr (IsDriverArc<Row>::value) {
            result[size++] = {Row::Source::value, Row::Target::value, Row::Guard::needs,
                              Row::Guard::forbids, Row::rule};
        }
    });
    return result;
}();

}  // namespace

fsm::ArcList arcs() { return Machine::arcs(); }

const std::array<DriverArc, driver_arc_count>& driver_arcs() { return all_driver_arcs; }

bool take_arc(DeviceState& device, MigState target, const spec::Rules& rules, Effects& effects) {
    switch (target) {
        case MigState::STOP: return dispatch(device, To<STOP>{}, rules, effects);
        case MigState::RUNNING: return dispatch(device, To<RUNNING>{}, rules, effects);
        case MigState::STOP_COPY: return dispatch(device, To<STOP_COPY>{}, rules, effects);
        case MigState::RESUMING: return dispatch(device, To<RESUMING>{}, rules, effects);
        case MigState::RUNNING_P2P: return dispatch(device, To<RUNNING_P2P>{}, rules, effects);
        case MigState::PRE_COPY: return dispatch(device, To<PRE_COPY>{}, rules, effects);
        case MigState::PRE_COPY_P2P: return dispatch(device, To<PRE_COPY_P2P>{}, rules, effects);
        case MigState::ERROR: break;
    }
    return false;
}

void take_reset(DeviceState& device, const spec::Rules& rules, Effects& effects) {
    dispatch(device, Reset{}, rules, effects);
}

void take_failure(DeviceState& device, const spec::Rules& rules, Effects& effects) {
    dispatch(device, Failure{}, rules, effects);
}

void end_session(DeviceState& device, Effects& effects) {
    if (device.session == Session::None) {
        return;
    }
    // A session whose data_fd the user closed was reported as closed then.
    if (device.fd_open) {
        Effect& effect = effects.push(EffectKind::CloseSession);
        effect.token = static_cast<std::uint64_t>(device.session);
        effect.token2 = data_fd(device.sessions, device.session == Session::Resuming);
    }
    device.session = Session::None;
    device.fd_open = false;
    device.ended = false;
}

}  // namespace lmsim::vfio
