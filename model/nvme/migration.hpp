#pragma once

#include <cstdint>

#include "model/nvme/cdq.hpp"
#include "model/nvme/controller_state.hpp"
#include "model/nvme/hooks.hpp"
#include "model/nvme/queue_commands.hpp"

namespace lmsim::nvme {

/// Where a rule is off that keeps AERs over a suspension, they are aborted.
template <class Bounds>
void abort_aers(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    while (c.aers != 0) {
        const std::uint32_t slot = c.aer[--c.aers];
        ++c.busy;
        fail(ctx, function, slot, spec::Id::AerAborted);
    }
}

/// Commands that wait in submission queues are gone (LM-SUSP-08 off).
template <class Bounds>
void drop_queued(Controller<Bounds>& c) {
    for (std::uint32_t i = 0; i < Bounds::queues; ++i) {
        c.sq[i].head = c.sq[i].tail;
        mark_ready(c, i, false);
    }
}

/// Nothing is in flight any more: the controller is suspended from now on.
template <class Bounds>
void stand_still(Context<Bounds>& ctx, std::uint16_t function, bool dudmq) {
    if (!ctx.rules.on(spec::Id::SuspendLeavesQueued)) {
        drop_queued(ctx.controller(function));
    }
    user_data_suspended(ctx, function, dudmq);
    migrate(ctx, function, MigrationEvent::Drained);
}

template <class Bounds>
void drained(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if (c.suspender == 0) {
        return stand_still(ctx, function, false);  // nobody waits (any more)
    }
    const std::uint32_t slot = c.suspender - 1;
    c.suspender = 0;
    Slot& command = ctx.controller(0).slot[slot];
    stand_still(ctx, function, wire::decode_migration_send(to_sqe(command), ctx.rules).dudmq);
    command.status = 0;
    command.result = 0;
    command.dw14 = 0;
    complete(ctx, 0, slot);
    fetch(ctx, 0);
}

/// The UDMQ of this MC, if it has one, ends without another entry.
template <class Bounds>
void delete_udmq(Context<Bounds>& ctx, std::uint16_t function) {
    const std::uint16_t udmq = ctx.controller(function).udmq;
    if (udmq != 0) {
        delete_cdq(ctx, static_cast<std::uint16_t>(udmq - 1), CdqMove::DeleteOnSuspend);
    }
}

/// A Suspend of a suspended controller: nothing is entered, and nobody told of it.
template <class Bounds>
bool repeat_suspend(Context<Bounds>& ctx, std::uint16_t function) {
    std::uint8_t& migration = ctx.controller(function).migration;
    return ctx.effects.took(advance(migration, MigrationEvent::Suspend, ctx.rules), function);
}

/// What keeps a Suspend from suspending; `outcome` says how it ends.
template <class Bounds>
bool ends_early(Context<Bounds>& ctx, std::uint16_t function, const wire::MigrationSend& send,
                Outcome& outcome) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const Controller<Bounds>& c = ctx.controller(function);
    if (send.type == wire::SuspendType::Reserved && rules.on(Id::SuspendStypeReserved)) {
        outcome = refuse(ctx, Id::SuspendStypeReserved);
        return true;
    }
    if (send.type == wire::SuspendType::Notification &&
        rules.on(Id::SuspendNotificationStopsNothing)) {
        if (send.dudmq && rules.on(Id::DudmqOnNotification)) {
            delete_udmq(ctx, function);
        }
        return true;
    }
    if (is(c.migration, Migration::Suspended) && rules.on(Id::SuspendAgain)) {
        if (!repeat_suspend(ctx, function)) {
            outcome = refuse(ctx, Id::StatusInternalError);
            return true;
        }
        if (send.dudmq && rules.on(Id::DudmqOnRepeat)) {
            delete_udmq(ctx, function);
        }
        // A condition that the standard answers with success.
        outcome = refuse(ctx, Id::SuspendAgain);
        return true;
    }
    if (is(c.migration, Migration::Suspending) && rules.on(Id::SuspendWhileDraining)) {
        outcome = refuse(ctx, Id::SuspendWhileDraining);
        return true;
    }
    return false;
}

/// Returns false when the command has to wait for the controller to drain.
template <class Bounds>
bool suspend(Context<Bounds>& ctx, std::uint32_t slot, const wire::MigrationSend& send,
             Outcome& outcome) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const std::uint16_t function = find_migratable(ctx, send.cntlid);
    if (function == 0) {
        outcome = refuse(ctx, in_any_case(rules, Id::SuspendBadCntlid));
        return true;
    }
    if (ends_early(ctx, function, send, outcome)) {
        return true;
    }
    if (!rules.on(Id::SuspendKeepsAers)) {
        abort_aers(ctx, function);
    }
    if (!migrate(ctx, function, MigrationEvent::Suspend)) {
        outcome = refuse(ctx, Id::StatusInternalError);
        return true;
    }
    Controller<Bounds>& c = ctx.controller(function);
    if (c.busy == 0) {
        stand_still(ctx, function, send.dudmq);
        return true;
    }
    if (!rules.on(Id::SuspendCompletesAfterDrain)) {
        if (send.dudmq) {
            delete_udmq(ctx, function);
        }
        return true;
    }
    c.suspender = slot + 1;
    ctx.controller(0).slot[slot].stage = Stage::Suspending;
    return false;
}

