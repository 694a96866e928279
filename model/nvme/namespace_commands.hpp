#pragma once

#include <cstdint>

#include "model/nvme/admin.hpp"
#include "model/nvme/namespaces.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/lba_status.hpp"
#include "model/wire/namespace_commands.hpp"
#include "model/wire/namespace_lists.hpp"

/// Namespace Management and Namespace Attachment (NVMe Base 2.3, 5.2.20, 5.2.21, 8.1.16): of the
/// primary controller alone. Changes of attachment and of namespaces give no events here.
namespace lmsim::nvme {

template <class Bounds>
std::uint64_t namespace_data_length(const Context<Bounds>& ctx, const wire::Sqe& sqe, bool mmc) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (mmc && sqe.opcode == rules.value(Id::OpcodeAdminNamespaceManagement)) {
        const bool create =
            wire::decode_namespace_management(sqe, rules).select == wire::NamespaceSelect::Create;
        return create ? rules.value(Id::NmDataSize) : 0;
    }
    if (mmc && sqe.opcode == rules.value(Id::OpcodeAdminNamespaceAttachment)) {
        return wire::identify_size;
    }
    if (ctx.config.track_allocation && sqe.opcode == rules.value(Id::OpcodeAdminGetLbaStatus)) {
        return 4 * wire::decode_get_lba_status(sqe, rules).dwords;
    }
    return 0;
}

/// Why a namespace may not be created as the host wants it; Id::Count if it may.
template <class Bounds>
spec::Id create_refused(const Context<Bounds>& ctx, const wire::NamespaceCreate& wanted) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (rules.on(Id::NmSizeInvalid) && (wanted.nsze == 0 || wanted.ncap > wanted.nsze)) {
        return Id::NmSizeInvalid;
    }
    if (rules.on(Id::NmThin) && wanted.ncap < wanted.nsze) {
        return Id::NmThin;
    }
    if (rules.on(Id::NmFormatInvalid) && (wanted.flbas >= format_count || wanted.dps != 0)) {
        return Id::NmFormatInvalid;
    }
    if (rules.on(Id::NmAnaGroup) && wanted.anagrpid != 0) {
        return Id::NmAnaGroup;
    }
    if (rules.on(Id::NmSetsNotSupported) &&
        (wanted.nvmsetid != 0 || wanted.endgid != 0 || (wanted.nmic & wire::nmic_dispersed) != 0)) {
        return Id::NmSetsNotSupported;
    }
    const std::uint64_t used = used_capacity(ctx.subsystem, ctx.config);
    const std::uint64_t total = total_capacity(ctx.subsystem, ctx.config);
    const std::uint64_t left = total > used ? total - used : 0;
    if (wanted.nsze > left >> block_shift(ctx.config, wanted.flbas)) {
        return in_any_case(rules, Id::NmNoCapacity);
    }
    return Id::Count;
}

/// The lowest NSID that is not allocated; 0 if all are.
template <class Bounds>
std::uint32_t free_nsid(const Subsystem<Bounds>& subsystem) {
    for (std::uint32_t nsid = 1; nsid <= Bounds::namespaces; ++nsid) {
        if (subsystem.ns[nsid - 1].blocks == 0) {
            return nsid;
        }
    }
    return 0;
}

template <class Bounds>
Outcome create_namespace(Context<Bounds>& ctx, std::uint32_t slot,
                         const wire::NamespaceManagement& command) {
    using spec::Id;
    if (ctx.rules.on(Id::NmNsidReserved) && command.nsid != 0) {
        return refuse(ctx, Id::NmNsidReserved);
    }
    if (ctx.rules.on(Id::NmCsiNotSupported) && command.csi != ctx.rules.value(Id::CsiNvm)) {
        return refuse(ctx, Id::NmCsiNotSupported);
    }
    const std::uint32_t size = ctx.rules.value(Id::NmDataSize);
    const auto wanted = wire::decode_namespace_create(ctx.env.data(0, slot, size), size, ctx.rules);
    const Id bad = create_refused(ctx, *wanted);
    if (bad != Id::Count) {
        return refuse(ctx, bad);
    }
    const std::uint32_t nsid = free_nsid(ctx.subsystem);
    if (nsid == 0) {
        return refuse(ctx, in_any_case(ctx.rules, Id::NmNoIdentifier));
    }
    Namespace& ns = ctx.subsystem.ns[nsid - 1];
    renew_nguid(ns, ctx.config, nsid);
    ns.blocks = wanted->nsze;
    ns.format = wanted->flbas;
    ns.nmic = wanted->nmic;
    return {0, nsid, 0};
}

template <class Bounds>
void delete_one(Context<Bounds>& ctx, std::uint32_t nsid) {
    Namespace& ns = ctx.subsystem.ns[nsid - 1];
    ns.blocks = 0;
    ns.format = 0;
    ns.nmic = 0;
    if (ctx.config.track_allocation) {
        ctx.env.allocated(nsid).clear();
    }
    if (ctx.rules.on(spec::Id::NmDeleteDetaches)) {
        for (std::uint16_t i = 0; i < ctx.subsystem.functions; ++i) {
            attach(ctx.controller(i), nsid, false);
        }
    }
}

