#pragma once

#include <string>
#include <vector>

#include "sim/bridge/vfio/migration.hpp"

namespace lmsim::sim::vfio_kernel {

/// One of VFIO's features for migration, as a device has it.
struct FeatureSupport {
    Feature feature = Feature::MIGRATION;
    std::string name;  // "MIG_DATA_SIZE"
    bool has = false;
    std::string words;  // what it says now: "STOP_COPY, P2P", "60 bytes"; or why it has it not
};

/// All of them, by PROBE and by those GETs that change nothing.
std::vector<FeatureSupport> look_at_features(const Migration& device);

/// "STOP_COPY, P2P, PRE_COPY" of MigFlag bits.
std::string flag_words(std::uint8_t flags);

}  // namespace lmsim::sim::vfio_kernel
