#pragma once

#include <cstdint>

#include "model/nvme/admin.hpp"
#include "model/nvme/registers.hpp"

namespace lmsim::nvme {

/// Queue pairs that a controller has, the admin pair included: private ones, or the flexible ones
/// assigned to it (NVMe Base 2.3, 8.2.6.1). At most what there is room for.
template <class Bounds>
std::uint32_t queue_resources(const Context<Bounds>& ctx, const Controller<Bounds>& c) {
    const std::uint32_t own = ctx.config.queue_pairs + 1;
    const bool flexible = ctx.config.flexible_vqs != 0;
    const std::uint32_t all = !flexible ? own : c.primary ? own + c.vq : c.vq;
    return std::min(all, static_cast<std::uint32_t>(Bounds::queues));
}

/// Interrupt vectors that a controller of this device has where they are private.
inline std::uint32_t private_vectors(const Config& config) {
    return config.vectors != 0 ? config.vectors : config.queue_pairs + 1;
}

/// Interrupt vectors that a queue of this controller may name: 0 up to one less (8.2.6.2).
template <class Bounds>
std::uint32_t vector_limit(const Context<Bounds>& ctx, const Controller<Bounds>& c) {
    const std::uint32_t own = private_vectors(ctx.config);
    const bool flexible = ctx.config.flexible_vis != 0;
    return !flexible ? own : c.primary ? own + c.vi : c.vi;
}

/// I/O queue pairs that a controller has.
template <class Bounds>
std::uint32_t io_pairs(const Context<Bounds>& ctx, const Controller<Bounds>& c) {
    const std::uint32_t all = queue_resources(ctx, c);
    return all == 0 ? 0 : all - 1;
}

/// The highest identifier of an I/O queue: what Number of Queues granted, or all.
template <class Bounds>
std::uint32_t queue_limit(const Context<Bounds>& ctx, const Controller<Bounds>& c) {
    return c.queues_granted != 0 ? c.queues_granted : io_pairs(ctx, c);
}

/// Conditions that both kinds of queue share: PC and PRP1; Id::Count if they hold.
template <class Bounds>
spec::Id check_queue_memory(const Context<Bounds>& ctx, bool pc, std::uint64_t prp1) {
    using spec::Id;
    if (ctx.rules.on(Id::CreateQueueNotContiguous) && !pc) return Id::CreateQueueNotContiguous;
    if (ctx.rules.on(Id::CreateQueuePrpOffset) && prp1 % page_bytes != 0) {
        return Id::CreateQueuePrpOffset;
    }
    return Id::Count;
}

template <class Bounds>
spec::Id check_create_cq(const Context<Bounds>& ctx, const Controller<Bounds>& c,
                         const wire::CreateCq& command) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const bool known = command.qid != 0 && command.qid <= queue_limit(ctx, c);
    if (rules.on(Id::CreateCqBadQid) && (!known || exists(c.cq[command.qid]))) {
        return Id::CreateCqBadQid;
    }
    if (rules.on(Id::CreateCqBadSize) &&
        (command.qsize == 0 || command.qsize >= ctx.config.queue_size)) {
        return Id::CreateCqBadSize;
    }
    if (rules.on(Id::CreateCqEntrySize) &&
        property::cc::iocqes(c.cc) != property::cc::cqe_16_bytes) {
        return Id::CreateCqEntrySize;
    }
    if (rules.on(Id::CreateCqBadVector) && command.ien && command.iv >= vector_limit(ctx, c)) {
        return Id::CreateCqBadVector;
    }
    return check_queue_memory(ctx, command.pc, command.prp1);
}

/// Bit 2 of a completion queue's attributes, which every queue of a vector shares (feature 09h).
constexpr std::uint8_t coalescing_off = 4;
template <class Bounds>
std::uint8_t coalescing_disabled(const Controller<Bounds>& c, std::uint16_t vector) {
    for (std::size_t i = 1; i < Bounds::queues; ++i) {
        if (exists(c.cq[i]) && c.cq[i].vector == vector) {
            return c.cq[i].attributes & coalescing_off;
        }
    }
    return 0;
}

template <class Bounds>
Outcome create_cq(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    Controller<Bounds>& c = ctx.controller(function);
    const wire::CreateCq command = wire::decode_create_cq(sqe, ctx.rules);
    const spec::Id broken = check_create_cq(ctx, c, command);
    if (broken != spec::Id::Count) {
        return refuse(ctx, broken);
    }
    if (command.qid == 0 || command.qid >= Bounds::queues ||
        !move_cq(ctx, function, command.qid, QueueEvent::Create)) {
        return refuse(ctx, spec::Id::StatusInternalError);
    }
    Cq& cq = c.cq[command.qid];
    clear(cq);
    cq.base = command.prp1;
    cq.size = command.qsize + 1U;
    cq.vector = command.iv;
    cq.attributes =
        static_cast<std::uint8_t>(1 | (command.ien ? 2 : 0) | coalescing_disabled(c, command.iv));
    return {};
}

