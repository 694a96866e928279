#pragma once

#include <optional>
#include <string>

#include "sim/host/dirty_tracking.hpp"
#include "sim/scenario/scenario.hpp"

namespace lmsim::sim {

/// Who tracks what the devices of a scenario write to the guest's memory, and why.
struct TrackingChoice {
    Tracker by = Tracker::Vmm;
    std::string why;
    std::string refusal;  // why the VMM does not migrate; empty if it does
};

/// As the scenario says, or as the engine chooses (QEMU: hw/vfio/migration.c,
/// vfio_migration_realize; hw/vfio/container.c; Cloud Hypervisor: pci/src/vfio.rs).
TrackingChoice choose_tracking(const Scenario& scenario);

/// Do the VFs' drivers have their device track memory?
bool nvme_tracks_memory(const Scenario& scenario, const HostParams& host);

/// nothing: nobody but the NVMe driver, or the VMM by itself, which needs nothing.
std::optional<DirtyTrackingTiming> tracking_timing(const Scenario& scenario);

}  // namespace lmsim::sim
