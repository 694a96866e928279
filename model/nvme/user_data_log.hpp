#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/admin.hpp"
#include "model/nvme/cdq_ring.hpp"

/// Logging of user data changes into a User Data Migration Queue (NVMe Base 2.3, 5.2.28.1.1; NVM
/// Command Set 1.2, 5.6).
namespace lmsim::nvme {

/// The machine of a CDQ moves; false if it does not take the event.
template <class Bounds>
bool move_cdq(Context<Bounds>& ctx, std::uint16_t cdqid, CdqMove event) {
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    return ctx.effects.took(advance(queue.life, event, ctx.rules), queue.creator, cdqid);
}

/// The queue can take no more: logging stops, and the host hears of it (LM-LOG-75).
template <class Bounds>
void stop_full(Context<Bounds>& ctx, std::uint16_t cdqid) {
    move_cdq(ctx, cdqid, CdqMove::Fill);
    ctx.subsystem.cdq[cdqid].merged = 0;
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
    const bool last = entry.esa == Esa::Stopped || entry.esa == Esa::Suspended;
    const bool first = is(queue.life, CdqLife::Begun);
    if (first && !last) {
        entry.esa = Esa::First;
    }
    const bool fills = room == 1 && is_logging(queue) && ctx.rules.on(Id::LogFullIsLast) &&
                       (!last || ctx.rules.on(Id::LogFullOutranksLast));
    if (fills) {
        entry.esa = Esa::Full;
    }
    post_cdqe(ctx, cdqid, entry);
    if (fills) {
        stop_full(ctx, cdqid);
    } else if (first && !last) {
        move_cdq(ctx, cdqid, CdqMove::Post);
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
    if (!is_logging(queue)) {
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
    if (!logs(ctx.subsystem, c) || !ctx.rules.on(spec::Id::LogEveryChange)) {
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
        if (!logs(ctx.subsystem, c)) {
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
    if (logs(ctx.subsystem, c)) {
        flush_merged(ctx, static_cast<std::uint16_t>(c.udmq - 1));
    }
}

/// Ends a queue: no more entries, events or logging. False if the queue does not take the event.
template <class Bounds>
bool delete_cdq(Context<Bounds>& ctx, std::uint16_t cdqid, CdqMove event) {
    if (!move_cdq(ctx, cdqid, event)) {
        return false;
    }
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    Controller<Bounds>& mc = ctx.controller(queue.mc);
    mc.udmq = mc.udmq == cdqid + 1 ? std::uint16_t{0} : mc.udmq;
    queue = Cdq{};
    return true;
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
    const Cdq& queue = ctx.subsystem.cdq[cdqid];
    const bool logged = is_logging(queue);
    const bool idle_tells =
        ctx.rules.on(Id::LogSuspendTellsIdle) && cdq_room(queue, ctx.rules) != 0;
    if ((logged || idle_tells) && ctx.rules.on(Id::LogSuspendIsLast)) {
        log_marker(ctx, cdqid, wire::Esa::Suspended);
    }
    if (dudmq) {
        delete_cdq(ctx, cdqid, CdqMove::DeleteOnSuspend);
    } else if (logged ? is_logging(queue) : idle_tells) {  // else that filled the queue
        move_cdq(ctx, cdqid, CdqMove::Suspend);
    }
}

/// The next entry of the log is a first one; as a marker it is posted at once (LM-LOG-77).
template <class Bounds>
void begin_log(Context<Bounds>& ctx, std::uint16_t cdqid) {
    if (ctx.rules.on(spec::Id::LogFirstIsMarker)) {
        log_marker(ctx, cdqid, wire::Esa::First);
    }
}

template <class Bounds>
void user_data_resumed(Context<Bounds>& ctx, std::uint16_t function) {
    const Controller<Bounds>& c = ctx.controller(function);
    if (!logs(ctx.subsystem, c)) {
        return;
    }
    const auto cdqid = static_cast<std::uint16_t>(c.udmq - 1);
    if (move_cdq(ctx, cdqid, CdqMove::Resume)) {
        begin_log(ctx, cdqid);
    }
}

template <class Bounds>
void user_data_reset(Context<Bounds>& ctx, std::uint16_t function) {
    const Controller<Bounds>& c = ctx.controller(function);
    if (logs(ctx.subsystem, c)) {
        move_cdq(ctx, static_cast<std::uint16_t>(c.udmq - 1), CdqMove::McReset);
    }
}

/// The CDQ of that number, if the controller `creator` created it; else none.
template <class Bounds>
Cdq* find_cdq(Context<Bounds>& ctx, std::uint16_t creator, std::uint16_t cdqid) {
    if (cdqid >= Bounds::cdqs) {
        return nullptr;
    }
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    const bool there = exists(queue) && queue.creator == creator;
    return there ? &queue : nullptr;
}

template <class Bounds>
Outcome start_log(Context<Bounds>& ctx, std::uint16_t cdqid) {
    const bool again = is_logging(ctx.subsystem.cdq[cdqid]);  // LM-LOG-42 is off
    if (!again && !move_cdq(ctx, cdqid, CdqMove::Start)) {
        return refuse(ctx, spec::Id::StatusInternalError);
    }
    if (ctx.rules.on(spec::Id::LogStartIsFirst)) {
        begin_log(ctx, cdqid);
    } else {
        move_cdq(ctx, cdqid, CdqMove::Post);
    }
    return {};
}

/// Of a queue that does not log it changes nothing.
template <class Bounds>
Outcome stop_log(Context<Bounds>& ctx, std::uint16_t cdqid) {
    const Cdq& queue = ctx.subsystem.cdq[cdqid];
    if (is_logging(queue) && ctx.rules.on(spec::Id::LogStopIsLast)) {
        log_marker(ctx, cdqid, wire::Esa::Stopped);
    }
    if (is_logging(queue)) {  // else that filled the queue
        move_cdq(ctx, cdqid, CdqMove::Stop);
    }
    return {};
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
    const Controller<Bounds>& mc = ctx.controller(queue->mc);
    if (is(mc.migration, Migration::Suspended) && rules.on(Id::LogSuspended)) {
        return refuse(ctx, Id::LogSuspended);
    }
    const bool start = command.action == LogAction::Start;
    if (start && is_logging(*queue) && rules.on(Id::LogAlready)) {
        return refuse(ctx, Id::LogAlready);
    }
    if (start && cdq_room(*queue, rules) == 0 && rules.on(Id::LogQueueFull)) {
        return refuse(ctx, Id::LogQueueFull);
    }
    if (rules.on(Id::LogSendDropsFullEvent)) {
        queue->full_pending = false;
    }
    user_data_idle(ctx, queue->mc);
    return start ? start_log(ctx, command.cdqid) : stop_log(ctx, command.cdqid);
}

}  // namespace lmsim::nvme
