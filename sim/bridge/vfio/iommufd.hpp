#pragma once

#include <memory>

#include "sim/bridge/vfio/container.hpp"

namespace lmsim::sim::vfio_kernel {

/// Whether this kernel gives devices away by character devices of their own (CONFIG_IOMMUFD,
/// CONFIG_VFIO_DEVICE_CDEV), of which VFIO's driver has one at least, and this process may use
/// /dev/iommu: whoever was given a group's file alone has it by its group.
bool has_iommufd();

/// An I/O address space of /dev/iommu, for devices of /dev/vfio/devices; in words what this machine
/// lacks.
Result<std::unique_ptr<Container>> open_iommufd();

}  // namespace lmsim::sim::vfio_kernel
