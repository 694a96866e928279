#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/context.hpp"
#include "model/nvme/exists.hpp"
#include "model/nvme/hooks.hpp"
#include "model/nvme/machines.hpp"
#include "model/wire/cqe.hpp"

namespace lmsim::nvme {

constexpr std::uint64_t sqe_size = 64;
constexpr std::uint64_t cqe_size = 16;
constexpr std::uint32_t page_bytes = 4096;  // CC.MPS is 0
constexpr std::size_t step_room = 12;       // what one command's part of a step may push

template <class Bounds>
void mark_ready(Controller<Bounds>& c, std::uint32_t queue, bool ready) {
    const std::uint64_t bit = std::uint64_t{1} << (queue % 64);
    std::uint64_t& word = c.ready[queue / 64];
    word = ready ? word | bit : word & ~bit;
}

/// The next submission queue with entries, round robin from `from`; Bounds::queues if there is
/// none.
template <class Bounds>
std::uint32_t next_ready(const Controller<Bounds>& c, std::uint32_t from) {
    constexpr std::uint32_t words = (Bounds::queues + 63) / 64;
    for (std::uint32_t step = 0; step <= words; ++step) {
        const std::uint32_t word = (from / 64 + step) % words;
        std::uint64_t bits = c.ready[word];
        if (step == 0) {
            bits &= ~std::uint64_t{0} << (from % 64);
        }
        if (bits != 0) {
            return word * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits));
        }
    }
    return Bounds::queues;
}

/// The machine of a submission queue moves; false if it does not take the event.
template <class Bounds>
bool move_sq(Context<Bounds>& ctx, std::uint16_t function, std::uint16_t qid, QueueEvent event) {
    std::uint8_t& life = ctx.controller(function).sq[qid].life;
    return ctx.effects.took(advance_sq(life, event, qid == 0, ctx.rules), function, qid);
}

/// The machine of a completion queue moves; false if it does not take the event.
template <class Bounds>
bool move_cq(Context<Bounds>& ctx, std::uint16_t function, std::uint16_t qid, QueueEvent event) {
    std::uint8_t& life = ctx.controller(function).cq[qid].life;
    return ctx.effects.took(advance_cq(life, event, qid == 0, ctx.rules), function, qid);
}

/// What a queue holds, as of a new one; whether there is one stays.
inline void clear(Sq& sq) {
    const std::uint8_t life = sq.life;
    sq = Sq{};
    sq.life = life;
}
inline void clear(Cq& cq) {
    const std::uint8_t life = cq.life;
    cq = Cq{};
    cq.life = life;
}

/// Nothing waits for room in the completion queue any more.
template <class Bounds>
void empty_waiting(Context<Bounds>& ctx, std::uint16_t function, std::uint16_t qid) {
    Cq& cq = ctx.controller(function).cq[qid];
    cq.waiting = 0;
    cq.waiting_last = 0;
    if (is(cq.life, CqLife::Full)) {
        move_cq(ctx, function, qid, QueueEvent::NothingWaits);
    }
}

template <class Bounds>
std::uint32_t take_slot(Controller<Bounds>& c) {
    const std::uint32_t slot = c.free_slot - 1;
    c.free_slot = c.slot[slot].next;
    c.slot[slot].next = 0;
    ++c.busy;
    return slot;
}

template <class Bounds>
void release_slot(Controller<Bounds>& c, std::uint32_t slot) {
    c.slot[slot].stage = Stage::Free;
    c.slot[slot].next = c.free_slot;
    c.free_slot = slot + 1;
}

/// This step has no room left for what the function wants to do: Event::Continue goes on with it.
template <class Bounds>
void put_off(Context<Bounds>& ctx, std::uint16_t function) {
    Subsystem<Bounds>& subsystem = ctx.subsystem;
    const auto end = static_cast<std::uint16_t>(function + 1);
    const bool none = subsystem.wake_end == 0;
    subsystem.wake_first = none ? function : std::min(subsystem.wake_first, function);
    subsystem.wake_end = std::max(subsystem.wake_end, end);
    subsystem.more = true;
}

template <class Bounds>
bool has_room(const Context<Bounds>& ctx) {
    return ctx.effects.size() + step_room <= Effects::capacity;
}

