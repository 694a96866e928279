#pragma once

#include <cstdint>
#include <cstring>

#include "model/nvme/namespace_commands.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/namespace_lists.hpp"

/// What Identify tells of namespaces (NVMe Base 2.3, 5.2.13.2; NVM Command Set 1.2, 4.1.5).
namespace lmsim::nvme {

/// The fields of Identify Controller that speak of namespaces and of the NVM command set.
template <class Bounds>
void namespace_capabilities(const Context<Bounds>& ctx, std::uint16_t function,
                            wire::IdentifyController& id) {
    const bool primary = ctx.subsystem.controller[function].primary;
    id.nn = Bounds::namespaces;
    id.mnan = Bounds::namespaces;
    const unsigned oacs = wire::oacs_format | (primary ? wire::oacs_namespaces : 0U) |
                          (ctx.config.track_allocation ? wire::oacs_lba_status : 0U);
    id.oacs = static_cast<std::uint16_t>(id.oacs | oacs);
    id.oncs = static_cast<std::uint16_t>(id.oncs | wire::oncs_compare |
                                         wire::oncs_dataset_management | wire::oncs_write_zeroes);
    const bool flushes_all = ctx.rules.on(spec::Id::FlushBroadcast);
    id.vwc = static_cast<std::uint8_t>(id.vwc |
                                       (flushes_all ? wire::vwc_flush_all : wire::vwc_flush_one));
    id.fna = wire::fna_crypto_erase;
    if (primary) {
        id.tnvmcap = total_capacity(ctx.subsystem, ctx.config);
        const std::uint64_t used = used_capacity(ctx.subsystem, ctx.config);
        id.unvmcap = id.tnvmcap > used ? id.tnvmcap - used : 0;
        id.sanicap = wire::sanicap_crypto | wire::sanicap_block | wire::sanicap_overwrite;
    }
}

/// What all namespaces have in common: the formats that there are.
inline wire::IdentifyNamespace common_namespace(const Config& config) {
    wire::IdentifyNamespace page;
    page.nlbaf = format_count - 1;
    page.dlfeat = wire::dlfeat_reads_zeroes | wire::dlfeat_deac;
    for (std::uint8_t i = 0; i < format_count; ++i) {
        page.lbaf[i].lbads = block_shift(config, i);
    }
    return page;
}

template <class Bounds>
wire::IdentifyNamespace describe_namespace(Context<Bounds>& ctx, std::uint32_t nsid) {
    const Namespace& ns = ctx.subsystem.ns[nsid - 1];
    wire::IdentifyNamespace page = common_namespace(ctx.config);
    page.nsze = ns.blocks;
    page.ncap = ns.blocks;
    page.nuse = ctx.config.track_allocation ? ctx.env.allocated(nsid).count() : ns.blocks;
    page.nsfeat = wire::nsfeat_uid_never_reused;
    page.flbas = ns.format;
    page.nmic = ns.nmic;
    page.nvmcap = ns.blocks << block_shift(ctx.config, ns.format);
    wire::store_le(page.nguid.data(), ns.nguid[0]);
    wire::store_le(page.nguid.data() + 8, ns.nguid[1]);
    return page;
}

/// CNS 00h, 05h, 08h and 11h: of one namespace, or (NSID FFFFFFFFh) what is common to all. A
/// namespace that is not active (CNS 11h: not allocated) reads as zeros, which the page holds.
template <class Bounds>
Outcome identify_namespace(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe,
                           std::uint32_t cns, std::uint8_t* page) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const bool of_allocated = cns == rules.value(Id::CnsAllocatedNamespace);
    const bool independent = cns == rules.value(Id::CnsIndependentNamespace);
    const bool specific = cns == rules.value(Id::CnsCommandSetNamespace);
    const Outcome done{0, 0, wire::identify_size};
    if (sqe.nsid == wire::nsid_broadcast && !of_allocated) {
        if (!ctx.controller(function).primary && rules.on(Id::IdentifyBroadcastWithoutManagement)) {
            return refuse(ctx, Id::IdentifyBroadcastWithoutManagement);
        }
        if (!independent && !specific) {
            wire::encode(common_namespace(ctx.config), page, rules);
        }
        return done;
    }
    if (!valid_nsid<Bounds>(sqe.nsid)) {
        return refuse(ctx, in_any_case(rules, Id::IdentifyNsidInvalid));
    }
    const bool known =
        of_allocated ? ctx.subsystem.ns[sqe.nsid - 1].blocks != 0 : active(ctx, function, sqe.nsid);
    if (!known || specific) {
        return done;  // nothing to say of protection information: the page of CNS 05h is all zeros
    }
    const wire::IdentifyNamespace ns = describe_namespace(ctx, sqe.nsid);
    if (independent) {
        const bool ready = ctx.subsystem.ns[sqe.nsid - 1].formatter == 0;
        wire::encode(wire::IndependentNamespace{ns.nsfeat, ns.nmic, ready}, page, rules);
    } else {
        wire::encode(ns, page, rules);
    }
    return done;
}

