#pragma once

#include <cstdint>

#include "model/nvme/controller_state.hpp"
#include "model/nvme/hooks.hpp"
#include "model/nvme/queue_commands.hpp"

namespace lmsim::nvme {

template <class Bounds>
void drained(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    user_data_suspended(ctx, function, false);
    migrate(ctx, function, MigrationEvent::Drained);
    if (c.suspender == 0) {
        return;  // nobody waits (any more)
    }
    const std::uint32_t slot = c.suspender - 1;
    c.suspender = 0;
    Slot& command = ctx.controller(0).slot[slot];
    command.status = 0;
    command.result = 0;
    command.dw14 = 0;
    complete(ctx, 0, slot);
    fetch(ctx, 0);
}

/// Returns false when the command has to wait for the controller to drain.
template <class Bounds>
bool suspend(Context<Bounds>& ctx, std::uint32_t slot, const wire::MigrationSend& send,
             Outcome& outcome) {
    using spec::Id;
    const std::uint16_t function = find_migratable(ctx, send.cntlid);
    if (function == 0) {
        outcome = refuse(ctx, Id::SuspendBadCntlid);
        return true;
    }
    if (send.type == wire::SuspendType::Reserved) {
        outcome = refuse(ctx, Id::SuspendStypeReserved);
        return true;
    }
    if (send.type == wire::SuspendType::Notification &&
        ctx.rules.on(Id::SuspendNotificationStopsNothing)) {
        return true;
    }
    Controller<Bounds>& c = ctx.controller(function);
    if (is(c.migration, Migration::Suspended)) {
        outcome =
            refuse(ctx, Id::SuspendAgain);  // a condition that the standard answers with success
        return true;
    }
    if (is(c.migration, Migration::Suspending)) {
        outcome = refuse(ctx, Id::SuspendWhileDraining);
        return true;
    }
    if (!migrate(ctx, function, MigrationEvent::Suspend)) {
        outcome = refuse(ctx, Id::SuspendBadCntlid);
        return true;
    }
    if (c.busy == 0) {
        user_data_suspended(ctx, function, send.dudmq);
        migrate(ctx, function, MigrationEvent::Drained);
        return true;
    }
    if (!ctx.rules.on(Id::SuspendCompletesAfterDrain)) {
        return true;
    }
    c.suspender = slot + 1;
    ctx.controller(0).slot[slot].stage = Stage::Suspending;
    return false;
}

template <class Bounds>
Outcome resume(Context<Bounds>& ctx, const wire::MigrationSend& send) {
    using spec::Id;
    const std::uint16_t function = find_migratable(ctx, send.cntlid);
    if (function == 0) {
        return refuse(ctx, Id::ResumeBadCntlid);
    }
    Controller<Bounds>& c = ctx.controller(function);
    if (!is(c.migration, Migration::Suspended)) {
        return refuse(ctx, Id::ResumeNotSuspended);
    }
    if (c.sequence != 0) {
        return refuse(ctx, Id::ResumeUncommitted);
    }
    if (!migrate(ctx, function, MigrationEvent::Resume)) {
        return refuse(ctx, Id::ResumeNotSuspended);
    }
    user_data_resumed(ctx, function);
    awake(ctx, function);
    return {};
}

template <class Bounds>
Outcome get_state(Context<Bounds>& ctx, std::uint32_t slot, const wire::Sqe& sqe) {
    using spec::Id;
    const wire::MigrationReceive receive = wire::decode_migration_receive(sqe, ctx.rules);
    if (!receive.get_controller_state) {
        return refuse(ctx, Id::ReceiveSelReserved);
    }
    const std::uint16_t function = find_migratable(ctx, receive.cntlid);
    if (function == 0) {
        return refuse(ctx, Id::GetStateBadCntlid);
    }
    if (receive.offset % 4 != 0) {
        return refuse(ctx, Id::GetStateOffsetUnaligned);
    }
    if (receive.csvi > state_versions) {
        return refuse(ctx, Id::GetStateBadCsvi);
    }
    if (receive.csuuidi > state_uuids) {
        return refuse(ctx, Id::GetStateBadCsuuidi);
    }
    const bool suspended = ctx.controller(0).slot[slot].result != 0 &&
                           is(ctx.controller(function).migration, Migration::Suspended);
    const StateParts parts{receive.csvi != 0, receive.csuuidi != 0, suspended};
    const std::size_t size = saved_size(ctx, function, parts);
    if (receive.offset > size) {
        return refuse(ctx, Id::GetStateOffsetTooLarge);
    }
    std::uint8_t* whole = ctx.env.staging(0, size);
    save_state(ctx, function, parts, whole, size);
    const auto length = static_cast<std::uint32_t>(receive.dwords * 4);
    std::uint8_t* to = ctx.env.data(0, slot, length);
    std::memset(to, 0, length);  // what lies past the end is undefined, not another command's data
    wire::copy_piece(whole, size, receive.offset, to, length);
    const bool csup = suspended || !ctx.rules.on(Id::GetStateCsupMeansSuspended);
    return {0, wire::encode_csup(csup, ctx.rules), length};
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
    if (!allowed && rules.on(Id::SetStateWrongState)) return Id::SetStateWrongState;
    if (send.offset % 4 != 0) return Id::SetStateOffsetUnaligned;
    if (send.csvi > state_versions) return Id::SetStateBadCsvi;
    if (send.csuuidi > state_uuids) return Id::SetStateBadCsuuidi;
    if (send.csvi == 0 && send.csuuidi == 0) return Id::SetStateNoIndex;
    const bool opens = send.seqind == wire::Seqind::First || send.seqind == wire::Seqind::Only;
    if (!opens && c.sequence == 0) return Id::SetStateNoSequence;
    if (send.dwords == 0 && send.seqind != wire::Seqind::Last) return Id::SetStateNumdZero;
    const std::uint64_t expected = opens ? 0 : c.received;
    if (send.offset > expected || send.offset + send.dwords * 4 > largest_state(ctx)) {
        return Id::SetStateOffsetTooLarge;
    }
    return Id::Count;
}

template <class Bounds>
Outcome set_state(Context<Bounds>& ctx, std::uint32_t slot, const wire::MigrationSend& send) {
    using spec::Id;
    const std::uint16_t function = find_migratable(ctx, send.cntlid);
    if (function == 0) {
        return refuse(ctx, Id::SetStateBadCntlid);
    }
    Controller<Bounds>& c = ctx.controller(function);
    Id refused = check_piece(ctx, c, send);
    if (refused == Id::Count) {
        if (send.seqind == wire::Seqind::First || send.seqind == wire::Seqind::Only) {
            c.received = 0;
        }
        c.sequence = 1;
        const std::uint64_t length = send.dwords * 4;
        const std::uint64_t end = send.offset + length;
        std::uint8_t* staged = ctx.env.staging(function, end);
        if (length != 0) {
            const auto bytes = static_cast<std::uint32_t>(length);
            std::memcpy(staged + send.offset, ctx.env.data(0, slot, bytes), length);
        }
        c.received = std::max(c.received, end);
        const bool last = send.seqind == wire::Seqind::Last;
        const bool only = send.seqind == wire::Seqind::Only;
        if ((last && ctx.rules.on(Id::SetStateLastCommits)) ||
            (only && ctx.rules.value(Id::SetStateOnlyCommits) != 0)) {
            refused = commit_state(ctx, function, send, staged, c.received);
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
        case wire::SendOperation::Reserved: outcome = refuse(ctx, spec::Id::SendSelReserved); break;
    }
    return true;
}

}  // namespace lmsim::nvme