/// LM-SUSP-02, LM-SUSP-03: a suspending controller fetches from no queue; LM-SUSP-06: nor does one
/// that is suspended.
template <class Bounds>
bool may_fetch(const Context<Bounds>& ctx, const Controller<Bounds>& c, std::uint32_t queue) {
    using spec::Id;
    if (is(c.migration, Migration::Operational)) {
        return true;
    }
    if (is(c.migration, Migration::Suspended)) {
        return !ctx.rules.on(Id::SuspendStopsTransactions);
    }
    return !ctx.rules.on(queue == 0 ? Id::SuspendStopsAdminFetch : Id::SuspendStopsIoFetch);
}

/// VM-SEC-02: an offline secondary controller is not used.
template <class Bounds>
bool is_usable(const Context<Bounds>& ctx, const Controller<Bounds>& c) {
    return c.online || !ctx.rules.on(spec::Id::OfflineIsNotUsed);
}

/// CSTS.CFS: something went wrong of which no completion can tell, such as a submission queue that
/// cannot be read (NVMe Base 2.3, 9.5). Only a CLR helps.
template <class Bounds>
void fail_controller(Context<Bounds>& ctx, std::uint16_t function) {
    ctx.controller(function).fatal = true;
}

/// Does the controller process commands at all?
template <class Bounds>
bool processes(const Context<Bounds>& ctx, const Controller<Bounds>& c) {
    return is(c.life, Life::Ready) && is_usable(ctx, c) &&
           (!c.fatal || !ctx.rules.on(spec::Id::FatalStopsController));
}

template <class Bounds>
void fetch_one(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t queue) {
    Controller<Bounds>& c = ctx.controller(function);
    Sq& sq = c.sq[queue];
    const std::uint32_t slot = take_slot(c);
    Slot& command = c.slot[slot];
    command.stage = Stage::Fetching;
    command.sqid = static_cast<std::uint16_t>(queue);
    Effect& read = ctx.effect(EffectKind::ReadMemory, function);
    read.ticket = Ticket::make(slot, c.generation);
    read.address = sq.base + sqe_size * sq.head;
    read.length = sqe_size;
    read.token = static_cast<std::uint64_t>(Read::Sqe);
    sq.head = sq.head + 1 == sq.size ? 0 : sq.head + 1;
    if (sq.head == sq.tail) {
        mark_ready(c, queue, false);
    }
}

/// Fetches from all queues with entries, one each in turn, while there are contexts for them.
template <class Bounds>
void fetch(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if (!processes(ctx, c)) {
        return;
    }
    std::uint32_t passed = 0;  // queues with entries that may not be fetched
    while (c.free_slot != 0 && c.busy < ctx.config.contexts) {
        const std::uint32_t queue = next_ready(c, c.next_queue);
        if (queue >= Bounds::queues) {
            return;
        }
        if (!has_room(ctx)) {
            return put_off(ctx, function);
        }
        c.next_queue = queue + 1 < Bounds::queues ? queue + 1 : 0;
        if (may_fetch(ctx, c, queue)) {
            fetch_one(ctx, function, queue);
        } else if (++passed > Bounds::queues) {
            return;
        }
    }
}

/// Writes the completion of a slot into its queue; there must be room.
template <class Bounds>
void post(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Controller<Bounds>& c = ctx.controller(function);
    const Slot& command = c.slot[slot];
    const Sq& sq = c.sq[command.sqid];
    Cq& cq = c.cq[sq.cqid];
    wire::Cqe cqe;
    cqe.dw0 = command.result;
    cqe.dw1 = command.dw14;
    cqe.sqhd = static_cast<std::uint16_t>(sq.head);
    cqe.sqid = command.sqid;
    cqe.cid = command.cid;
    cqe.phase = cq.phase != 0;
    cqe.status = command.status;
    const wire::CqeWords words = wire::to_words(cqe);
    Effect& effect = ctx.effect(EffectKind::PostCqe, function);
    effect.ticket = slot;
    effect.address = cq.base + cqe_size * cq.tail;
    effect.length = cqe_size;
    effect.token = words.low;
    effect.token2 = words.high;
    effect.token3 = sq.cqid;
    if (++cq.tail == cq.size) {
        cq.tail = 0;
        cq.phase ^= ctx.rules.on(spec::Id::PhaseInvertsAtWrap) ? 1 : 0;
    }
    if ((cq.attributes & 2) != 0) {
        ctx.effect(EffectKind::Interrupt, function).token = cq.vector;
    }
}

