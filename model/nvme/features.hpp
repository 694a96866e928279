#pragma once

#include <cstdint>

#include "model/nvme/namespaces.hpp"
#include "model/nvme/queue_commands.hpp"

namespace lmsim::nvme {

/// A feature whose attributes are one dword (NVMe Base 2.3, 5.2.26).
struct Feature {
    bool known = false;
    std::uint32_t current = 0;
    std::uint32_t initial = 0;  // the default
    bool constant = false;
    bool of_namespace = false;
};

/// Features that every I/O controller has and that change nothing here (3.1.3.6): queues take
/// turns by single commands, there is one power state and one temperature, no command has a time
/// limit, and a write is atomic block by block.
inline Feature find_constant(const Config& config, const spec::Rules& rules, std::uint32_t fid,
                             std::uint32_t cdw11) {
    using spec::Id;
    const auto is = [&](Id feature) { return fid == rules.value(feature); };
    if (is(Id::FeatureTemperatureThreshold)) {
        wire::TemperatureThreshold threshold;
        if (wire::decode_temperature_threshold(cdw11, rules).thsel ==
            rules.value(Id::ThresholdOver)) {
            threshold.kelvins = config.warning_temperature;
        }
        const std::uint32_t dword = wire::encode(threshold, rules);
        return {true, dword, dword, true, false};
    }
    const bool known = is(Id::FeatureArbitration) || is(Id::FeaturePowerManagement) ||
                       is(Id::FeatureErrorRecovery) || is(Id::FeatureWriteAtomicity);
    return {known, 0, 0, true, is(Id::FeatureErrorRecovery)};
}

/// Does an I/O completion queue use this vector?
template <class Bounds>
bool has_io_vector(const Controller<Bounds>& c, std::uint16_t vector) {
    for (std::size_t i = 1; i < Bounds::queues; ++i) {
        if (exists(c.cq[i]) && (c.cq[i].attributes & 2) != 0 && c.cq[i].vector == vector) {
            return true;
        }
    }
    return false;
}

/// `cdw11` names the vector of feature 09h and the threshold of 04h; others do not look at it.
template <class Bounds>
Feature find_feature(const Context<Bounds>& ctx, const Controller<Bounds>& c, std::uint32_t fid,
                     std::uint32_t cdw11) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (fid == rules.value(Id::FeatureNumberOfQueues)) {
        const auto granted = static_cast<std::uint16_t>(queue_limit(ctx, c) - 1);
        const auto all = static_cast<std::uint16_t>(io_pairs(ctx, c) - 1);
        return {true, wire::encode(wire::NumberOfQueues{granted, granted}, rules),
                wire::encode(wire::NumberOfQueues{all, all}, rules), false, false};
    }
    if (fid == rules.value(Id::FeatureAsyncEventConfig)) {
        return {true, c.aer_config, 0, false, false};
    }
    if (fid == rules.value(Id::FeatureInterruptCoalescing)) {
        return {true, c.coalescing, 0, false, false};
    }
    if (fid == rules.value(Id::FeatureInterruptVector)) {
        const std::uint16_t iv = wire::decode_interrupt_vector(cdw11, rules).iv;
        const bool cd = coalescing_disabled(c, iv) != 0;
        return {true, wire::encode(wire::InterruptVector{iv, cd}, rules),
                wire::encode(wire::InterruptVector{iv, false}, rules), false, false};
    }
    if (fid == rules.value(Id::FeatureVolatileWriteCache)) {
        return {true, wire::encode(wire::VolatileWriteCache{c.write_cache != 0}, rules),
                wire::encode(wire::VolatileWriteCache{ctx.config.write_cache}, rules), false,
                false};
    }
    return find_constant(ctx.config, rules, fid, cdw11);
}

template <class Bounds>
Outcome set_number_of_queues(Context<Bounds>& ctx, Controller<Bounds>& c, std::uint32_t cdw11) {
    using spec::Id;
    if (ctx.rules.on(Id::QueuesAfterCreation) && has_io_queue(c)) {
        return refuse(ctx, Id::QueuesAfterCreation);
    }
    const wire::NumberOfQueues asked = wire::decode_number_of_queues(cdw11, ctx.rules);
    if (ctx.rules.on(Id::QueuesBeyondLimit) && (asked.sqs == 0xffff || asked.cqs == 0xffff)) {
        return refuse(ctx, Id::QueuesBeyondLimit);
    }
    const std::uint32_t pairs = std::max(asked.sqs, asked.cqs) + 1U;
    c.queues_granted = std::min(pairs, io_pairs(ctx, c));
    const auto granted = static_cast<std::uint16_t>(c.queues_granted - 1);
    return {0, wire::encode(wire::NumberOfQueues{granted, granted}, ctx.rules), 0, 0};
}

/// Interrupt Vector Configuration (5.2.26.2.3): a setting of the vector, kept with its queues.
template <class Bounds>
Outcome set_interrupt_vector(Context<Bounds>& ctx, Controller<Bounds>& c, std::uint32_t cdw11) {
    using spec::Id;
    const wire::InterruptVector asked = wire::decode_interrupt_vector(cdw11, ctx.rules);
    if (ctx.rules.on(Id::VectorWithoutCq) && !has_io_vector(c, asked.iv)) {
        return refuse(ctx, Id::VectorWithoutCq);
    }
    for (std::size_t i = 1; i < Bounds::queues; ++i) {
        Cq& cq = c.cq[i];
        if (exists(cq) && cq.vector == asked.iv) {
            cq.attributes = static_cast<std::uint8_t>((cq.attributes & ~coalescing_off) |
                                                      (asked.cd ? coalescing_off : 0));
        }
    }
    return {};
}

