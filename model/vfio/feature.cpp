#include "model/vfio/feature.hpp"

#include "model/vfio/reply.hpp"

namespace lmsim::vfio {

namespace {

using spec::Id;
using spec::Rules;

struct FeatureRow {
    Feature feature;
    std::uint32_t payload;    // bytes
    std::uint32_t supported;  // feature_get, feature_set
};

constexpr FeatureRow feature_rows[] = {
    {Feature::MIGRATION, 8, feature_get},
    {Feature::MIG_DEVICE_STATE, 8, feature_get | feature_set},
    {Feature::DMA_LOGGING_START, 24, feature_set},
    {Feature::DMA_LOGGING_STOP, 0, feature_set},
    {Feature::DMA_LOGGING_REPORT, 32, feature_get},
    {Feature::MIG_DATA_SIZE, 8, feature_get},
    {Feature::MIG_PRECOPY_INFOv2, 0, feature_set},
};

const FeatureRow* find_row(std::uint32_t index) {
    for (const FeatureRow& row : feature_rows) {
        if (static_cast<std::uint32_t>(row.feature) == index) {
            return &row;
        }
    }
    return nullptr;
}

bool is_logging(Feature feature) {
    return feature == Feature::DMA_LOGGING_START || feature == Feature::DMA_LOGGING_STOP ||
           feature == Feature::DMA_LOGGING_REPORT;
}

bool offered(const DeviceState& device, Feature feature) {
    if (feature == Feature::MIG_PRECOPY_INFOv2) {
        return true;  // judged by the PRE_COPY flag alone
    }
    return is_logging(feature) ? device.log_ops : device.flags != 0;
}

bool overflows(std::uint64_t iova, std::uint64_t length) { return iova + length < iova; }

/// Linux's IS_ALIGNED, which is defined for any number.
bool aligned(std::uint64_t value, std::uint64_t alignment) {
    return (value & (alignment - 1)) == 0;
}

bool overlap(const LogRange& a, const LogRange& b) {
    return a.iova <= b.iova + b.length - 1 && b.iova <= a.iova + a.length - 1;
}

Id range_objection(std::uint64_t page_size, const LogRange* ranges, std::size_t at,
                   const Rules& rules) {
    const LogRange& range = ranges[at];
    const bool unaligned = !aligned(range.iova, page_size) || !aligned(range.length, page_size);
    if (refused(rules, Id::VfioLogUnaligned, unaligned)) {
        return Id::VfioLogUnaligned;
    }
    if (refused(rules, Id::VfioLogOverflow, overflows(range.iova, range.length))) {
        return Id::VfioLogOverflow;
    }
    for (std::size_t i = 0; i < at; ++i) {
        if (refused(rules, Id::VfioLogOverlap, overlap(ranges[i], range))) {
            return Id::VfioLogOverlap;
        }
    }
    return Id::Count;
}

}  // namespace

std::uint32_t payload_size(Feature feature) {
    const FeatureRow* row = find_row(static_cast<std::uint32_t>(feature));
    return row == nullptr ? 0 : row->payload;
}

FeatureAnswer check_feature(const DeviceState& device, const FeatureCall& call,
                            const Rules& rules) {
    const std::uint32_t flags = call.flags;
    const std::uint32_t known = feature_mask | feature_get | feature_set | feature_probe;
    const std::uint32_t asked = flags & (feature_get | feature_set);
    const bool probe = (flags & feature_probe) != 0;
    const FeatureRow* row = find_row(flags & feature_mask);
    const bool has = row != nullptr && offered(device, row->feature);
    const bool no_precopy =
        has && row->feature == Feature::MIG_PRECOPY_INFOv2 && (device.flags & PRE_COPY_FLAG) == 0;
    const struct {
        Id condition;
        bool holds;
    } before_probe[] = {
        {Id::VfioFeatureHeaderFault, call.header_fault},
        {Id::VfioFeatureHeaderShort, call.argsz < feature_header_size},
        {Id::VfioFeatureUnknownFlag, (flags & ~known) != 0},
        {Id::VfioFeatureGetAndSet, !probe && asked == (feature_get | feature_set)},
        {Id::VfioFeatureNoSupport, !has},
        {Id::VfioPrecopyV2NoPrecopy, no_precopy},
        {Id::VfioFeatureWrongOp, has && (asked & ~row->supported) != 0},
    };
    for (const auto& check : before_probe) {
        if (refused(rules, check.condition, check.holds)) {
            return {error_of(rules, check.condition), false, Feature::MIGRATION, false};
        }
    }
    if (row == nullptr || (probe && rules.on(Id::VfioFeatureProbe))) {
        return {};
    }
    if (refused(rules, Id::VfioFeatureNoOp, asked == 0)) {
        return {error_of(rules, Id::VfioFeatureNoOp), false, row->feature, false};
    }
    const bool whole = call.argsz >= feature_header_size;
    const std::uint32_t payload = whole ? call.argsz - feature_header_size : 0;
    if (refused(rules, Id::VfioFeaturePayloadShort, payload < row->payload)) {
        return {error_of(rules, Id::VfioFeaturePayloadShort), false, row->feature, false};
    }
    return {Errno::Ok, true, row->feature, (asked & feature_set) != 0};
}

Errno check_log_start(std::uint64_t page_size, const LogRange* ranges, std::size_t count,
                      const Rules& rules) {
    if (refused(rules, Id::VfioLogNoRanges, count == 0)) {
        return error_of(rules, Id::VfioLogNoRanges);
    }
    if (refused(rules, Id::VfioLogTooManyRanges, count > rules.value(Id::VfioLogMaxRanges))) {
        return error_of(rules, Id::VfioLogTooManyRanges);
    }
    for (std::size_t at = 0; at < count; ++at) {
        const Id refusal = range_objection(page_size, ranges, at, rules);
        if (refusal != Id::Count) {
            return error_of(rules, refusal);
        }
    }
    return Errno::Ok;
}

Errno check_log_report(std::uint64_t iova, std::uint64_t length, std::uint64_t page_size,
                       const Rules& rules) {
    const bool power_of_two = page_size != 0 && (page_size & (page_size - 1)) == 0;
    if (refused(rules, Id::VfioReportPageSize, page_size < 4096 || !power_of_two)) {
        return error_of(rules, Id::VfioReportPageSize);
    }
    if (refused(rules, Id::VfioReportOverflow, overflows(iova, length))) {
        return error_of(rules, Id::VfioReportOverflow);
    }
    return Errno::Ok;
}

void on_data_size(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    if (refused(rules, Id::VfioFeatureNoSupport, device.flags == 0)) {
        refuse(effects, event, rules, Id::VfioFeatureNoSupport);
    } else if (refused(rules, Id::VfioFeatureFault, event.reply_fault)) {
        refuse(effects, event, rules, Id::VfioFeatureFault);
    } else {
        reply(effects, event.ticket, Errno::Ok, event.available);
    }
}

void on_enable_precopy_v2(DeviceState& device, const Event& event, const Rules& rules,
                          Effects& effects) {
    if (refused(rules, Id::VfioPrecopyV2NoPrecopy, (device.flags & PRE_COPY_FLAG) == 0)) {
        refuse(effects, event, rules, Id::VfioPrecopyV2NoPrecopy);
    } else {
        device.precopy_info_v2 = true;
        reply(effects, event.ticket, Errno::Ok);
    }
}

void on_log_start(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    if (refused(rules, Id::VfioFeatureNoSupport, !device.log_ops)) {
        refuse(effects, event, rules, Id::VfioFeatureNoSupport);
    } else if (refused(rules, Id::VfioFeatureFault, event.fault)) {
        refuse(effects, event, rules, Id::VfioFeatureFault);
    } else if (event.error != Errno::Ok) {
        reply(effects, event.ticket, event.error);
    } else if (refused(rules, Id::VfioLogActive, device.logging)) {
        refuse(effects, event, rules, Id::VfioLogActive);
    } else if (refused(rules, Id::VfioFeatureFault, event.reply_fault)) {
        // The page size could not be told: the core stops what the driver just started.
        refuse(effects, event, rules, Id::VfioFeatureFault);
    } else {
        device.logging = true;
        reply(effects, event.ticket, Errno::Ok);
    }
}

void on_log_stop(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    if (refused(rules, Id::VfioFeatureNoSupport, !device.log_ops)) {
        refuse(effects, event, rules, Id::VfioFeatureNoSupport);
        return;
    }
    device.logging = false;  // not an error when it was not active
    reply(effects, event.ticket, Errno::Ok);
}

void on_log_report(DeviceState& device, const Event& event, const Rules& rules, Effects& effects) {
    if (refused(rules, Id::VfioFeatureNoSupport, !device.log_ops)) {
        refuse(effects, event, rules, Id::VfioFeatureNoSupport);
    } else if (refused(rules, Id::VfioFeatureFault, event.fault)) {
        refuse(effects, event, rules, Id::VfioFeatureFault);
    } else if (event.error != Errno::Ok) {
        reply(effects, event.ticket, event.error);
    } else if (refused(rules, Id::VfioReportInactive, !device.logging)) {
        refuse(effects, event, rules, Id::VfioReportInactive);
    } else {
        reply(effects, event.ticket, Errno::Ok);
    }
}

}  // namespace lmsim::vfio