template <class Bounds>
bool abort_suspend(Context<Bounds>& ctx, std::uint16_t function, std::uint16_t cid) {
    using spec::Id;
    if (!ctx.controller(function).primary || !ctx.rules.on(Id::SuspendAborted)) {
        return false;
    }
    for (std::uint16_t i = 1; i < ctx.subsystem.functions; ++i) {
        Controller<Bounds>& c = ctx.controller(i);
        if (c.suspender == 0 || ctx.controller(0).slot[c.suspender - 1].cid != cid) {
            continue;
        }
        const std::uint32_t slot = c.suspender - 1;
        c.suspender = 0;
        fail(ctx, 0, slot, Id::SuspendAborted);
        migrate(ctx, i, MigrationEvent::Abort);
        awake(ctx, i);
        return true;
    }
    return false;
}

/// Queues whose commands a Resume does not fetch by itself (LM-RESU-01, LM-RESU-02 off): a doorbell
/// has to.
template <class Bounds>
void keep_from_fetching(const Context<Bounds>& ctx, Controller<Bounds>& c) {
    for (std::uint32_t i = 0; i < Bounds::queues; ++i) {
        if (!ctx.rules.on(i == 0 ? spec::Id::ResumeFetchesAdmin
                                 : spec::Id::ResumeFetchesFromHead)) {
            mark_ready(c, i, false);
        }
    }
}

template <class Bounds>
Outcome resume(Context<Bounds>& ctx, const wire::MigrationSend& send) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const std::uint16_t function = find_migratable(ctx, send.cntlid);
    if (function == 0) {
        return refuse(ctx, in_any_case(rules, Id::ResumeBadCntlid));
    }
    Controller<Bounds>& c = ctx.controller(function);
    if (!is(c.migration, Migration::Suspended) && rules.on(Id::ResumeNotSuspended)) {
        return refuse(ctx, Id::ResumeNotSuspended);
    }
    if (c.sequence != 0 && rules.on(Id::ResumeUncommitted)) {
        return refuse(ctx, Id::ResumeUncommitted);
    }
    if (!migrate(ctx, function, MigrationEvent::Resume)) {
        return refuse(ctx, Id::StatusInternalError);
    }
    keep_from_fetching(ctx, c);
    user_data_resumed(ctx, function);
    awake(ctx, function);
    return {};
}

/// The condition that a Get Controller State breaks, whatever the size of the state; Id::Count if
/// none.
template <class Bounds>
spec::Id check_receive(const Context<Bounds>& ctx, const Controller<Bounds>& c,
                       const wire::MigrationReceive& receive) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (!rules.on(Id::GetStateAnytime) && !is(c.migration, Migration::Suspended)) {
        return Id::StatusControllerNotSuspended;
    }
    if (rules.on(Id::GetStateOffsetUnaligned) && receive.offset % 4 != 0) {
        return Id::GetStateOffsetUnaligned;
    }
    if (rules.on(Id::GetStateBadCsvi) &&
        is_beyond(receive.csvi, StateVersions(rules).count, rules)) {
        return Id::GetStateBadCsvi;
    }
    if (rules.on(Id::GetStateBadCsuuidi) && is_beyond(receive.csuuidi, state_uuids, rules)) {
        return Id::GetStateBadCsuuidi;
    }
    return Id::Count;
}

template <class Bounds>
Outcome get_state(Context<Bounds>& ctx, std::uint32_t slot, const wire::Sqe& sqe) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const wire::MigrationReceive receive = wire::decode_migration_receive(sqe, rules);
    if (!receive.get_controller_state && rules.on(Id::ReceiveSelReserved)) {
        return refuse(ctx, Id::ReceiveSelReserved);
    }
    const std::uint16_t function = find_migratable(ctx, receive.cntlid);
    if (function == 0) {
        return refuse(ctx, in_any_case(rules, Id::GetStateBadCntlid));
    }
    const Id broken = check_receive(ctx, ctx.controller(function), receive);
    if (broken != Id::Count) {
        return refuse(ctx, broken);
    }
    const bool suspended = ctx.controller(0).slot[slot].result != 0 &&
                           is(ctx.controller(function).migration, Migration::Suspended);
    const StateParts parts{asks(receive.csvi, rules) || !rules.on(Id::GetStateWithoutCsvi),
                           asks(receive.csuuidi, rules) || !rules.on(Id::GetStateWithoutCsuuidi),
                           suspended, is_version0(receive.csvi, rules)};
    const std::size_t size = saved_size(ctx, function, parts);
    if (receive.query_size) {
        return {0, static_cast<std::uint32_t>(size)};
    }
    if (receive.offset > size && rules.on(Id::GetStateOffsetTooLarge)) {
        return refuse(ctx, Id::GetStateOffsetTooLarge);
    }
    const std::size_t zeros = zeros_behind(ctx, function, parts);
    const std::size_t stored = size - zeros;
    std::uint8_t* whole = ctx.env.staging(0, stored);
    save_state(ctx, function, parts, whole, stored, zeros);
    const auto length = static_cast<std::uint32_t>(receive.dwords * 4);
    const std::size_t some =
        receive.offset < stored ? std::min<std::size_t>(length, stored - receive.offset) : 0;
    // What lies past the end is undefined, not another command's data.
    std::uint8_t* to = ctx.env.piece_out(0, slot, length, some);
    wire::copy_piece(whole, stored, receive.offset, to, some);
    const bool csup = suspended || !rules.on(Id::GetStateCsupMeansSuspended);
    return {0, wire::encode_csup(csup, rules), length};
}

