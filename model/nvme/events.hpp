#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/hooks.hpp"
#include "model/nvme/queues.hpp"
#include "model/wire/cdq.hpp"

namespace lmsim::nvme {

/// Completes the controller's oldest AER, of which there must be one (NVMe Base 2.3, 5.2.2).
template <class Bounds>
void complete_aer(Context<Bounds>& ctx, std::uint16_t function, const wire::AerResult& result) {
    Controller<Bounds>& c = ctx.controller(function);
    const std::uint32_t slot = c.aer[0];
    std::copy(c.aer + 1, c.aer + c.aers, c.aer);
    --c.aers;
    ++c.busy;
    const wire::Cqe cqe = wire::encode(result, ctx.rules);
    Slot& command = c.slot[slot];
    command.status = 0;
    command.result = cqe.dw0;
    command.dw14 = cqe.dw1;
    complete(ctx, function, slot);
}

template <class Bounds>
void deliver_events(Context<Bounds>& ctx, std::uint16_t function) {
    const Controller<Bounds>& c = ctx.controller(function);
    for (std::size_t i = 0; i < Bounds::cdqs && c.aers != 0; ++i) {
        Cdq& queue = ctx.subsystem.cdq[i];
        if (!exists(queue) || queue.creator != function) {
            continue;
        }
        while (c.aers != 0 && (queue.tail_pending || queue.full_pending)) {
            if (!has_room(ctx)) {
                return put_off(ctx, function);
            }
            const bool tail = queue.tail_pending;
            (tail ? queue.tail_pending : queue.full_pending) = false;
            const auto event = tail ? wire::CdqEvent::TailPointer : wire::CdqEvent::FullError;
            const auto cdqid = static_cast<std::uint16_t>(i);
            complete_aer(ctx, function, wire::AerResult::of(event, cdqid, ctx.rules));
        }
    }
}

/// AD-AER-01: with no AER outstanding the event stays pending.
template <class Bounds>
void raise_event(Context<Bounds>& ctx, std::uint16_t cdqid, wire::CdqEvent event) {
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    bool& pending = event == wire::CdqEvent::TailPointer ? queue.tail_pending : queue.full_pending;
    pending = true;
    deliver_events(ctx, queue.creator);
    pending = pending && ctx.rules.on(spec::Id::EventsWaitForAer);
}

}  // namespace lmsim::nvme