/// Why this namespace cannot be deleted, attached or detached; Id::Count if it can.
template <class Bounds>
spec::Id not_manageable(const Context<Bounds>& ctx, std::uint32_t nsid) {
    using spec::Id;
    if (!valid_nsid<Bounds>(nsid)) {
        return in_any_case(ctx.rules, Id::NmNsidInvalid);
    }
    const Namespace& ns = ctx.subsystem.ns[nsid - 1];
    if (ctx.rules.on(Id::NmNsidUnallocated) && ns.blocks == 0) {
        return Id::NmNsidUnallocated;
    }
    return ns.formatter != 0 && ctx.rules.on(Id::NamespaceFormatting) ? Id::NamespaceFormatting
                                                                      : Id::Count;
}

template <class Bounds>
Outcome delete_namespace(Context<Bounds>& ctx, std::uint32_t asked) {
    using spec::Id;
    const bool all = asked == wire::nsid_broadcast && ctx.rules.on(Id::NmDeleteAll);
    const std::uint32_t first = all ? 1 : asked;
    const std::uint32_t last = all ? Bounds::namespaces : asked;
    for (std::uint32_t nsid = first; nsid <= last; ++nsid) {
        const Id bad = not_manageable(ctx, nsid);
        if (bad != Id::Count && !(all && bad == Id::NmNsidUnallocated)) {
            return refuse(ctx, bad);
        }
        if (nsid == last) {
            break;  // FFFFFFFFh has no successor
        }
    }
    for (std::uint32_t nsid = first; nsid <= last; ++nsid) {
        delete_one(ctx, nsid);
    }
    return {};
}

template <class Bounds>
Outcome manage_namespaces(Context<Bounds>& ctx, std::uint32_t slot, const wire::Sqe& sqe) {
    using wire::NamespaceSelect;
    const wire::NamespaceManagement command = wire::decode_namespace_management(sqe, ctx.rules);
    if (command.select == NamespaceSelect::Reserved) {
        return refuse(ctx, in_any_case(ctx.rules, spec::Id::NmSelReserved));
    }
    return command.select == NamespaceSelect::Create ? create_namespace(ctx, slot, command)
                                                     : delete_namespace(ctx, command.nsid);
}

/// The function whose controller has this CNTLID; `functions` if there is none.
template <class Bounds>
std::uint16_t find_controller(const Context<Bounds>& ctx, std::uint16_t cntlid) {
    std::uint16_t function = 0;
    while (function < ctx.subsystem.functions &&
           ctx.subsystem.controller[function].cntlid != cntlid) {
        ++function;
    }
    return function;
}

template <class Bounds>
bool attached_elsewhere(const Context<Bounds>& ctx, std::uint16_t function, std::uint32_t nsid) {
    for (std::uint16_t i = 0; i < ctx.subsystem.functions; ++i) {
        if (i != function && attached(ctx.subsystem.controller[i], nsid)) {
            return true;
        }
    }
    return false;
}

/// One entry of the controller list; Id::Count if it could be done.
template <class Bounds>
spec::Id attach_one(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t nsid, bool to) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    const bool is_attached = attached(c, nsid);
    if (!to) {
        if (!is_attached && ctx.rules.on(Id::NaNotAttached)) {
            return Id::NaNotAttached;
        }
    } else if (is_attached && ctx.rules.on(Id::NaAlreadyAttached)) {
        return Id::NaAlreadyAttached;
    } else if ((ctx.subsystem.ns[nsid - 1].nmic & wire::nmic_shared) == 0 &&
               attached_elsewhere(ctx, function, nsid) && ctx.rules.on(Id::NaPrivate)) {
        return Id::NaPrivate;
    }
    attach(c, nsid, to);
    return Id::Count;
}

/// Attaches to, or detaches from, each controller of the list up to the first that fails: those
/// before it keep what they got (NVMe Base 2.3, 5.2.20.1).
template <class Bounds>
Outcome attach_namespace(Context<Bounds>& ctx, std::uint32_t slot, const wire::Sqe& sqe) {
    using spec::Id;
    using wire::NamespaceSelect;
    const wire::NamespaceAttachment command = wire::decode_namespace_attachment(sqe, ctx.rules);
    if (command.select == NamespaceSelect::Reserved) {
        return refuse(ctx, in_any_case(ctx.rules, Id::NaSelReserved));
    }
    const Id bad = not_manageable(ctx, command.nsid);
    if (bad != Id::Count) {
        return refuse(ctx, bad);
    }
    const auto list = wire::ControllerListView::parse(ctx.env.data(0, slot, wire::identify_size),
                                                      wire::identify_size, ctx.rules);
    if (!list || list->count() == 0) {
        return refuse(ctx, in_any_case(ctx.rules, Id::NaListInvalid));
    }
    for (std::size_t i = 0; i < list->count(); ++i) {
        const std::uint16_t function = find_controller(ctx, (*list)[i]);
        if (function == ctx.subsystem.functions) {
            return refuse(ctx, in_any_case(ctx.rules, Id::NaListInvalid));
        }
        const Id failed =
            attach_one(ctx, function, command.nsid, command.select == NamespaceSelect::Attach);
        if (failed != Id::Count) {
            return refuse(ctx, failed);
        }
    }
    return {};
}

}  // namespace lmsim::nvme
