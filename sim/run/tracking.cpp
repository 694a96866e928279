#include "sim/run/tracking.hpp"

#include <fmt/format.h>

#include "sim/run/opaque_devices.hpp"

namespace lmsim::sim {

namespace {

/// The first device whose driver cannot log what it writes, by name; empty: all can.
std::string without_log(const Scenario& scenario) {
    const HostParams& source = scenario.hosts.src;
    if (source.device.vfs != 0 && !source.driver.track_memory) {
        return "VF 0";
    }
    for (const OpaqueTiming& other : opaque_devices(scenario)) {
        if (!other.log_ops) return other.name;
    }
    return {};
}

std::string no_log_text(const std::string& device) {
    return fmt::format("the driver of {} cannot log what the device writes to memory", device);
}

/// QEMU takes the devices' logs only if all of them have one; else the IOMMU's, from 9.1 on; else
/// nothing is known, and unless enable-migration says "on" that is a reason not to migrate.
TrackingChoice as_engine(const Scenario& scenario) {
    const DirtyTrackingParams& params = scenario.vmm.tracking;
    const std::string missing = without_log(scenario);
    if (device_count(scenario) == 0) {
        return {Tracker::Vmm, "there are no devices", {}};
    }
    if (missing.empty()) {
        return {Tracker::Device, "the drivers of all devices can log", {}};
    }
    if (scenario.vmm.engine == Engine::CloudHypervisor) {
        return {Tracker::Nobody, no_log_text(missing),
                no_log_text(missing) + ", and Cloud Hypervisor takes nobody else's word"};
    }
    const bool knows_iommu = scenario.vmm.engine != Engine::Qemu_8_2;
    if (params.iommu && knows_iommu) {
        return {Tracker::Iommu, no_log_text(missing) + "; the IOMMU can", {}};
    }
    TrackingChoice choice{Tracker::Nobody, no_log_text(missing), {}};
    choice.why += params.iommu ? "; this QEMU does not ask the IOMMU" : ", nor can the IOMMU";
    if (params.enable_migration == EnableMigration::Auto) {
        choice.refusal = choice.why +
                         "; vmm.tracking.enable_migration = \"on\" would migrate it, with all "
                         "memory counted as written at all times";
    }
    return choice;
}

Ps for_memory(const Scenario& scenario, Time per_gib) {
    const auto all = static_cast<Int128>(per_gib.ps) * scenario.vm.ram.count;
    return static_cast<Ps>(all / (Int128{1} << 30));
}

}  // namespace

TrackingChoice choose_tracking(const Scenario& scenario) {
    const char* said = "the scenario says so";
    switch (scenario.vmm.tracking.by) {
        case TrackBy::Known: break;
        case TrackBy::Auto: return as_engine(scenario);
        case TrackBy::Device: return {Tracker::Device, said, {}};
        case TrackBy::Iommu: return {Tracker::Iommu, said, {}};
        case TrackBy::None: return {Tracker::Nobody, said, {}};
    }
    return {};
}

bool nvme_tracks_memory(const Scenario& scenario, const HostParams& host) {
    const Tracker by = choose_tracking(scenario).by;
    return host.driver.track_memory && (by == Tracker::Vmm || by == Tracker::Device);
}

std::optional<DirtyTrackingTiming> tracking_timing(const Scenario& scenario) {
    const DirtyTrackingParams& params = scenario.vmm.tracking;
    bool others_write = false;
    for (const OpaqueTiming& other : opaque_devices(scenario)) {
        others_write = others_write || other.dma_rate.milli_per_s != 0;
    }
    DirtyTrackingTiming timing;
    timing.by = choose_tracking(scenario).by;
    if (timing.by == Tracker::Vmm && !others_write) {
        return std::nullopt;
    }
    timing.memory = scenario.vm.ram.count;
    timing.granule = params.iommu_granule.count;
    timing.turn = for_memory(scenario, params.iommu_switch);
    timing.report = for_memory(scenario, params.iommu_report);
    timing.report_granule = params.iommu_report_granule.ps;
    return timing;
}

}  // namespace lmsim::sim
