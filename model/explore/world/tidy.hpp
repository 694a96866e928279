#pragma once

#include <algorithm>
#include <cstdint>

#include "model/explore/world/play.hpp"

// What is over is cleared in the state itself, where nobody can tell: states then differ from the
// first one in little, which is what the search keeps of them. The canonical form does without.
namespace lmsim::explore::world {

/// Has the PF's driver a command of this VF, at this step or (Idle) at any, under way or waiting?
inline bool has_request(const Pf& pf, std::uint8_t vf, host::FlowStep step) {
    const host::ProofPfQueue& queue = pf.queue;
    const auto is_it = [vf, step](std::uint32_t owner) {
        const Request request = Request::of(owner);
        return owner != 0 && request.vf == vf &&
               (step == host::FlowStep::Idle || request.step == static_cast<std::uint8_t>(step));
    };
    bool any = std::any_of(std::begin(queue.owner), std::end(queue.owner), is_it);
    for (std::size_t i = 0; i < queue.waiting; ++i) {
        any = any || is_it(queue.waiter[(queue.waiting_head + i) % host::ProofPfQueue::waiters]);
    }
    return any;
}

/// Does anybody still look at the driver's state buffer and its size? A command that a reset has
/// outrun does.
template <class W>
bool has_state(const W& w, std::uint8_t host, std::uint8_t vf) {
    const VfSide& side = w.vf[host][vf];
    switch (side.flow.step) {
        case host::FlowStep::ReadHeader:
        case host::FlowStep::ReadState:
        case host::FlowStep::LoadState: return true;
        default: break;
    }
    const vfio::DeviceState& device = side.device;
    return device.session == vfio::Session::Resuming ||
           (device.session == vfio::Session::Saving && device.state == vfio::MigState::STOP_COPY) ||
           has_request(w.pf[host], vf, host::FlowStep::LoadState);
}

template <class W>
void tidy_side(W& w, std::uint8_t host, std::uint8_t vf) {
    VfSide& side = w.vf[host][vf];
    host::VfioNvme& flow = side.flow;
    if (flow.step == host::FlowStep::Idle) {
        flow.to = vfio::MigState::RUNNING;
        flow.arc = 0;
        flow.offset = 0;
        if (flow.asked != 0 && !has_request(w.pf[host], vf, host::FlowStep::Idle)) {
            flow.asked = 0;
        }
        if (flow.size != 0 && !has_state(w, host, vf)) {
            flow.size = 0;
            side.buffer = 0;
        }
    }
    if (side.device.session == vfio::Session::None) {
        side.device.sessions = 0;
        side.read = false;
        side.ended = false;
    }
}

/// Empty rings begin at their beginning, unless it can be told by the phase.
template <class Controller>
void tidy(Controller& c, Pf& pf, bool phases_invert) {
    host::ProofPfQueue& queue = pf.queue;
    for (std::size_t tag = 0; tag < host::ProofPfQueue::tags; ++tag) {
        if (queue.owner[tag] == 0) {
            queue.generation[tag] = 0;
        }
    }
    if (queue.waiting == 0) {
        queue.waiting_head = 0;
        std::fill(std::begin(queue.waiter), std::end(queue.waiter), 0U);
    }
    const bool seen = c.cq[0].tail == pf.cq_head && c.cq[0].head == pf.cq_head;
    if (!phases_invert || c.busy != 0 || c.sq[0].head != pf.sq_tail || c.sq[0].size == 0 || !seen ||
        pf.sq_tail + pf.cq_head == 0) {
        return;
    }
    c.sq[0].head = 0;
    c.sq[0].tail = 0;
    c.cq[0].head = 0;
    c.cq[0].tail = 0;
    c.cq[0].phase = 1;
    std::fill(std::begin(pf.sq), std::end(pf.sq), std::uint8_t{0});
    std::fill(std::begin(pf.cq), std::end(pf.cq), PfCompletion{});
    pf.sq_tail = 0;
    pf.cq_head = 0;
    pf.cq_phase = 1;
}

/// Slots are alike: those of an idle controller are taken in their order.
template <class Controller>
void tidy_slots(Controller& c) {
    constexpr std::uint32_t slots = sizeof c.slot / sizeof c.slot[0];
    if (c.busy != 0 || c.aers != 0 || c.free_slot == 1) {
        return;
    }
    c.free_slot = 1;
    for (std::uint32_t i = 0; i < slots; ++i) {
        c.slot[i].next = i + 1 < slots ? i + 2 : 0;
    }
}

/// Counts of bytes and pages: verdicts are chosen.
inline void tidy(host::vmm::SourceControl& control) {
    control.transferred = 0;
    control.window_start_bytes = 0;
    control.syncs = 0;
    control.pending = 0;
}

/// What the action has not seen is as tidy as it was.
template <class W>
void tidy_device(W& w, std::uint8_t host, const Settings& settings) {
    auto& controllers = w.device[host].controller;
    if (was_seen(&controllers.peek(0)) || was_seen(&w.pf.peek(host))) {
        tidy(controllers[0], w.pf[host], settings.rules.on(spec::Id::PhaseInvertsAtWrap));
    }
    for (std::size_t i = 0; i <= W::vfs; ++i) {
        if (was_seen(&controllers.peek(i))) {
            tidy_slots(controllers[i]);
        }
    }
}

template <class W>
void tidy(W& w, const Settings& settings) {
    for (std::uint8_t host = 0; host < W::hosts; ++host) {
        for (std::uint8_t vf = 0; vf < W::vfs; ++vf) {
            if (was_seen(&w.vf[host].peek(vf))) {
                tidy_side(w, host, vf);
            }
        }
        if (was_seen(&w.device.peek(host)) || was_seen(&w.pf.peek(host))) {
            tidy_device(w, host, settings);
        }
    }
    if constexpr (W::hosts == 2) {
        if (was_seen(&w.peek_journey())) {
            tidy(w.journey().source.control);
        }
    }
}

}  // namespace lmsim::explore::world