inline bool has_room(const Cq& cq) {
    const std::uint32_t next = cq.tail + 1 == cq.size ? 0 : cq.tail + 1;
    return next != cq.head;
}

/// A suspending controller has nothing in flight any more (LM-SUSP-07).
template <class Bounds>
void drained(Context<Bounds>& ctx, std::uint16_t function);

/// One fetched command less.
template <class Bounds>
void finished(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if (--c.busy != 0) {
        return;
    }
    if (logs(ctx.subsystem, c)) {
        user_data_idle(ctx, function);
    }
    if (is(c.migration, Migration::Suspending)) {
        drained(ctx, function);
    }
}

/// Completions wait for room in this queue from now on; false if they do not (AD-CQ-01 off).
template <class Bounds>
bool hold(Context<Bounds>& ctx, std::uint16_t function, std::uint16_t cqid) {
    return move_cq(ctx, function, cqid, QueueEvent::Held);
}

/// Ends a command: its status and DW0 are in the slot. Without room in the completion queue it
/// waits for the host to move the head; a suspend then waits too (NVMe Base 2.3, 5.2.17.1.1).
template <class Bounds>
void complete(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    if (command.sqid == no_queue) {
        release_slot(c, slot);
        return finished(ctx, function);
    }
    if (is(c.migration, Migration::Suspending) && !ctx.rules.on(spec::Id::SuspendFinishesFetched)) {
        command.status = ctx.rules.status(spec::Id::StatusAbortRequested);
    }
    const std::uint16_t cqid = c.sq[command.sqid].cqid;
    Cq& cq = c.cq[cqid];
    if (is(cq.life, CqLife::Full) || (!has_room(cq) && hold(ctx, function, cqid))) {
        command.stage = Stage::Full;
        command.next = 0;
        (cq.waiting == 0 ? cq.waiting : c.slot[cq.waiting_last - 1].next) = slot + 1;
        cq.waiting_last = slot + 1;
        return;
    }
    post(ctx, function, slot);
    release_slot(c, slot);
    finished(ctx, function);
}

/// LM-SUSP-10: a suspended controller records doorbells, and acts on them after its resume.
template <class Bounds>
bool takes_doorbells(const Context<Bounds>& ctx, const Controller<Bounds>& c) {
    return is_usable(ctx, c) && (!is(c.migration, Migration::Suspended) ||
                                 ctx.rules.value(spec::Id::SuspendRecordsDoorbells) != 0);
}

template <class Bounds>
void ring_sq(Context<Bounds>& ctx, const Event& event) {
    Controller<Bounds>& c = ctx.controller(event.function);
    if (event.queue >= Bounds::queues || event.value >= c.sq[event.queue].size ||
        !takes_doorbells(ctx, c)) {
        return;  // Invalid Doorbell events are not modelled: nothing is fetched
    }
    Sq& sq = c.sq[event.queue];
    sq.tail = static_cast<std::uint32_t>(event.value);
    mark_ready(c, event.queue, sq.head != sq.tail);
    fetch(ctx, event.function);
}

/// Completions that waited for room in this queue; false if the effects ran out of room.
template <class Bounds>
bool flush_waiting(Context<Bounds>& ctx, std::uint16_t function, std::uint16_t cqid) {
    Controller<Bounds>& c = ctx.controller(function);
    Cq& cq = c.cq[cqid];
    while (is(cq.life, CqLife::Full) && has_room(cq)) {
        if (!has_room(ctx)) {
            put_off(ctx, function);
            return false;
        }
        const std::uint32_t slot = cq.waiting - 1;
        cq.waiting = c.slot[slot].next;
        if (cq.waiting == 0) {
            empty_waiting(ctx, function, cqid);
        }
        post(ctx, function, slot);
        release_slot(c, slot);
        finished(ctx, function);
    }
    return true;
}

template <class Bounds>
void ring_cq(Context<Bounds>& ctx, const Event& event) {
    Controller<Bounds>& c = ctx.controller(event.function);
    if (event.queue >= Bounds::queues || event.value >= c.cq[event.queue].size ||
        !takes_doorbells(ctx, c)) {
        return;
    }
    Cq& cq = c.cq[event.queue];
    cq.head = static_cast<std::uint32_t>(event.value);
    if (is(cq.life, CqLife::Full) && flush_waiting(ctx, event.function, event.queue)) {
        fetch(ctx, event.function);
    }
}

}  // namespace lmsim::nvme
