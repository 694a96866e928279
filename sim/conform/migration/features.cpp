#include <fmt/format.h>

#include "model/vfio/feature.hpp"
#include "sim/conform/migration/bench.hpp"

// The header of VFIO_DEVICE_FEATURE: sizes, operations, places. What would be executed is left to
// the other parts.
namespace lmsim::sim::conform::migration {

namespace {

using lmsim::vfio::Feature;
using lmsim::vfio::feature_get;
using lmsim::vfio::feature_header_size;
using lmsim::vfio::feature_mask;
using lmsim::vfio::feature_probe;
using lmsim::vfio::feature_set;

struct Named {
    std::uint32_t index;
    const char* name;
};
constexpr Named named[] = {
    {1, "MIGRATION"},           {2, "MIG_DEVICE_STATE"},         {6, "DMA_LOGGING_START"},
    {7, "DMA_LOGGING_STOP"},    {8, "DMA_LOGGING_REPORT"},       {9, "MIG_DATA_SIZE"},
    {12, "MIG_PRECOPY_INFOv2"}, {feature_mask, "feature 65535"},
};

std::string operations(std::uint32_t flags) {
    std::string text;
    for (const auto& [bit, name] : {std::pair<std::uint32_t, const char*>{feature_probe, "PROBE"},
                                    {feature_get, "GET"},
                                    {feature_set, "SET"}}) {
        if ((flags & bit) != 0) {
            text += (text.empty() ? "" : "+") + std::string(name);
        }
    }
    return text.empty() ? "no operation" : text;
}

/// A call that the model would execute is not made here.
void refused(Bench& bench, const Named& of, std::uint32_t argsz, std::uint32_t operation,
             Place place, const char* where) {
    const std::uint32_t flags = operation | of.index;
    const lmsim::vfio::DeviceState device =
        lmsim::vfio::make_device(bench.flags(), bench.log_ops());
    const lmsim::vfio::FeatureCall call{argsz, flags, place == Place::Unreadable};
    const bool executes = lmsim::vfio::check_feature(device, call, bench.rules()).execute;
    if (executes && place == Place::Here) {
        return;
    }
    bench.feature(fmt::format("{} of {}, argsz {}{}", operations(operation), of.name, argsz, where),
                  argsz, flags, place);
}

void unknown_flags(Bench& bench, const Named& of, std::uint32_t size) {
    for (const unsigned bit : {19U, 31U}) {
        bench.feature(
            fmt::format("{} of {} with unknown flag bit {}", operations(feature_get), of.name, bit),
            size, feature_get | (1U << bit) | of.index, Place::Here);
    }
}

}  // namespace

void compare_features(Bench& bench) {
    bench.group("feature header");
    if (!bench.start()) {
        return;
    }
    for (const Named& of : named) {
        const std::uint32_t payload = lmsim::vfio::payload_size(static_cast<Feature>(of.index));
        const std::uint32_t size = feature_header_size + payload;
        for (std::uint32_t bits = 0; bits < 8; ++bits) {
            const std::uint32_t operation = bits << 16;
            for (const std::uint32_t argsz : {0U, feature_header_size - 1, feature_header_size}) {
                refused(bench, of, argsz, operation, Place::Here, "");
            }
            if (payload != 0) {
                refused(bench, of, size - 1, operation, Place::Here, "");
                refused(bench, of, size, operation, Place::Here, "");
            }
            refused(bench, of, size, operation, Place::Unreadable, ", cannot be read");
        }
        unknown_flags(bench, of, size);
        const bool reads = of.index == 1 || of.index == 9;
        if (reads) {
            refused(bench, of, size, feature_get, Place::HalfThere, ", no room for the answer");
            refused(bench, of, size, feature_get, Place::ReadOnly, ", answer not to be written");
        }
    }
    bench.precopy_v2();
}

}  // namespace lmsim::sim::conform::migration
