#pragma once

#include <cstdint>

#include "model/nvme/admin.hpp"

namespace lmsim::nvme {

template <class Bounds>
std::uint32_t queue_limit(const Context<Bounds>& ctx, const Controller<Bounds>& c) {
    return c.queues_granted != 0 ? c.queues_granted : ctx.config.queue_pairs;
}

/// Interrupt vectors that a queue of this device may name: 0 up to one less.
inline std::uint32_t vector_limit(const Config& config) {
    return config.vectors != 0 ? config.vectors : config.queue_pairs + 1;
}

template <class Bounds>
Outcome create_cq(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    const wire::CreateCq command = wire::decode_create_cq(sqe, ctx.rules);
    if (command.qid == 0 || command.qid > queue_limit(ctx, c) || c.cq[command.qid].size != 0) {
        return refuse(ctx, Id::CreateCqBadQid);
    }
    if (command.qsize == 0 || command.qsize >= ctx.config.queue_size) {
        return refuse(ctx, Id::CreateCqBadSize);
    }
    if (!command.pc) {
        return refuse(ctx, Id::CreateQueueNotContiguous);
    }
    if (command.prp1 % page_bytes != 0) {
        return refuse(ctx, Id::CreateQueuePrpOffset);
    }
    if (command.ien && command.iv >= vector_limit(ctx.config)) {
        return refuse(ctx, Id::CreateCqBadVector);
    }
    Cq& cq = c.cq[command.qid];
    cq = Cq{};
    cq.base = command.prp1;
    cq.size = command.qsize + 1U;
    cq.vector = command.iv;
    cq.attributes = static_cast<std::uint8_t>(1 | (command.ien ? 2 : 0));
    return {};
}

template <class Bounds>
Outcome create_sq(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    const wire::CreateSq command = wire::decode_create_sq(sqe, ctx.rules);
    if (command.qid == 0 || command.qid > queue_limit(ctx, c) || c.sq[command.qid].size != 0) {
        return refuse(ctx, Id::CreateSqBadQid);
    }
    if (command.qsize == 0 || command.qsize >= ctx.config.queue_size) {
        return refuse(ctx, Id::CreateSqBadSize);
    }
    if (command.cqid == 0 || command.cqid > queue_limit(ctx, c)) {
        return refuse(ctx, Id::CreateSqBadCqid);
    }
    if (c.cq[command.cqid].size == 0) {
        return refuse(ctx, Id::CreateSqNoCq);
    }
    if (!command.pc) {
        return refuse(ctx, Id::CreateQueueNotContiguous);
    }
    if (command.prp1 % page_bytes != 0) {
        return refuse(ctx, Id::CreateQueuePrpOffset);
    }
    Sq& sq = c.sq[command.qid];
    sq = Sq{};
    sq.base = command.prp1;
    sq.size = command.qsize + 1U;
    sq.cqid = command.cqid;
    sq.attributes = static_cast<std::uint16_t>(1 | command.qprio << 1);
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
    if (qid == 0 || qid >= Bounds::queues || c.sq[qid].size == 0) {
        return refuse(ctx, spec::Id::DeleteBadQid);
    }
    abandon(ctx, function, qid);
    --c.cq[c.sq[qid].cqid].users;
    mark_ready(c, qid, false);
    c.sq[qid] = Sq{};
    return {};
}

template <class Bounds>
Outcome delete_cq(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    Controller<Bounds>& c = ctx.controller(function);
    const std::uint16_t qid = wire::decode_delete_cq(sqe, ctx.rules).qid;
    if (qid == 0 || qid >= Bounds::queues || c.cq[qid].size == 0) {
        return refuse(ctx, spec::Id::DeleteBadQid);
    }
    if (c.cq[qid].users != 0) {
        return refuse(ctx, spec::Id::DeleteCqInUse);
    }
    c.cq[qid] = Cq{};
    return {};
}

template <class Bounds>
bool has_io_queue(const Controller<Bounds>& c) {
    for (std::size_t i = 1; i < Bounds::queues; ++i) {
        if (c.sq[i].size != 0 || c.cq[i].size != 0) {
            return true;
        }
    }
    return false;
}

template <class Bounds>
Outcome set_features(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    const wire::SetFeatures command = wire::decode_set_features(sqe, ctx.rules);
    if (command.sv) {
        return refuse(ctx, Id::FeatureSaved);
    }
    if (command.fid == ctx.rules.value(Id::FeatureNumberOfQueues)) {
        if (has_io_queue(c)) {
            return refuse(ctx, Id::QueuesAfterCreation);
        }
        const wire::NumberOfQueues asked = wire::decode_number_of_queues(command.cdw11);
        if (asked.sqs == 0xffff || asked.cqs == 0xffff) {
            return refuse(ctx, Id::QueuesBeyondLimit);
        }
        const std::uint32_t pairs = std::max(asked.sqs, asked.cqs) + 1U;
        c.queues_granted = std::min(pairs, ctx.config.queue_pairs);
        const auto granted = static_cast<std::uint16_t>(c.queues_granted - 1);
        return {0, wire::encode(wire::NumberOfQueues{granted, granted}), 0};
    }
    if (command.fid == ctx.rules.value(Id::FeatureAsyncEventConfig)) {
        c.aer_config = command.cdw11;
        return {};
    }
    if (command.fid == ctx.rules.value(Id::FeatureInterruptCoalescing)) {
        c.coalescing = command.cdw11;
        return {};
    }
    return refuse(ctx, Id::FeatureUnknown);
}

template <class Bounds>
Outcome get_features(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    using spec::Id;
    const Controller<Bounds>& c = ctx.controller(function);
    const wire::GetFeatures command = wire::decode_get_features(sqe, ctx.rules);
    if (command.fid == ctx.rules.value(Id::FeatureNumberOfQueues)) {
        const auto granted = static_cast<std::uint16_t>(queue_limit(ctx, c) - 1);
        return {0, wire::encode(wire::NumberOfQueues{granted, granted}), 0};
    }
    if (command.fid == ctx.rules.value(Id::FeatureAsyncEventConfig)) {
        return {0, c.aer_config, 0};
    }
    if (command.fid == ctx.rules.value(Id::FeatureInterruptCoalescing)) {
        return {0, c.coalescing, 0};
    }
    return refuse(ctx, Id::FeatureUnknown);
}

/// Abort of an AER ends it; of anything else it is too late (DW0 bit 0 = not aborted).
template <class Bounds>
Outcome abort(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    Controller<Bounds>& c = ctx.controller(function);
    const wire::Abort command = wire::decode_abort(sqe, ctx.rules);
    for (std::uint16_t i = 0; i < c.aers; ++i) {
        const std::uint32_t slot = c.aer[i];
        if (command.sqid != 0 || c.slot[slot].cid != command.cid) {
            continue;
        }
        std::copy(c.aer + i + 1, c.aer + c.aers, c.aer + i);
        --c.aers;
        ++c.busy;
        fail(ctx, function, slot, spec::Id::AerAborted);
        return {};
    }
    return {0, 1, 0};
}

}  // namespace lmsim::nvme
