#pragma once

#include <cstdint>

#include "model/nvme/admin.hpp"
#include "model/nvme/nvm_commands.hpp"
#include "model/wire/namespace_commands.hpp"

/// Format NVM (NVMe Base 2.3, 5.2.10): of one namespace or of all attached ones, which are out of
/// use while it is under way. FNS and SENS are 0. Its slot holds: `prp1` the new format; `result`
/// the namespaces that have been dealt with, `prp2` the blocks of the next one that have been.
namespace lmsim::nvme {

template <class Bounds>
bool in_scope(const Context<Bounds>& ctx, std::uint16_t function, std::uint32_t nsid,
              std::uint32_t asked) {
    return asked == wire::nsid_broadcast ? active(ctx, function, nsid) : nsid == asked;
}

/// Why a Format NVM may not begin; Id::Count if it may.
template <class Bounds>
spec::Id format_refused(const Context<Bounds>& ctx, std::uint16_t function,
                        const wire::FormatNvm& command) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (rules.on(Id::FormatSesReserved) && command.ses > rules.value(Id::FormatMaxSes)) {
        return Id::FormatSesReserved;
    }
    if (rules.on(Id::FormatUnsupported) &&
        (command.format >= format_count || command.mset || command.pi != 0 || command.pil)) {
        return Id::FormatUnsupported;
    }
    const bool all = command.nsid == wire::nsid_broadcast;
    if (!all && !valid_nsid<Bounds>(command.nsid)) {
        return in_any_case(rules, Id::FormatNsidInvalid);
    }
    const auto& c = ctx.subsystem.controller[function];
    if (!all && rules.on(Id::FormatNsidInactive) &&
        (ctx.subsystem.ns[command.nsid - 1].blocks == 0 ||
         (!c.primary && !attached(c, command.nsid)))) {
        return Id::FormatNsidInactive;
    }
    for (std::uint32_t nsid = 1; nsid <= Bounds::namespaces; ++nsid) {
        if (in_scope(ctx, function, nsid, command.nsid) &&
            ctx.subsystem.ns[nsid - 1].formatter != 0) {
            return in_any_case(rules, Id::NamespaceFormatting);
        }
    }
    return Id::Count;
}

/// False: the media work on it, and format_done() goes on.
template <class Bounds>
bool format_nvm(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                const wire::Sqe& sqe, Outcome& outcome) {
    const wire::FormatNvm command = wire::decode_format_nvm(sqe, ctx.rules);
    const spec::Id bad = format_refused(ctx, function, command);
    if (bad != spec::Id::Count) {
        outcome = refuse(ctx, bad);
        return true;
    }
    std::uint64_t bytes = 0;
    for (std::uint32_t nsid = 1; nsid <= Bounds::namespaces; ++nsid) {
        Namespace& ns = ctx.subsystem.ns[nsid - 1];
        if (in_scope(ctx, function, nsid, command.nsid)) {
            ns.formatter = static_cast<std::uint16_t>(function + 1);
            bytes += ns.blocks << block_shift(ctx.config, ns.format);
        }
    }
    if (bytes == 0) {
        return true;  // no namespace: success
    }
    Slot& own = ctx.controller(function).slot[slot];
    own.prp1 = command.format;
    own.prp2 = 0;
    own.result = 0;
    own.slba = 0;
    media(ctx, function, slot, MediaOp::Deallocate, bytes);
    return false;
}

/// A namespace in its new format: as many bytes, nothing allocated.
template <class Bounds>
void apply_format(Context<Bounds>& ctx, std::uint32_t nsid, std::uint8_t format) {
    Namespace& ns = ctx.subsystem.ns[nsid - 1];
    const std::uint64_t bytes = ns.blocks << block_shift(ctx.config, ns.format);
    ns.format = format;
    ns.blocks = bytes >> block_shift(ctx.config, format);
    if (ctx.config.track_allocation) {
        ctx.env.allocated(nsid).clear();
    }
}

/// Logs what is left of the namespace at hand. False: there is no room in this step.
template <class Bounds>
bool log_format(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t nsid, Slot& command) {
    const Namespace& ns = ctx.subsystem.ns[nsid - 1];
    while (command.prp2 < ns.blocks && ctx.rules.on(spec::Id::FormatIsLogged)) {
        if (!can_log(ctx)) {
            return false;
        }
        command.prp2 +=
            user_data_changed(ctx, function, {nsid, command.prp2, ns.blocks - command.prp2, true});
    }
    return true;
}

/// The namespaces take their new format one by one, each logged as a whole; the completion comes
/// after the last.
template <class Bounds>
void finish_format(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Slot& command = ctx.controller(function).slot[slot];
    for (; command.result < Bounds::namespaces; ++command.result) {
        const std::uint32_t nsid = command.result + 1;
        Namespace& ns = ctx.subsystem.ns[command.result];
        if (ns.formatter != function + 1) {
            continue;
        }
        if (command.prp2 == 0) {
            apply_format(ctx, nsid, static_cast<std::uint8_t>(command.prp1));
        }
        if (!log_format(ctx, function, nsid, command)) {
            return wait_to_log(ctx, function, slot);
        }
        ns.formatter = 0;
        command.prp2 = 0;
    }
    command.status = 0;
    command.result = 0;
    command.dw14 = 0;
    complete(ctx, function, slot);
}

template <class Bounds>
void end_formats(Context<Bounds>& ctx, std::uint16_t function) {
    for (Namespace& ns : ctx.subsystem.ns) {
        ns.formatter = ns.formatter == function + 1 ? std::uint16_t{0} : ns.formatter;
    }
}

/// The media have formatted, or could not.
template <class Bounds>
void format_done(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot, bool failed) {
    if (failed) {
        end_formats(ctx, function);
        return fail(ctx, function, slot, spec::Id::MediaWriteFailed);
    }
    finish_format(ctx, function, slot);
}

template <class Bounds>
void go_on_logging(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if (c.logging_slot == 0) {
        return;
    }
    const std::uint32_t slot = c.logging_slot - 1;
    c.logging_slot = 0;
    const Slot& command = c.slot[slot];
    if (command.opcode == ctx.rules.value(spec::Id::OpcodeAdminFormatNvm) && command.sqid == 0) {
        return finish_format(ctx, function, slot);
    }
    if (command.opcode == ctx.rules.value(spec::Id::OpcodeNvmDatasetManagement)) {
        return finish_ranges(ctx, function, slot);
    }
    finish_write(ctx, function, slot);
}

}  // namespace lmsim::nvme
