#pragma once

#include <cstdint>
#include <cstring>

#include "model/nvme/cdq_ring.hpp"
#include "model/nvme/identify_namespaces.hpp"
#include "model/nvme/identity.hpp"
#include "model/nvme/log_pages.hpp"
#include "model/nvme/migration.hpp"
#include "model/nvme/virtualization.hpp"
#include "model/wire/identify.hpp"

namespace lmsim::nvme {

/// What an MMC tells of memory tracking (NVMe Base 2.3, 8.1.13).
inline void describe_tracking(const Config& config, wire::IdentifyController& id) {
    if (!config.track_memory) {
        return;
    }
    const std::uint8_t limit = config.power_of_two_ranges ? wire::trattr_mrtll : std::uint8_t{0};
    id.trattr = static_cast<std::uint8_t>(id.trattr | wire::trattr_thmcs | limit);
    id.cmmrtd = static_cast<std::uint16_t>(config.tracked_ranges);
    id.nmmrtd = static_cast<std::uint16_t>(config.subsystem_ranges);
    id.minmrtg = static_cast<std::uint8_t>(config.finest_granule);
    id.maxmrtg = static_cast<std::uint8_t>(config.coarsest_granule);
}

template <class Bounds>
void identify_controller(Context<Bounds>& ctx, std::uint16_t function, std::uint8_t* page) {
    const Controller<Bounds>& c = ctx.controller(function);
    wire::IdentifyController id;
    describe_identity(ctx.config, id);
    id.elpe = static_cast<std::uint8_t>(error_entries - 1);
    id.mdts = static_cast<std::uint8_t>(ctx.config.mdts);
    id.cntlid = c.cntlid;
    id.cmic = 6;  // several controllers, secondaries are VFs
    // LM-ROLE-02: only the primary is a Migration Management Controller.
    id.hmlms = c.primary || !ctx.rules.on(spec::Id::SecondaryReportsNoHmlms);
    id.aerl = static_cast<std::uint8_t>(Bounds::aers - 1);
    id.acl = static_cast<std::uint8_t>(abort_limit - 1);
    // Who knows Virtualization Management says so; nobody asks for memory beside an MMC
    // (LM-ROLE-03).
    const spec::Place vms = ctx.rules.place(spec::Id::IdOacsVms);
    id.oacs = static_cast<std::uint16_t>(id.oacs | (c.primary ? 1U << vms.bit : 0U));
    id.hmpre = ctx.rules.on(spec::Id::NoHmbBesideMmc) ? 0 : ctx.config.hmpre;
    id.oncs = static_cast<std::uint16_t>(id.oncs | wire::oncs_ssfs);
    id.vwc = ctx.config.write_cache ? 1 : 0;
    namespace_capabilities(ctx, function, id);
    if (c.primary) {
        id.trattr = static_cast<std::uint8_t>(id.trattr | wire::trattr_tudcs);
        id.mcudmq = mcudmq<Bounds>(ctx.config);
        id.mnsudmq = mnsudmq<Bounds>(ctx.config);
        id.mcmr = ctx.config.mcmr;
        id.nmcmr = ctx.config.nmcmr;
        id.mcdqpc = ctx.config.mcdqpc;
        describe_tracking(ctx.config, id);
        id.ensa_template = ctx.rules.on(spec::Id::Templates);
        id.ensa_migration = id.ensa_template;
    }
    wire::encode(id, page, ctx.rules);
}

template <class Bounds>
void secondary_controllers(Context<Bounds>& ctx, std::uint16_t from_cntid, std::uint8_t* page) {
    wire::SecondaryListWriter list(page, ctx.rules);
    for (std::uint16_t i = 1; i < ctx.subsystem.functions; ++i) {
        const Controller<Bounds>& c = ctx.subsystem.controller[i];
        if (c.cntlid < from_cntid) {
            continue;
        }
        wire::SecondaryController entry;
        entry.scid = c.cntlid;
        entry.pcid = ctx.subsystem.controller[0].cntlid;
        entry.online = c.online;
        entry.vfn = i;
        entry.nvq = c.vq;
        entry.nvi = c.vi;
        if (!list.add(entry)) {
            return;
        }
    }
}

template <class Bounds>
Outcome identify(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                 const wire::Sqe& sqe) {
    using spec::Id;
    const wire::Identify command = wire::decode_identify(sqe, ctx.rules);
    const bool primary = ctx.controller(function).primary;
    std::uint8_t* page = ctx.env.data(function, slot, wire::identify_size);
    std::memset(page, 0, wire::identify_size);
    const Outcome done{0, 0, wire::identify_size};
    if (command.cns == ctx.rules.value(Id::CnsController)) {
        identify_controller(ctx, function, page);
        return done;
    }
    const bool capabilities = command.cns == ctx.rules.value(Id::CnsPrimaryCapabilities);
    if (capabilities || command.cns == ctx.rules.value(Id::CnsSecondaryControllers)) {
        if (!primary && ctx.rules.on(Id::PrimaryCapabilitiesOfSecondary)) {
            return refuse(ctx, Id::PrimaryCapabilitiesOfSecondary);
        }
        if (capabilities) {
            wire::encode(primary_capabilities(ctx), page, ctx.rules);
        } else {
            secondary_controllers(ctx, command.cntid, page);
        }
        return done;
    }
    if (command.cns == ctx.rules.value(Id::CnsControllerStateFormats)) {
        if (!primary && ctx.rules.on(Id::StateFormatsToMc)) {
            return refuse(ctx, Id::StateFormatsToMc);
        }
        const StateVersions versions(ctx.rules);
        wire::encode_state_formats(versions.number, versions.count, &wire::vendor_area_uuid,
                                   state_uuids, page, ctx.rules);
        return done;
    }
    return identify_namespaces(ctx, function, sqe, page);
}

}  // namespace lmsim::nvme