template <class Bounds>
spec::Id check_create_sq(const Context<Bounds>& ctx, const Controller<Bounds>& c,
                         const wire::CreateSq& command) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const bool known = command.qid != 0 && command.qid <= queue_limit(ctx, c);
    if (rules.on(Id::CreateSqBadQid) && (!known || exists(c.sq[command.qid]))) {
        return Id::CreateSqBadQid;
    }
    if (rules.on(Id::CreateSqBadSize) &&
        (command.qsize == 0 || command.qsize >= ctx.config.queue_size)) {
        return Id::CreateSqBadSize;
    }
    if (rules.on(Id::CreateSqEntrySize) &&
        property::cc::iosqes(c.cc) != property::cc::sqe_64_bytes) {
        return Id::CreateSqEntrySize;
    }
    const bool cq_known = command.cqid != 0 && command.cqid <= queue_limit(ctx, c);
    if (rules.on(Id::CreateSqBadCqid) && !cq_known) return Id::CreateSqBadCqid;
    if (rules.on(Id::CreateSqNoCq) && cq_known && !exists(c.cq[command.cqid])) {
        return Id::CreateSqNoCq;
    }
    return check_queue_memory(ctx, command.pc, command.prp1);
}

template <class Bounds>
Outcome create_sq(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    Controller<Bounds>& c = ctx.controller(function);
    const wire::CreateSq command = wire::decode_create_sq(sqe, ctx.rules);
    const spec::Id broken = check_create_sq(ctx, c, command);
    if (broken != spec::Id::Count) {
        return refuse(ctx, broken);
    }
    if (command.qid == 0 || command.qid >= Bounds::queues || command.cqid >= Bounds::queues ||
        !exists(c.cq[command.cqid]) || !move_sq(ctx, function, command.qid, QueueEvent::Create)) {
        return refuse(ctx, spec::Id::StatusInternalError);
    }
    Sq& sq = c.sq[command.qid];
    clear(sq);
    sq.base = command.prp1;
    sq.size = command.qsize + 1U;
    sq.cqid = command.cqid;
    sq.attributes = static_cast<std::uint8_t>(1 | command.qprio << 1);
    ++c.cq[command.cqid].users;
    return {};
}

/// Commands of a queue that is deleted end without a completion, wherever they stand: those that
/// wait for room at once, the others when they are done (NVMe Base 2.3, 5.3.4: implicitly aborted).
template <class Bounds>
void abandon(Context<Bounds>& ctx, std::uint16_t function, std::uint16_t qid) {
    Controller<Bounds>& c = ctx.controller(function);
    Cq& cq = c.cq[c.sq[qid].cqid];
    std::uint32_t slot = cq.waiting;
    cq.waiting = 0;
    cq.waiting_last = 0;
    while (slot != 0) {
        Slot& command = c.slot[slot - 1];
        const std::uint32_t next = command.next;
        command.next = 0;
        if (command.sqid == qid) {
            release_slot(c, slot - 1);
            finished(ctx, function);
        } else {
            (cq.waiting == 0 ? cq.waiting : c.slot[cq.waiting_last - 1].next) = slot;
            cq.waiting_last = slot;
        }
        slot = next;
    }
    if (cq.waiting == 0) {
        empty_waiting(ctx, function, c.sq[qid].cqid);
    }
    for (Slot& command : c.slot) {
        if (command.stage != Stage::Free && command.sqid == qid) {
            command.sqid = no_queue;
        }
    }
}

template <class Bounds>
Outcome delete_sq(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    Controller<Bounds>& c = ctx.controller(function);
    const std::uint16_t qid = wire::decode_delete_sq(sqe, ctx.rules).qid;
    if (qid == 0 || qid >= Bounds::queues || !exists(c.sq[qid])) {
        return refuse(ctx, in_any_case(ctx.rules, spec::Id::DeleteBadQid));
    }
    if (!move_sq(ctx, function, qid, QueueEvent::Delete)) {
        return refuse(ctx, spec::Id::StatusInternalError);
    }
    abandon(ctx, function, qid);
    --c.cq[c.sq[qid].cqid].users;
    mark_ready(c, qid, false);
    clear(c.sq[qid]);
    return {};
}

template <class Bounds>
Outcome delete_cq(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    Controller<Bounds>& c = ctx.controller(function);
    const std::uint16_t qid = wire::decode_delete_cq(sqe, ctx.rules).qid;
    if (qid == 0 || qid >= Bounds::queues || !exists(c.cq[qid])) {
        return refuse(ctx, in_any_case(ctx.rules, spec::Id::DeleteBadQid));
    }
    if (c.cq[qid].users != 0) {
        return refuse(ctx, in_any_case(ctx.rules, spec::Id::DeleteCqInUse));
    }
    if (!move_cq(ctx, function, qid, QueueEvent::Delete)) {
        return refuse(ctx, spec::Id::StatusInternalError);
    }
    clear(c.cq[qid]);
    return {};
}

template <class Bounds>
bool has_io_queue(const Controller<Bounds>& c) {
    for (std::size_t i = 1; i < Bounds::queues; ++i) {
        if (exists(c.sq[i]) || exists(c.cq[i])) {
            return true;
        }
    }
    return false;
}

/// Abort of an AER ends it, as it does a Suspend that waits; of anything else it is too late (DW0
/// bit 0 = not aborted).
template <class Bounds>
Outcome abort(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    Controller<Bounds>& c = ctx.controller(function);
    const wire::Abort command = wire::decode_abort(sqe, ctx.rules);
    for (std::uint16_t i = 0; i < c.aers; ++i) {
        const std::uint32_t slot = c.aer[i];
        if (command.sqid != 0 || c.slot[slot].cid != command.cid ||
            !ctx.rules.on(spec::Id::AerAborted)) {
            continue;
        }
        std::copy(c.aer + i + 1, c.aer + c.aers, c.aer + i);
        --c.aers;
        ++c.busy;
        fail(ctx, function, slot, spec::Id::AerAborted);
        return {};
    }
    if (command.sqid == 0 && abort_suspend(ctx, function, command.cid)) {
        return {};
    }
    return {0, 1, 0};
}

}  // namespace lmsim::nvme
