#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/admin.hpp"
#include "model/nvme/cdq_ring.hpp"

/// Logging of user data changes into a User Data Migration Queue (NVMe Base 2.3, 5.2.28.1.1; NVM
/// Command Set 1.2, 5.6).
namespace lmsim::nvme {

/// The queue can take no more: logging stops, and the host hears of it (LM-LOG-75).
template <class Bounds>
void stop_full(Context<Bounds>& ctx, std::uint16_t cdqid) {
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    ctx.controller(queue.mc).logs = false;
    queue.first = false;
    queue.merged = 0;
    if (ctx.rules.on(spec::Id::LogFullGivesEvent)) {
        raise_event(ctx, cdqid, wire::CdqEvent::FullError);
    }
}

/// Posts an entry, whose ESA the state of the log may change: an ordinary one may be the first, and
/// the one that fills the queue is the last (LM-LOG-74). Up to 5 effects.
template <class Bounds>
void log_entry(Context<Bounds>& ctx, std::uint16_t cdqid, wire::UdmqEntry entry) {
    using spec::Id;
    using wire::Esa;
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    const std::uint32_t room = cdq_room(queue, ctx.rules);
    if (room == 0) {
        return stop_full(ctx, cdqid);  // full already as logging started or the MC resumed
    }
    if (queue.first && entry.esa == Esa::Ordinary) {
        entry.esa = Esa::First;
    }
    queue.first = false;
    const bool last = entry.esa == Esa::Stopped || entry.esa == Esa::Suspended;
    const bool fills = room == 1 && ctx.controller(queue.mc).logs &&
                       ctx.rules.on(Id::LogFullIsLast) &&
                       (!last || ctx.rules.on(Id::LogFullOutranksLast));
    if (fills) {
        entry.esa = Esa::Full;
    }
    post_cdqe(ctx, cdqid, entry);
    if (fills) {
        stop_full(ctx, cdqid);
    }
}

template <class Bounds>
void log_marker(Context<Bounds>& ctx, std::uint16_t cdqid, wire::Esa esa) {
    wire::UdmqEntry entry;
    entry.esa = esa;
    entry.lbacir = wire::Lbacir::None;
    log_entry(ctx, cdqid, entry);
}

template <class Bounds>
void log_range(Context<Bounds>& ctx, std::uint16_t cdqid, const Change& range) {
    wire::UdmqEntry entry;
    entry.nsid = range.nsid;
    entry.slba = range.slba;
    entry.blocks = range.blocks;
    entry.deallocated = range.deallocated && ctx.rules.on(spec::Id::LogTellsDeallocation);
    log_entry(ctx, cdqid, entry);
}

/// Posts the range that waits to be merged, if there is one.
template <class Bounds>
void flush_merged(Context<Bounds>& ctx, std::uint16_t cdqid) {
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    if (queue.merged == 0) {
        return;
    }
    const Change range{queue.merge_nsid, queue.merge_slba, queue.merge_blocks, queue.merged == 2};
    queue.merged = 0;
    queue.merge_nsid = 0;
    queue.merge_slba = 0;
    queue.merge_blocks = 0;
    log_range(ctx, cdqid, range);
}

/// Makes one range of two that touch or overlap, are of one kind and fit into one entry.
inline bool merge(Cdq& queue, const Change& change, std::uint64_t most) {
    if (queue.merged != (change.deallocated ? 2 : 1) || queue.merge_nsid != change.nsid) {
        return false;
    }
    const std::uint64_t end = change.slba + change.blocks;
    const std::uint64_t merged_end = queue.merge_slba + queue.merge_blocks;
    const std::uint64_t from = std::min(change.slba, queue.merge_slba);
    const std::uint64_t blocks = std::max(end, merged_end) - from;
    if (change.slba > merged_end || queue.merge_slba > end || blocks > most) {
        return false;
    }
    queue.merge_slba = from;
    queue.merge_blocks = blocks;
    return true;
}

/// A range of at most one entry: it may become part of the one before (Config::cdq_merge).
template <class Bounds>
void log_merging(Context<Bounds>& ctx, std::uint16_t cdqid, const Change& change,
                 std::uint64_t most) {
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    if (merge(queue, change, most)) {
        return;
    }
    flush_merged(ctx, cdqid);
    if (!ctx.controller(queue.mc).logs) {
        return;  // that filled the queue
    }
    queue.merged = change.deallocated ? 2 : 1;
    queue.merge_nsid = change.nsid;
    queue.merge_slba = change.slba;
    queue.merge_blocks = change.blocks;
}

template <class Bounds>
std::uint64_t user_data_changed(Context<Bounds>& ctx, std::uint16_t function,
                                const Change& change) {
    const Controller<Bounds>& c = ctx.controller(function);
    if (!c.logs || !ctx.rules.on(spec::Id::LogEveryChange)) {
        return change.blocks;
    }
    const std::uint64_t most = wire::udmq_max_blocks(ctx.rules);
    const auto cdqid = static_cast<std::uint16_t>(c.udmq - 1);
    Change rest = change;
    while (rest.blocks != 0 && can_log(ctx)) {
        Change part = rest;
        part.blocks = std::min(rest.blocks, most);
        if (ctx.config.cdq_merge) {
            log_merging(ctx, cdqid, part, most);
        } else {
            log_range(ctx, cdqid, part);
        }
        if (!c.logs) {
            return change.blocks;  // full: what is left is lost
        }
        rest.slba += part.blocks;
        rest.blocks -= part.blocks;
    }
    return change.blocks - rest.blocks;
}

template <class Bounds>
void user_data_idle(Context<Bounds>& ctx, std::uint16_t function) {
    const Controller<Bounds>& c = ctx.controller(function);
    if (c.logs) {
        flush_merged(ctx, static_cast<std::uint16_t>(c.udmq - 1));
    }
}

/// Ends a queue: no more entries, events or logging.
template <class Bounds>
void delete_cdq(Context<Bounds>& ctx, std::uint16_t cdqid) {
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    Controller<Bounds>& mc = ctx.controller(queue.mc);
    if (mc.udmq == cdqid + 1) {
        mc.udmq = 0;
        mc.logs = false;
    }
    queue = Cdq{};
}

/// The order is: commands done, last entry, end of the queue, completion (NVMe Base 2.3,
/// 5.2.17.1.1).
template <class Bounds>
void user_data_suspended(Context<Bounds>& ctx, std::uint16_t function, bool dudmq) {
    using spec::Id;
    const Controller<Bounds>& c = ctx.controller(function);
    if (c.udmq == 0) {
        return;
    }
    const auto cdqid = static_cast<std::uint16_t>(c.udmq - 1);
    user_data_idle(ctx, function);
    const bool idle_tells =
        ctx.rules.on(Id::LogSuspendTellsIdle) && cdq_room(ctx.subsystem.cdq[cdqid], ctx.rules) != 0;
    if ((c.logs || idle_tells) && ctx.rules.on(Id::LogSuspendIsLast)) {
        log_marker(ctx, cdqid, wire::Esa::Suspended);
    }
    if (dudmq) {
        delete_cdq(ctx, cdqid);
    }
}

/// The next entry of the log is a first one; as a marker it is posted at once (LM-LOG-77).
template <class Bounds>
void begin_log(Context<Bounds>& ctx, std::uint16_t cdqid) {
    if (ctx.rules.on(spec::Id::LogFirstIsMarker)) {
        return log_marker(ctx, cdqid, wire::Esa::First);
    }
    ctx.subsystem.cdq[cdqid].first = true;
}

template <class Bounds>
void user_data_resumed(Context<Bounds>& ctx, std::uint16_t function) {
    const Controller<Bounds>& c = ctx.controller(function);
    if (c.logs && ctx.rules.on(spec::Id::LogResumeIsFirst)) {
        begin_log(ctx, static_cast<std::uint16_t>(c.udmq - 1));
    }
}

/// The CDQ of that number, if the controller `creator` created it; else none.
template <class Bounds>
Cdq* find_cdq(Context<Bounds>& ctx, std::uint16_t creator, std::uint16_t cdqid) {
    if (cdqid >= Bounds::cdqs) {
        return nullptr;
    }
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    return queue.entries != 0 && queue.creator == creator ? &queue : nullptr;
}

/// Track Send, Log User Data Changes, of the MMC.
template <class Bounds>
Outcome log_user_data(Context<Bounds>& ctx, const wire::Sqe& sqe) {
    using spec::Id;
    using wire::LogAction;
    const spec::Rules& rules = ctx.rules;
    const wire::LogUserData command = wire::decode_log_user_data(sqe, rules);
    if (command.action == LogAction::Reserved && rules.on(Id::LogActionReserved)) {
        return refuse(ctx, Id::LogActionReserved);
    }
    Cdq* queue = find_cdq(ctx, 0, command.cdqid);
    if (queue == nullptr) {
        return refuse(ctx, in_any_case(rules, Id::LogUnknownCdq));
    }
    Controller<Bounds>& mc = ctx.controller(queue->mc);
    if (is(mc.migration, Migration::Suspended) && rules.on(Id::LogSuspended)) {
        return refuse(ctx, Id::LogSuspended);
    }
    const bool start = command.action == LogAction::Start;
    if (start && mc.logs && rules.on(Id::LogAlready)) {
        return refuse(ctx, Id::LogAlready);
    }
    if (start && cdq_room(*queue, rules) == 0 && rules.on(Id::LogQueueFull)) {
        return refuse(ctx, Id::LogQueueFull);
    }
    if (rules.on(Id::LogSendDropsFullEvent)) {
        queue->full_pending = false;
    }
    user_data_idle(ctx, queue->mc);
    if (start) {
        mc.logs = true;
        if (rules.on(Id::LogStartIsFirst)) {
            begin_log(ctx, command.cdqid);
        }
        return {};
    }
    if (mc.logs && rules.on(Id::LogStopIsLast)) {
        log_marker(ctx, command.cdqid, wire::Esa::Stopped);
    }
    mc.logs = false;
    queue->first = false;
    return {};
}

}  // namespace lmsim::nvme
