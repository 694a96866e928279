#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/features.hpp"
#include "model/wire/virtualization.hpp"

namespace lmsim::nvme {

/// Flexible resources of one type, as CNS 14h tells of them (NVMe Base 2.3, 8.2.6).
template <class Bounds>
wire::FlexibleResources flexible_resources(const Context<Bounds>& ctx, wire::ResourceType type) {
    const bool queues = type == wire::ResourceType::Vq;
    const Config& config = ctx.config;
    wire::FlexibleResources result;
    result.total = queues ? config.flexible_vqs : config.flexible_vis;
    result.supported = result.total != 0;
    if (!result.supported) {
        return result;  // the fields of a type that is private throughout are 0
    }
    for (std::uint16_t i = 1; i < ctx.subsystem.functions; ++i) {
        const Controller<Bounds>& c = ctx.subsystem.controller[i];
        result.assigned += queues ? c.vq : c.vi;
    }
    const Controller<Bounds>& primary = ctx.subsystem.controller[0];
    result.primary = queues ? primary.vq : primary.vi;
    const std::uint32_t own = queues ? config.queue_pairs + 1 : private_vectors(config);
    result.privately = static_cast<std::uint16_t>(own);
    result.secondary = static_cast<std::uint16_t>(std::min(own, result.total));
    result.granularity = 1;
    return result;
}

/// CNS 14h.
template <class Bounds>
wire::PrimaryCapabilities primary_capabilities(const Context<Bounds>& ctx) {
    return {ctx.subsystem.controller[0].cntlid, 0, flexible_resources(ctx, wire::ResourceType::Vq),
            flexible_resources(ctx, wire::ResourceType::Vi)};
}

/// The secondary controller with this CNTLID; 0 if none.
template <class Bounds>
std::uint16_t find_secondary(const Context<Bounds>& ctx, std::uint16_t cntlid) {
    for (std::uint16_t i = 1; i < ctx.subsystem.functions; ++i) {
        if (ctx.subsystem.controller[i].cntlid == cntlid) {
            return i;
        }
    }
    return 0;
}

/// What speaks against `nr` resources of a type for a controller, which may have `most` of them
/// and has now `has`; Id::Count if nothing does.
template <class Bounds>
spec::Id check_resources(const Context<Bounds>& ctx, const wire::FlexibleResources& all,
                         std::uint32_t nr, std::uint32_t most, std::uint32_t has) {
    using spec::Id;
    if (ctx.rules.on(Id::ResourceIsPrivate) && !all.supported) return Id::ResourceIsPrivate;
    if (ctx.rules.on(Id::ResourcesBeyondMaximum) && nr > most) return Id::ResourcesBeyondMaximum;
    const std::uint32_t taken = all.assigned + all.primary - has;
    if (ctx.rules.on(Id::ResourcesTaken) && (taken > all.total || nr > all.total - taken)) {
        return Id::ResourcesTaken;
    }
    return Id::Count;
}

template <class Bounds>
Outcome resources_modified(const Context<Bounds>& ctx, std::uint16_t nr) {
    return {0, wire::encode_resources_modified(nr, ctx.rules), 0, 0};
}

/// ACT 1h: in force from the next CLR on that is not a Controller Reset (5.3.6).
template <class Bounds>
Outcome allocate_to_primary(Context<Bounds>& ctx, const wire::VirtualizationManagement& command) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(0);
    if (ctx.rules.on(Id::FlexibleNotThisPrimary) && command.cntlid != c.cntlid) {
        return refuse(ctx, Id::FlexibleNotThisPrimary);
    }
    if (command.type == wire::ResourceType::Reserved) {
        return refuse(ctx, in_any_case(ctx.rules, Id::VirtualizationRtReserved));
    }
    const bool queues = command.type == wire::ResourceType::Vq;
    const wire::FlexibleResources all = flexible_resources(ctx, command.type);
    const Id broken = check_resources(ctx, all, command.nr, all.total, all.primary);
    if (broken != Id::Count) {
        return refuse(ctx, broken);
    }
    (queues ? ctx.subsystem.vq_next : ctx.subsystem.vi_next) = command.nr;
    if (!ctx.rules.on(Id::FlexibleWaitsForReset)) {
        (queues ? c.vq : c.vi) = command.nr;
    }
    return resources_modified(ctx, command.nr);
}

/// ACT 8h.
template <class Bounds>
Outcome assign_to_secondary(Context<Bounds>& ctx, std::uint16_t function,
                            const wire::VirtualizationManagement& command) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    if (command.type == wire::ResourceType::Reserved) {
        return refuse(ctx, in_any_case(ctx.rules, Id::VirtualizationRtReserved));
    }
    if (ctx.rules.on(Id::AssignWhileOnline) && c.online) {
        return refuse(ctx, Id::AssignWhileOnline);
    }
    const bool queues = command.type == wire::ResourceType::Vq;
    std::uint16_t& has = queues ? c.vq : c.vi;
    const wire::FlexibleResources all = flexible_resources(ctx, command.type);
    const Id broken = check_resources(ctx, all, command.nr, all.secondary, has);
    if (broken != Id::Count) {
        return refuse(ctx, broken);
    }
    if (ctx.rules.on(Id::ResourcesBelowMinimum) && queues && command.nr == 1) {
        return refuse(ctx, Id::ResourcesBelowMinimum);
    }
    has = command.nr;
    return resources_modified(ctx, has);
}

/// ACT 9h. What was committed to the controller while it was offline goes on (VM-SEC-05).
template <class Bounds>
Outcome bring_online(Context<Bounds>& ctx, std::uint16_t function) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    if (c.online) {
        return {};
    }
    if (ctx.rules.on(Id::OnlineWithoutQueues) && queue_resources(ctx, c) < 2) {
        return refuse(ctx, Id::OnlineWithoutQueues);
    }
    if (ctx.rules.on(Id::OnlineWithoutVector) && vector_limit(ctx, c) == 0) {
        return refuse(ctx, Id::OnlineWithoutVector);
    }
    if (ctx.rules.value(Id::OnlineGoesOn) == 0) {
        strike(ctx, function, Reset::Function);
    }
    c.online = true;
    awake(ctx, function);
    return {};
}

/// Virtualization Management (NVMe Base 2.3, 5.3.6).
template <class Bounds>
Outcome virtualization(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    using spec::Id;
    using wire::VirtualizationAction;
    if (!ctx.controller(function).primary) {
        return refuse(ctx, in_any_case(ctx.rules, Id::VirtualizationToSecondary));
    }
    const wire::VirtualizationManagement command = wire::decode_virtualization(sqe, ctx.rules);
    if (command.action == VirtualizationAction::Reserved) {
        return refuse(ctx, in_any_case(ctx.rules, Id::VirtualizationActReserved));
    }
    if (command.action == VirtualizationAction::PrimaryFlexible) {
        return allocate_to_primary(ctx, command);
    }
    const std::uint16_t secondary = find_secondary(ctx, command.cntlid);
    if (secondary == 0) {
        return refuse(ctx, in_any_case(ctx.rules, Id::NotASecondary));
    }
    if (command.action == VirtualizationAction::SecondaryAssign) {
        return assign_to_secondary(ctx, secondary, command);
    }
    if (command.action == VirtualizationAction::SecondaryOnline) {
        return bring_online(ctx, secondary);
    }
    take_offline(ctx, secondary);
    return {};
}

}  // namespace lmsim::nvme
