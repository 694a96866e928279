#include "sim/bridge/vfio/migration_features.hpp"

#include <fmt/format.h>

namespace lmsim::sim::vfio_kernel {

namespace {

struct Named {
    Feature feature;
    const char* name;
};
constexpr Named named[] = {
    {Feature::MIGRATION, "MIGRATION"},
    {Feature::MIG_DEVICE_STATE, "MIG_DEVICE_STATE"},
    {Feature::MIG_DATA_SIZE, "MIG_DATA_SIZE"},
    {Feature::MIG_PRECOPY_INFOv2, "MIG_PRECOPY_INFOv2"},
    {Feature::DMA_LOGGING_START, "DMA_LOGGING_START"},
    {Feature::DMA_LOGGING_STOP, "DMA_LOGGING_STOP"},
    {Feature::DMA_LOGGING_REPORT, "DMA_LOGGING_REPORT"},
};

std::string said_by(const Migration& device, Feature feature) {
    switch (feature) {
        case Feature::MIGRATION: {
            const auto flags = device.flags();
            return flags ? flag_words(flags.value) : errno_name(flags.error);
        }
        case Feature::MIG_DEVICE_STATE: {
            const auto state = device.state();
            return state ? std::string(to_string(state.value)) : errno_name(state.error);
        }
        case Feature::MIG_DATA_SIZE: {
            const auto size = device.data_size();
            return size ? fmt::format("{} bytes", size.value) : errno_name(size.error);
        }
        case Feature::DMA_LOGGING_START:
        case Feature::DMA_LOGGING_STOP:
        case Feature::DMA_LOGGING_REPORT:
        case Feature::MIG_PRECOPY_INFOv2: break;
    }
    return {};
}

}  // namespace

std::string flag_words(std::uint8_t flags) {
    const std::pair<std::uint8_t, const char*> bits[] = {{lmsim::vfio::STOP_COPY_FLAG, "STOP_COPY"},
                                                         {lmsim::vfio::P2P_FLAG, "P2P"},
                                                         {lmsim::vfio::PRE_COPY_FLAG, "PRE_COPY"}};
    std::string text;
    for (const auto& [bit, name] : bits) {
        if ((flags & bit) != 0) {
            text += (text.empty() ? "" : ", ") + std::string(name);
        }
    }
    return text.empty() ? "none" : text;
}

std::vector<FeatureSupport> look_at_features(const Migration& device) {
    std::vector<FeatureSupport> result;
    for (const Named& of : named) {
        const Errno error = device.feature(
            lmsim::vfio::feature_header_size,
            lmsim::vfio::feature_probe | static_cast<std::uint32_t>(of.feature), nullptr, 0);
        const bool has = error == Errno::Ok;
        result.push_back(
            {of.feature, of.name, has, has ? said_by(device, of.feature) : errno_name(error)});
    }
    return result;
}

}  // namespace lmsim::sim::vfio_kernel
