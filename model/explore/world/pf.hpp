#pragma once

#include "model/explore/world/play.hpp"

namespace lmsim::explore::world {

/// No command of a flow has this ticket: the answer is one that a reset has outrun.
constexpr std::uint32_t outrun = 0x10000;

/// A VF's flow wants a command sent.
template <class W>
void Play<W>::request(std::uint8_t host, std::uint8_t vf, const Effect& submit) {
    Request wanted;
    wanted.vf = vf;
    wanted.step = static_cast<std::uint8_t>(submit.token);
    wanted.seqind = static_cast<std::uint8_t>(submit.token2);
    wanted.piece = static_cast<std::uint8_t>(submit.address / s.piece);
    wanted.dwords = static_cast<std::uint16_t>(submit.length / 4);
    wanted.asked = static_cast<std::uint8_t>(submit.ticket);
    host::PfEvent event;
    event.owner = wanted.owner();
    step_pf(host, event);
}

template <class W>
void Play<W>::step_pf(std::uint8_t host, host::PfEvent event) {
    Pf& pf = w.pf[host];
    bool more = true;
    while (more) {
        Scratch::Lease effects(scratch_);
        host::step(pf.queue, event, 1, *effects);
        more = pf.queue.more;
        for (const Effect& effect : *effects) {
            if (effect.kind == EffectKind::Submit) {
                pf.sq[pf.sq_tail] = static_cast<std::uint8_t>(effect.token);
                pf.sq_tail = static_cast<std::uint8_t>((pf.sq_tail + 1) % pf_ring);
                nvme::Event doorbell;
                doorbell.kind = nvme::Event::Kind::SqDoorbell;
                doorbell.value = pf.sq_tail;
                step_device(host, doorbell);
            } else if (effect.kind == EffectKind::Reply) {
                pf_replied(host, effect);
            } else if (effect.kind == EffectKind::Call) {
                pf_down(host);
            }
        }
        event = host::PfEvent{};
        event.kind = host::PfEvent::Kind::Continue;
    }
}

template <class W>
void Play<W>::pf_replied(std::uint8_t host, const Effect& reply) {
    const Request asked = Request::of(reply.ticket);
    VfSide& side = w.vf[host][asked.vf];
    host::FlowEvent event;
    event.error = static_cast<host::PfError>(reply.flags);
    event.status = static_cast<std::uint16_t>(reply.token);
    event.dw0 = static_cast<std::uint32_t>(reply.token2);
    const bool now = static_cast<std::uint8_t>(side.flow.asked) == asked.asked;
    event.ticket = now ? side.flow.asked : outrun;
    if (asked.step == static_cast<std::uint8_t>(host::FlowStep::ReadHeader)) {
        event.bytes = scratch_.padded(side.buffer);
    }
    step_flow(host, asked.vf, event);
}

/// The driver finds the completions that the interrupt was for.
template <class W>
void Play<W>::look_at_completions(std::uint8_t host) {
    Pf& pf = w.pf[host];
    pf.interrupted = false;
    for (std::uint32_t i = 0; i < pf_ring && pf.cq[pf.cq_head].phase == pf.cq_phase; ++i) {
        const PfCompletion entry = pf.cq[pf.cq_head];
        pf.cq[pf.cq_head] = PfCompletion{};
        pf.cq[pf.cq_head].phase = entry.phase;
        pf.cq_head = static_cast<std::uint8_t>((pf.cq_head + 1) % pf_ring);
        pf.cq_phase ^= pf.cq_head == 0 ? 1 : 0;
        nvme::Event doorbell;
        doorbell.kind = nvme::Event::Kind::CqDoorbell;
        doorbell.value = pf.cq_head;
        step_device(host, doorbell);
        host::PfEvent event;
        event.kind = host::PfEvent::Kind::Completed;
        event.tag = entry.tag;
        event.status = entry.status;
        event.dw0 = entry.dw0;
        step_pf(host, event);
    }
}

/// The PF is disabled; its driver's memory begins anew.
template <class W>
void Play<W>::pf_down(std::uint8_t host) {
    function_reset(host, 0);
    Pf& pf = w.pf[host];
    const host::ProofPfQueue queue = pf.queue;
    pf = Pf{};
    pf.queue = queue;
}

template <class W>
void Play<W>::reset_pf(std::uint8_t host) {
    unasked_ = true;
    pf_down(host);
    unasked_ = false;
    host::PfEvent event;
    event.kind = host::PfEvent::Kind::ResetBegan;
    step_pf(host, event);
}

template <class W>
void Play<W>::enable_pf(std::uint8_t host) {
    enable(host, 0);
    host::PfEvent event;
    event.kind = host::PfEvent::Kind::ResetDone;
    step_pf(host, event);
}

template <class W>
void Play<W>::time_out(std::uint8_t host, std::uint8_t tag) {
    host::PfEvent event;
    event.kind = host::PfEvent::Kind::TimerFired;
    event.owner = tag | std::uint32_t{w.pf[host].queue.generation[tag]} << 16;
    step_pf(host, event);
}

}  // namespace lmsim::explore::world
