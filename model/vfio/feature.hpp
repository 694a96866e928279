#pragma once

#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/vfio/device.hpp"

namespace lmsim::vfio {

/// VFIO_DEVICE_FEATURE as the user wrote it.
struct FeatureCall {
    std::uint32_t argsz = 0;    // bytes, header included
    std::uint32_t flags = 0;    // index, GET, SET, PROBE
    bool header_fault = false;  // the header cannot be read
};

/// What becomes of a VFIO_DEVICE_FEATURE call, before anything is done.
struct FeatureAnswer {
    Errno error = Errno::Ok;
    bool execute = false;  // false: answer `error` at once (0 for a PROBE)
    Feature feature = Feature::MIGRATION;
    bool set = false;  // SET, otherwise GET
};

/// The checks before anything happens, in the order of vfio_ioctl_device_feature(). What is to be
/// executed then becomes an event of the device.
FeatureAnswer check_feature(const DeviceState& device, const FeatureCall& call,
                            const spec::Rules& rules);

/// Bytes of the feature's payload after the header.
std::uint32_t payload_size(Feature feature);

/// struct vfio_device_feature_dma_logging_range.
struct LogRange {
    std::uint64_t iova = 0;
    std::uint64_t length = 0;  // bytes
};

/// The checks of DMA_LOGGING_START; `count` ranges, of which none is read when there are too many.
Errno check_log_start(std::uint64_t page_size, const LogRange* ranges, std::size_t count,
                      const spec::Rules& rules);

/// The checks of DMA_LOGGING_REPORT.
Errno check_log_report(std::uint64_t iova, std::uint64_t length, std::uint64_t page_size,
                       const spec::Rules& rules);

}  // namespace lmsim::vfio
