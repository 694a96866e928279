#pragma once

#include <cstdint>

#include "model/nvme/admin.hpp"
#include "model/nvme/namespaces.hpp"
#include "model/wire/namespace_commands.hpp"

namespace lmsim::nvme {

template <class Bounds>
bool anybody_suspended(const Context<Bounds>& ctx) {
    for (std::uint16_t i = 0; i < ctx.subsystem.functions; ++i) {
        if (!is(ctx.subsystem.controller[i].migration, Migration::Operational)) {
            return true;
        }
    }
    return false;
}

/// Why a Sanitize may not begin; Id::Count if it may.
template <class Bounds>
spec::Id sanitize_refused(const Context<Bounds>& ctx, const wire::Sanitize& command) {
    using spec::Id;
    using wire::SanitizeAction;
    const spec::Rules& rules = ctx.rules;
    const bool starts = command.action == SanitizeAction::BlockErase ||
                        command.action == SanitizeAction::Overwrite ||
                        command.action == SanitizeAction::CryptoErase;
    if (rules.on(Id::SanitizeSuspended) && anybody_suspended(ctx)) {
        return Id::SanitizeSuspended;
    }
    if (rules.on(Id::SanitizeSanactReserved) && command.action == SanitizeAction::Reserved) {
        return Id::SanitizeSanactReserved;
    }
    if (rules.on(Id::SanitizeNoVerification) && starts && command.emvs) {
        return Id::SanitizeNoVerification;
    }
    if (rules.on(Id::SanitizeNotVerifying) && command.action == SanitizeAction::ExitVerification) {
        return Id::SanitizeNotVerifying;
    }
    return Id::Count;
}

/// Sanitize (NVMe Base 2.3, 5.2.22) of the whole NVM subsystem: over as the command completes, so
/// that there is no state of it, and no log page. It never fails: leaving the failure mode has no
/// effect. It is the primary's own command, whose changes nobody logs (5.2.28.1.1).
template <class Bounds>
Outcome sanitize(Context<Bounds>& ctx, const wire::Sqe& sqe) {
    using wire::SanitizeAction;
    const wire::Sanitize command = wire::decode_sanitize(sqe, ctx.rules);
    const spec::Id bad = sanitize_refused(ctx, command);
    if (bad != spec::Id::Count) {
        return refuse(ctx, bad);
    }
    const bool erases = command.action == SanitizeAction::BlockErase ||
                        command.action == SanitizeAction::Overwrite ||
                        command.action == SanitizeAction::CryptoErase;
    for (std::uint32_t nsid = 1; nsid <= Bounds::namespaces; ++nsid) {
        if (erases && !command.ndas && ctx.config.track_allocation &&
            ctx.subsystem.ns[nsid - 1].blocks != 0) {
            ctx.env.allocated(nsid).clear();
        }
    }
    return {};
}

}  // namespace lmsim::nvme
