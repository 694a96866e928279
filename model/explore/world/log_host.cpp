#include <algorithm>

#include "model/explore/world/log_machine.hpp"
#include "model/wire/cdq.hpp"

// The host's half of a LogMachine.
namespace lmsim::explore {
namespace {

using check::Inv;
using check::What;
using host::LogCommand;
using host::LogReport;
using host::UdmqEvent;

// Tickets of what the VMM asks of the flow.
constexpr std::uint32_t start_ticket = 7;
constexpr std::uint32_t suspend_ticket = 8;
constexpr std::uint32_t stop_ticket = 9;
constexpr std::uint32_t stale_number = 0x7fff;

UdmqEvent make_event(UdmqEvent::Kind kind, std::uint32_t ticket = 0) {
    UdmqEvent event;
    event.kind = kind;
    event.ticket = ticket;
    return event;
}

}  // namespace

void LogMachine::start() {
    state_->phase = LogPhase::Starting;
    give(make_event(UdmqEvent::Kind::Start, start_ticket));
}

void LogMachine::suspend() {
    state_->phase = LogPhase::Suspending;
    submit(static_cast<std::uint8_t>(LogOwner::Suspend));
}

void LogMachine::resume() {
    state_->phase = LogPhase::Resuming;
    submit(static_cast<std::uint8_t>(LogOwner::Resume));
}

void LogMachine::stop() {
    const bool there = state_->phase == LogPhase::Arrived;
    state_->phase = there ? LogPhase::Ending : LogPhase::Stopping;
    give(make_event(UdmqEvent::Kind::Stop, stop_ticket));
}

void LogMachine::arrive() {
    state_->phase = LogPhase::Arrived;
    if (state_->stale != 0) {
        fell(invariant(Inv::ChangesAreLogged));
    }
}

void LogMachine::copy(std::uint8_t block) {
    const auto rest = static_cast<std::uint8_t>(~(1U << block));
    state_->to_copy &= rest;
    state_->stale &= rest;
}

void LogMachine::tick() {
    state_->log.ticking = false;
    give(make_event(UdmqEvent::Kind::Timer));
}

void LogMachine::give_up_waiting() {
    state_->log.tries = 0xffff;
    look();
}

/// What is new in memory goes to the flow; which entries it takes its position tells.
void LogMachine::look() {
    host::Udmq& log = state_->log;
    const std::uint32_t first = log.slot;
    const std::uint32_t held = log.held;
    bool phase = log.phase != 0;
    UdmqEvent event = make_event(UdmqEvent::Kind::Looked);
    event.count = std::min(host::look_slots, log.entries - first);
    event.bytes = state_->ring + LogState::entry_bytes * first;
    const bool reads = log.state == host::LogState::Logging || log.state == host::LogState::Tail;
    // Before the flow acts on them.
    std::uint32_t fresh = 0;
    while (reads && fresh < event.count &&
           wire::udmq_phase(event.bytes + LogState::entry_bytes * fresh, driver_) == phase) {
        observe(What::CdqTaken, first + fresh, phase ? 1 : 0);
        ++fresh;
    }
    give(event);
    LMSIM_ASSERT(log.held == held + fresh);
}

void LogMachine::give(const UdmqEvent& event) {
    flow_effects_.clear();
    host::step(state_->log, event, driver_, flow_effects_);
    for (const Effect& effect : flow_effects_) {
        switch (effect.kind) {
            case EffectKind::Submit: submitted(effect); break;
            case EffectKind::Report: told(effect); break;
            case EffectKind::Reply: replied(effect); break;
            case EffectKind::Call: called(effect); break;
            default: break;  // the timer: `ticking` says so
        }
    }
}

void LogMachine::submitted(const Effect& effect) {
    const auto number = [](LogOwner owner) { return static_cast<std::uint8_t>(owner); };
    const bool move = static_cast<LogCommand>(effect.token) == LogCommand::Move;
    const std::uint8_t owner = number(move ? LogOwner::Move : LogOwner::Log);
    for (std::uint8_t& other : state_->device.owner) {
        if (other == owner) {
            other = number(move ? LogOwner::StaleMove : LogOwner::StaleLog);
        }
    }
    if (static_cast<LogCommand>(effect.token) == LogCommand::Create) {
        state_->ring_given = true;
    }
    submit(owner, effect);
}

void LogMachine::called(const Effect& effect) {
    switch (static_cast<host::LogCall>(effect.token)) {
        case host::LogCall::ZeroRing:
            std::fill(std::begin(state_->ring), std::end(state_->ring), std::uint8_t{0});
            break;
        case host::LogCall::Look: break;  // `looking` says so
        case host::LogCall::Release: dirty_ring(); break;
    }
}

void LogMachine::told(const Effect& report) {
    LogState& s = *state_;
    switch (static_cast<LogReport>(report.token)) {
        case LogReport::Range:
            if (report.length == 0) {
                everything_again();
            }
            for (std::uint64_t i = 0; i < report.length && report.address + i < 8; ++i) {
                s.to_copy |= static_cast<std::uint8_t>(1U << (report.address + i));
            }
            s.to_copy &= all_blocks();
            break;
        case LogReport::Marker: break;
        case LogReport::Lost:
            s.lost = true;
            if (s.phase == LogPhase::Still) {
                everything_again();  // nothing changes any more
            }
            break;
        case LogReport::Restarted:
            s.lost = false;
            everything_again();
            break;
    }
}

void LogMachine::replied(const Effect& reply) {
    LogState& s = *state_;
    const bool good = reply.token == 0;
    switch (reply.ticket) {
        case start_ticket:
            s.phase = good ? LogPhase::Running : LogPhase::Idle;
            s.lost = false;
            if (good) {
                everything_again();
            }
            break;
        case suspend_ticket:
            s.phase = LogPhase::Still;
            if (!good || s.lost) {
                everything_again();
            }
            break;
        case stop_ticket:
            if (s.phase == LogPhase::Ending) {
                s.phase = LogPhase::Over;
                break;
            }
            // The next migration begins with nothing.
            s.phase = LogPhase::Idle;
            s.lost = false;
            s.to_copy = 0;
            s.stale = all_blocks();
            break;
        default: LMSIM_ASSERT(!"a reply to nobody");
    }
}

void LogMachine::complete() {
    std::uint8_t owner = 0;
    const PfCompletion completion = take_completion(owner);
    answer(static_cast<LogOwner>(owner), completion);
}

void LogMachine::answer(LogOwner owner, const PfCompletion& completion) {
    LogState& s = *state_;
    UdmqEvent event = make_event(UdmqEvent::Kind::Answer);
    event.status = completion.status;
    event.dw0 = completion.dw0;
    const bool good = completion.status == 0;
    switch (owner) {
        case LogOwner::Event: return happened(completion);
        case LogOwner::Log: event.ticket = s.log.number; break;
        case LogOwner::Move: event.ticket = std::uint32_t{s.log.move} << 16; break;
        case LogOwner::StaleLog: event.ticket = stale_number; break;
        case LogOwner::StaleMove: event.ticket = stale_number << 16; break;
        case LogOwner::Suspend:
            s.phase = good ? LogPhase::Tail : LogPhase::Running;
            if (good) {
                give(make_event(UdmqEvent::Kind::Suspended, suspend_ticket));
            }
            return;
        case LogOwner::Resume:
            s.phase = good ? LogPhase::Running : LogPhase::Still;
            if (good) {
                give(make_event(UdmqEvent::Kind::Resumed));
            }
            return;
        case LogOwner::None: LMSIM_ASSERT(!"a completion of no command");
    }
    give(event);
}

void LogMachine::happened(const PfCompletion& completion) {
    wire::Cqe cqe;
    cqe.dw0 = completion.dw0;
    cqe.dw1 = completion.dw1;
    const wire::AerResult result = wire::decode_aer_result(cqe, driver_);
    const bool tail = result.is(wire::CdqEvent::TailPointer, driver_);
    const bool claims =
        state_->log.state != host::LogState::Off && result.cdqid == state_->log.cdqid;
    if (claims) {
        give(make_event(tail ? UdmqEvent::Kind::Tail : UdmqEvent::Kind::Full));
    }
    if (host::resubmits_aer(host::PfError::None, result, claims, driver_)) {
        submit(static_cast<std::uint8_t>(LogOwner::Event));
    }
}

}  // namespace lmsim::explore