/// CNS 02h, 07h (active) and 10h (allocated): the NSIDs above the command's.
template <class Bounds>
Outcome identify_list(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe,
                      bool of_allocated, std::uint8_t* page) {
    using spec::Id;
    if (ctx.rules.on(Id::IdentifyListNsid) && sqe.nsid >= wire::nsid_broadcast - 1) {
        return refuse(ctx, Id::IdentifyListNsid);
    }
    wire::NamespaceListWriter list(page, ctx.rules);
    for (std::uint32_t nsid = 1; nsid <= Bounds::namespaces; ++nsid) {
        const bool listed =
            of_allocated ? ctx.subsystem.ns[nsid - 1].blocks != 0 : active(ctx, function, nsid);
        if (nsid > sqe.nsid && listed && !list.add(nsid)) {
            break;
        }
    }
    return {0, 0, wire::identify_size};
}

/// CNS 03h.
template <class Bounds>
Outcome identify_descriptors(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe,
                             std::uint8_t* page) {
    using spec::Id;
    if (ctx.rules.on(Id::IdentifyListNsid) && sqe.nsid >= wire::nsid_broadcast - 1) {
        return refuse(ctx, Id::IdentifyListNsid);
    }
    if (!valid_nsid<Bounds>(sqe.nsid)) {
        return refuse(ctx, in_any_case(ctx.rules, Id::IdentifyNsidInvalid));
    }
    if (ctx.rules.on(Id::IdentifyDescriptorsInactive) && !active(ctx, function, sqe.nsid)) {
        return refuse(ctx, Id::IdentifyDescriptorsInactive);
    }
    wire::NamespaceDescriptors list;
    list.has_nguid = true;
    list.nguid = describe_namespace(ctx, sqe.nsid).nguid;
    list.has_csi = true;
    list.csi = static_cast<std::uint8_t>(ctx.rules.value(Id::CsiNvm));
    wire::encode(list, page, ctx.rules);
    return {0, 0, wire::identify_size};
}

/// CNS 06h. No limits of Dataset Management and Write Zeroes; LBA Migration Queues of format 0.
template <class Bounds>
Outcome identify_nvm_controller(Context<Bounds>& ctx, std::uint8_t* page) {
    wire::IdentifyControllerNvm id;
    id.ver = 0x0001'0200;
    id.ralbas = ctx.config.track_allocation;
    wire::encode(id, page, ctx.rules);
    return {0, 0, wire::identify_size};
}

/// CNS 12h and 13h: controllers that have the namespace attached, or all; from CNTID on.
template <class Bounds>
Outcome identify_controllers(Context<Bounds>& ctx, const wire::Sqe& sqe, std::uint16_t from,
                             bool of_attached, std::uint8_t* page) {
    using spec::Id;
    if (of_attached && sqe.nsid == wire::nsid_broadcast &&
        ctx.rules.on(Id::IdentifyAttachedBroadcast)) {
        return refuse(ctx, Id::IdentifyAttachedBroadcast);
    }
    if (of_attached && !valid_nsid<Bounds>(sqe.nsid)) {
        return refuse(ctx, in_any_case(ctx.rules, Id::IdentifyNsidInvalid));
    }
    wire::ControllerListWriter list(page, ctx.rules);
    for (std::uint16_t i = 0; i < ctx.subsystem.functions; ++i) {
        const Controller<Bounds>& c = ctx.subsystem.controller[i];
        if (c.cntlid >= from && (!of_attached || attached(c, sqe.nsid)) && !list.add(c.cntlid)) {
            break;
        }
    }
    return {0, 0, wire::identify_size};
}

/// Those CNS that ask for namespaces, or in the end none that is known. The page is cleared.
template <class Bounds>
Outcome identify_namespaces(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe,
                            std::uint8_t* page) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const wire::Identify command = wire::decode_identify(sqe, rules);
    const auto asks = [&](Id row) { return command.cns == rules.value(row); };
    const bool selects_set = asks(Id::CnsCommandSetNamespace) ||
                             asks(Id::CnsCommandSetController) ||
                             asks(Id::CnsCommandSetActiveNamespaces);
    if (selects_set && command.csi != rules.value(Id::CsiNvm) &&
        rules.on(Id::IdentifyCsiNotSupported)) {
        return refuse(ctx, Id::IdentifyCsiNotSupported);
    }
    const bool of_management = asks(Id::CnsAllocatedNamespaces) ||
                               asks(Id::CnsAllocatedNamespace) ||
                               asks(Id::CnsAttachedControllers) || asks(Id::CnsControllers);
    if (of_management && !ctx.controller(function).primary &&
        rules.on(Id::IdentifyManagementToMc)) {
        return refuse(ctx, Id::IdentifyManagementToMc);
    }
    if (asks(Id::CnsNamespace) || asks(Id::CnsCommandSetNamespace) ||
        asks(Id::CnsIndependentNamespace) || asks(Id::CnsAllocatedNamespace)) {
        return identify_namespace(ctx, function, sqe, command.cns, page);
    }
    if (asks(Id::CnsActiveNamespaces) || asks(Id::CnsCommandSetActiveNamespaces) ||
        asks(Id::CnsAllocatedNamespaces)) {
        return identify_list(ctx, function, sqe, asks(Id::CnsAllocatedNamespaces), page);
    }
    if (asks(Id::CnsNamespaceDescriptors)) {
        return identify_descriptors(ctx, function, sqe, page);
    }
    if (asks(Id::CnsCommandSetController)) {
        return identify_nvm_controller(ctx, page);
    }
    if (asks(Id::CnsAttachedControllers) || asks(Id::CnsControllers)) {
        return identify_controllers(ctx, sqe, command.cntid, asks(Id::CnsAttachedControllers),
                                    page);
    }
    return refuse(ctx, in_any_case(ctx.rules, Id::ReservedFieldValue));
}

}  // namespace lmsim::nvme