template <class Bounds>
Outcome set_known_feature(Context<Bounds>& ctx, Controller<Bounds>& c,
                          const wire::SetFeatures& command) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (command.fid == rules.value(Id::FeatureNumberOfQueues)) {
        return set_number_of_queues(ctx, c, command.cdw11);
    }
    if (command.fid == rules.value(Id::FeatureInterruptVector)) {
        return set_interrupt_vector(ctx, c, command.cdw11);
    }
    if (command.fid == rules.value(Id::FeatureVolatileWriteCache)) {
        c.write_cache = wire::decode_volatile_write_cache(command.cdw11, rules).wce ? 1 : 0;
    } else if (command.fid == rules.value(Id::FeatureInterruptCoalescing)) {
        c.coalescing = wire::encode(wire::decode_interrupt_coalescing(command.cdw11, rules), rules);
    } else {
        c.aer_config = command.cdw11;
    }
    return {};
}

/// What Set and Get Features have in common; Id::Count if there is such a feature here.
template <class Bounds>
spec::Id check_feature(const Context<Bounds>& ctx, const Feature& feature, std::uint32_t fid) {
    using spec::Id;
    if (!feature.known) return Id::FeatureUnknown;
    if (ctx.rules.on(Id::WriteCacheAbsent) && !ctx.config.write_cache &&
        fid == ctx.rules.value(Id::FeatureVolatileWriteCache)) {
        return Id::WriteCacheAbsent;
    }
    return Id::Count;
}

/// Why a feature that does not change cannot be set to this; Id::Count if nothing forbids it.
inline spec::Id check_constant(const wire::SetFeatures& command, const spec::Rules& rules) {
    using spec::Id;
    if (command.fid == rules.value(Id::FeaturePowerManagement) &&
        wire::decode_power_management(command.cdw11, rules).ps != 0 &&
        rules.on(Id::PowerStateUnsupported)) {
        return Id::PowerStateUnsupported;
    }
    return rules.on(Id::FeatureConstant) ? Id::FeatureConstant : Id::Count;
}

/// A feature of which each namespace has its own (4.4): may this NSID be named?
template <class Bounds>
spec::Id check_feature_nsid(const Context<Bounds>& ctx, std::uint16_t function, std::uint32_t nsid,
                            bool set) {
    using spec::Id;
    if (nsid != wire::nsid_broadcast) {
        const Id bad = unusable(ctx, function, nsid);
        return bad == Id::NamespaceFormatting ? Id::Count : bad;
    }
    return !set && ctx.rules.on(Id::FeatureOfAllNamespaces) ? Id::FeatureOfAllNamespaces
                                                            : Id::Count;
}

/// A temperature that the controller measures, and a threshold that it has.
inline bool knows_threshold(std::uint32_t cdw11, const spec::Rules& rules) {
    using spec::Id;
    const wire::TemperatureThreshold asked = wire::decode_temperature_threshold(cdw11, rules);
    return asked.tmpsel == rules.value(Id::ThresholdComposite) &&
           (asked.thsel == rules.value(Id::ThresholdOver) ||
            asked.thsel == rules.value(Id::ThresholdUnder));
}

template <class Bounds>
Outcome set_features(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    const wire::SetFeatures command = wire::decode_set_features(sqe, ctx.rules);
    const Feature feature = find_feature(ctx, c, command.fid, command.cdw11);
    const Id broken = check_feature(ctx, feature, command.fid);
    if (broken != Id::Count) {
        return refuse(ctx, in_any_case(ctx.rules, broken));
    }
    if (ctx.rules.on(Id::FeatureSaved) && command.sv) {
        return refuse(ctx, Id::FeatureSaved);
    }
    if (!feature.of_namespace && names_namespace(ctx, sqe)) {
        return refuse(ctx, Id::FeatureOfController);
    }
    if (feature.of_namespace) {
        const Id bad = check_feature_nsid(ctx, function, sqe.nsid, true);
        if (bad != Id::Count) {
            return refuse(ctx, bad);
        }
    }
    if (feature.constant) {
        const Id bad = check_constant(command, ctx.rules);
        return bad != Id::Count ? refuse(ctx, bad) : Outcome{};
    }
    return set_known_feature(ctx, c, command);
}

template <class Bounds>
Outcome get_features(Context<Bounds>& ctx, std::uint16_t function, const wire::Sqe& sqe) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const Controller<Bounds>& c = ctx.controller(function);
    const wire::GetFeatures command = wire::decode_get_features(sqe, rules);
    const Feature feature = find_feature(ctx, c, command.fid, command.cdw11);
    const Id broken = check_feature(ctx, feature, command.fid);
    if (broken != Id::Count) {
        return refuse(ctx, in_any_case(ctx.rules, broken));
    }
    if (feature.of_namespace) {
        const Id bad = check_feature_nsid(ctx, function, sqe.nsid, false);
        if (bad != Id::Count) {
            return refuse(ctx, bad);
        }
    }
    if (command.sel == rules.value(Id::SelectCapabilities)) {
        return feature_capabilities(ctx, feature.of_namespace, !feature.constant);
    }
    if (command.fid == rules.value(Id::FeatureTemperatureThreshold) &&
        rules.on(Id::ReservedFieldValue) && !knows_threshold(command.cdw11, rules)) {
        return refuse(ctx, Id::ReservedFieldValue);
    }
    if (command.sel == rules.value(Id::SelectCurrent)) {
        return {0, feature.current, 0, 0};
    }
    if (selects_initial(ctx, command.sel)) {
        return {0, feature.initial, 0, 0};
    }
    return rules.on(Id::SelectReserved) ? refuse(ctx, Id::SelectReserved)
                                        : Outcome{0, feature.current, 0, 0};
}

}  // namespace lmsim::nvme
