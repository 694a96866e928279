#pragma once

#include "model/host/vmm/config.hpp"
#include "sim/device/nvme_device.hpp"
#include "sim/guest/guest.hpp"
#include "sim/host/channel.hpp"
#include "sim/host/host_driver.hpp"
#include "sim/host/vmm_pair.hpp"
#include "sim/run/dialects.hpp"
#include "sim/scenario/scenario.hpp"

namespace lmsim::sim {

// What a scenario says, as the components take it.

/// The drive of flash behind a device; without dies if its media are channels.
DieMediaTiming die_media_timing(const DeviceParams& device);

DeviceTiming device_timing(const Scenario& scenario, const HostParams& host);
HostTiming host_timing(const Scenario& scenario, const HostParams& host,
                       const Dialects& dialects = {});
GuestTiming guest_timing(const Scenario& scenario);
/// The writes of the guest's CPUs, to memory from `first_page` on.
PageWriter::Params writer_params(const Scenario& scenario, std::uint64_t first_page);
/// Channels that device state may take.
std::uint32_t multifd_channels(const Scenario& scenario);
/// As it calls itself.
std::string vmm_name(Engine engine);
VmmTiming vmm_timing(const Scenario& scenario);
Channel make_channel(const Scenario& scenario);
host::vmm::Config vmm_config(const Scenario& scenario);

/// Bytes that the state of one VF takes at most: what a driver sets aside for it.
std::uint64_t largest_state(const DeviceParams& device, const spec::Rules& rules);

/// Pages of memory that the host's own driver needs.
std::uint64_t host_pages(const Scenario& scenario, const HostParams& host,
                         const Dialects& dialects = {});

}  // namespace lmsim::sim