/// The checks of one piece, before any of it is taken (NVMe Base 2.3, 5.2.17.1.3).
template <class Bounds>
spec::Id check_piece(const Context<Bounds>& ctx, const Controller<Bounds>& c,
                     const wire::MigrationSend& send) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const bool allowed =
        (is(c.migration, Migration::Suspended) && rules.on(Id::SetStateWhileSuspended)) ||
        (!c.online && rules.on(Id::SetStateWhileOffline)) ||
        ((c.cc & cc_enable) != 0 && rules.value(Id::SetStateWhileEnabled) != 0);
    const bool opens = send.seqind == wire::Seqind::First || send.seqind == wire::Seqind::Only;
    const struct {
        Id condition;
        bool broken;
    } checks[] = {
        {Id::SetStateWrongState, !allowed},
        {Id::SetStateOffsetUnaligned, send.offset % 4 != 0},
        {Id::SetStateBadCsvi, is_beyond(send.csvi, StateVersions(rules).count, rules)},
        {Id::SetStateBadCsuuidi, is_beyond(send.csuuidi, state_uuids, rules)},
        {Id::SetStateNoIndex, !asks(send.csvi, rules) && !asks(send.csuuidi, rules)},
        {Id::SetStateNoSequence, !opens && c.sequence == 0},
        {Id::SetStateNumdZero, send.dwords == 0 && send.seqind != wire::Seqind::Last},
        {Id::SetStateOffsetTooLarge, send.offset > (opens ? 0 : c.received)},
    };
    for (const auto& check : checks) {
        if (check.broken && rules.on(check.condition)) {
            return check.condition;
        }
    }
    const std::uint64_t length = send.dwords * 4;
    const std::uint64_t most = largest_state(ctx);
    const bool fits = length <= most && send.offset <= most - length;
    return fits ? Id::Count : in_any_case(rules, Id::SetStateOffsetTooLarge);
}

template <class Bounds>
Outcome set_state(Context<Bounds>& ctx, std::uint32_t slot, const wire::MigrationSend& send) {
    using spec::Id;
    const std::uint16_t function = find_migratable(ctx, send.cntlid);
    if (function == 0) {
        return refuse(ctx, in_any_case(ctx.rules, Id::SetStateBadCntlid));
    }
    Controller<Bounds>& c = ctx.controller(function);
    Id refused = check_piece(ctx, c, send);
    if (refused == Id::Count) {
        const bool discards =
            send.seqind == wire::Seqind::First && ctx.rules.on(Id::SetStateFirstDiscards);
        if (discards || send.seqind == wire::Seqind::Only) {
            c.received = 0;
        }
        c.sequence = 1;
        const std::uint64_t length = send.dwords * 4;
        const std::uint64_t end = send.offset + length;
        const std::uint8_t* staged =
            ctx.env.piece_in(function, send.offset, slot, static_cast<std::uint32_t>(length));
        c.received = std::max(c.received, end);
        const bool last = send.seqind == wire::Seqind::Last;
        const bool only = send.seqind == wire::Seqind::Only;
        if ((last && ctx.rules.on(Id::SetStateLastCommits)) ||
            (only && ctx.rules.value(Id::SetStateOnlyCommits) != 0)) {
            refused = commit_state(ctx, function, send, staged, c.received,
                                   ctx.env.staged(function, c.received));
            c.sequence = refused == Id::Count ? 0 : 1;
        }
    }
    if (refused == Id::Count) {
        return {};
    }
    if (ctx.rules.value(Id::SetStateFailureClosesSequence) != 0) {
        c.sequence = 0;
    }
    return refuse(ctx, refused);
}

/// Migration Send, all operations; false when the command has to wait.
template <class Bounds>
bool migration_send(Context<Bounds>& ctx, std::uint32_t slot, const wire::Sqe& sqe,
                    Outcome& outcome) {
    const wire::MigrationSend send = wire::decode_migration_send(sqe, ctx.rules);
    switch (send.operation) {
        case wire::SendOperation::Suspend: return suspend(ctx, slot, send, outcome);
        case wire::SendOperation::Resume: outcome = resume(ctx, send); break;
        case wire::SendOperation::SetControllerState: outcome = set_state(ctx, slot, send); break;
        case wire::SendOperation::Reserved:
            outcome = refuse(ctx, in_any_case(ctx.rules, spec::Id::SendSelReserved));
            break;
    }
    return true;
}

}  // namespace lmsim::nvme
