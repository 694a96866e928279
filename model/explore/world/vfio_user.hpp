#pragma once

#include "model/explore/world/play.hpp"
#include "model/nvme/step.hpp"

namespace lmsim::explore::world {

// Tickets of what the user of a VFIO device asks.
constexpr std::uint32_t ticket_set = 1;
constexpr std::uint32_t ticket_reset = 2;
constexpr std::uint32_t ticket_io = 3;

template <class W>
void Play<W>::step_flow(std::uint8_t host, std::uint8_t vf, const host::FlowEvent& event) {
    VfSide& side = w.vf[host][vf];
    Scratch::Lease effects(scratch_);
    host::step(side.flow, event, s.driver, *effects);
    for (const Effect& effect : *effects) {
        if (effect.kind == EffectKind::Submit) {
            if (effect.token == static_cast<std::uint64_t>(host::FlowStep::ReadHeader)) {
                side.buffer = 0;  // whatever it holds is of an earlier state
            }
            request(host, vf, effect);
        } else {
            step_vfio(host, vf,
                      vfio::arc_done(effect.ticket, static_cast<vfio::Errno>(effect.token)));
        }
    }
}

/// INV-DONE-02. A state that the user does not give, or gives to a VF that has queues, is refused.
template <class W>
void Play<W>::judge_set(const VfSide& side, bool done) {
    if (hosts == 1 && s.config.completes && w.faults == 0 && broken == nullptr &&
        side.device.state != vfio::MigState::RESUMING && done == blocked_) {
        broken = &undisturbed_set;
    }
}

template <class W>
void Play<W>::step_vfio(std::uint8_t host, std::uint8_t vf, const vfio::Event& event) {
    Scratch::Lease effects(scratch_);
    vfio::step(w.vf[host][vf].device, event, s.rules, *effects);
    for (const Effect& effect : *effects) {
        vfio_effect(host, vf, effect);
    }
}

template <class W>
void Play<W>::vfio_effect(std::uint8_t host, std::uint8_t vf, const Effect& effect) {
    using vfio::MigState;
    VfSide& side = w.vf[host][vf];
    switch (effect.kind) {
        case EffectKind::DriverArc: {
            tell(check::What::VfioArc, host, vf, effect.token2);
            host::FlowEvent arc;
            arc.kind = host::FlowEvent::Kind::Arc;
            arc.from = static_cast<MigState>(effect.token);
            arc.to = static_cast<MigState>(effect.token2);
            arc.ticket = effect.ticket;
            if (arc.from == MigState::RESUMING) {
                arc.bytes = scratch_.padded(side.buffer);
            }
            step_flow(host, vf, arc);
            break;
        }
        case EffectKind::OpenSession:
            side.read = false;
            side.ended = false;
            if (static_cast<vfio::Session>(effect.token) == vfio::Session::Resuming) {
                side.buffer = 0;
            }
            tell_session(check::What::SessionOpened, host, vf, effect.token2);
            break;
        case EffectKind::CloseSession:
            tell_session(check::What::SessionClosed, host, vf, effect.token2);
            break;
        case EffectKind::EnterState: state_entered(host, vf, effect); break;
        case EffectKind::Reply:
            if (effect.ticket == ticket_reset) {
                side.reset_waits = effect.flags == vfio::reply_waits;
            } else if (effect.ticket == ticket_set) {
                side.waiting = false;
                judge_set(side, effect.token == 0);
                if (side.reset_waits) {
                    step_vfio(host, vf, vfio::reset(ticket_reset));
                }
                if constexpr (hosts == 2) {
                    answered(host, static_cast<std::uint16_t>(effect.token));
                }
            } else if (effect.ticket == ticket_io) {
                io_error_ = static_cast<vfio::Errno>(effect.token);
                io_bytes_ = effect.token2;
            }
            break;
        default: break;
    }
}

/// The destination's device leaves RESUMING: it holds the state, or says that it does.
template <class W>
void Play<W>::state_entered(std::uint8_t host, std::uint8_t vf, const Effect& effect) {
    using vfio::MigState;
    tell(check::What::VfioState, host, vf, effect.token, effect.token2);
    const bool loaded = static_cast<MigState>(effect.token) == MigState::STOP &&
                        static_cast<MigState>(effect.token2) == MigState::RESUMING;
    const auto& c = w.device[host].controller[vf + 1];
    if (hosts != 2 || host != check::destination || !loaded ||
        !nvme::is(c.migration, nvme::Migration::Suspended)) {
        return;  // what is loaded into one that does not stand still is no state to go on from
    }
    std::uint8_t bytes[Scratch::room];
    const std::size_t size = nvme::snapshot(w.device[host], static_cast<std::uint16_t>(vf + 1),
                                            s.device, s.rules, scratch_, bytes, sizeof bytes);
    tell(check::What::StateLoaded, host, vf, scratch_.contents.token(bytes, size));
    w.vf[host][vf].struck = !c.online;
}

template <class W>
void Play<W>::tell_session(check::What what, std::uint8_t host, std::uint8_t vf, std::uint64_t fd) {
    const bool saving = !vfio::is_resuming_fd(static_cast<std::uint32_t>(fd));
    tell_queue(what, host, vf, 0, static_cast<std::uint16_t>(fd >> 1),
               saving ? check::flag::saving : std::uint8_t{0});
}

template <class W>
void Play<W>::set_state(std::uint8_t host, std::uint8_t vf, vfio::MigState to) {
    VfSide& side = w.vf[host][vf];
    const bool saved = side.device.state == vfio::MigState::STOP_COPY;
    blocked_ = saved && (to == vfio::MigState::PRE_COPY || to == vfio::MigState::PRE_COPY_P2P);
    side.waiting = true;
    step_vfio(host, vf, vfio::set_state(to, ticket_set));
    if (blocked_ && side.waiting) {
        judge_set(side, true);
    }
    blocked_ = false;
}

/// Reads all that the session has, in one call; the call after that reads its end.
template <class W>
vfio::Errno Play<W>::read_state(std::uint8_t host, std::uint8_t vf, std::uint64_t& bytes) {
    VfSide& side = w.vf[host][vf];
    const bool has = side.device.state == vfio::MigState::STOP_COPY && !side.read;
    io_error_ = vfio::Errno::Ok;
    io_bytes_ = 0;
    const std::uint32_t fd = vfio::data_fd(side.device.sessions, false);
    step_vfio(host, vf, vfio::read(fd, Scratch::room, has ? side.flow.size : 0, false, ticket_io));
    if (io_error_ != vfio::Errno::Ok) {
        return io_error_;
    }
    tell_session(check::What::SessionUsed, host, vf, fd);
    bytes = io_bytes_;
    if (bytes != 0) {
        side.read = true;
        side.arrived = hosts == 2 || s.config.resuming ? side.buffer : 0;
    } else if (side.device.state == vfio::MigState::STOP_COPY && !side.ended) {
        side.ended = true;
        if (hosts == 2) {  // with one host it goes nowhere
            tell(check::What::StateSaved, host, vf, side.buffer);
        }
    }
    return vfio::Errno::Ok;
}

template <class W>
vfio::Errno Play<W>::write_state(std::uint8_t host, std::uint8_t vf, Token content) {
    VfSide& side = w.vf[host][vf];
    const std::uint32_t fd = vfio::data_fd(side.device.sessions, true);
    const std::size_t size = scratch_.contents.bytes(content).size();
    const bool fits = side.flow.size + size <= side.flow.limit;
    io_error_ = vfio::Errno::Ok;
    step_vfio(host, vf,
              vfio::write(fd, size, fits ? vfio::Errno::Ok : vfio::Errno::NoMemory, ticket_io));
    if (io_error_ != vfio::Errno::Ok) {
        return io_error_;
    }
    tell_session(check::What::SessionUsed, host, vf, fd);
    side.buffer = side.flow.size == 0 ? content : scratch_.contents.appended(side.buffer, content);
    host::FlowEvent written;
    written.kind = host::FlowEvent::Kind::Written;
    written.value = side.flow.size + size;
    step_flow(host, vf, written);
    return vfio::Errno::Ok;
}

/// VFIO_DEVICE_RESET, and any other function level reset that the VFIO core is told of.
template <class W>
void Play<W>::reset_vf(std::uint8_t host, std::uint8_t vf, bool unasked) {
    unasked_ = unasked;
    function_reset(host, static_cast<std::uint8_t>(vf + 1));
    unasked_ = false;
    host::FlowEvent reset;
    reset.kind = host::FlowEvent::Kind::Reset;
    step_flow(host, vf, reset);
    step_vfio(host, vf, vfio::reset(ticket_reset));
}

}  // namespace lmsim::explore::world
