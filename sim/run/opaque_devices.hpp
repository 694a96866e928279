#pragma once

#include <vector>

#include "sim/host/opaque_device.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/trace/device_names.hpp"

namespace lmsim::sim {

/// The scenario's devices of other kinds than NVMe, one after the other, by name.
std::vector<OpaqueTiming> opaque_devices(const Scenario& scenario);

/// All devices that the VMM migrates: the NVMe VFs and those.
std::uint32_t device_count(const Scenario& scenario);

/// "VF 2" or "mlx5 0": whom the VMM knows by this number.
std::string device_name(const Scenario& scenario, std::uint32_t number);

/// The same of all, for traces.
trace::DeviceNames device_names(const Scenario& scenario);

}  // namespace lmsim::sim
