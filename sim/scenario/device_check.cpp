#include "sim/scenario/device_check.hpp"

#include <fmt/format.h>

namespace lmsim::sim {

namespace {

using Problems = std::vector<Problem>;

bool is_power_of_two(std::uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

void check_granule(const std::string& path, Bytes granule, Problems& out) {
    if (!is_power_of_two(granule.count)) {
        out.push_back({{path}, format(granule) + " is not a power of two"});
    }
}

/// What the drivers of Linux 7.3 cannot do, whatever device they have.
void check_driver(const std::string& path, const std::string& kind, const OpaqueParams& device,
                  Problems& out) {
    const struct {
        const char* kind;
        const char* key;
        bool wanted;
        const char* what;
    } lacks[] = {
        {"hisi_acc", "p2p", device.p2p, "no VFIO_MIGRATION_P2P"},
        {"pds", "pre_copy", device.pre_copy, "no VFIO_MIGRATION_PRE_COPY"},
        {"virtio", "dma.log", device.dma.log, "no DMA logging"},
        {"hisi_acc", "dma.log", device.dma.log, "no DMA logging"},
        {"qat", "dma.log", device.dma.log, "no DMA logging"},
    };
    for (const auto& lack : lacks) {
        if (lack.kind == kind && lack.wanted) {
            out.push_back({{path + "." + lack.key},
                           fmt::format("the driver of {} has {} (Linux 7.3 drivers/vfio/pci); "
                                       "expected false, or devices.other",
                                       kind, lack.what)});
        }
    }
}

void check_one(const std::string& kind, const OpaqueParams& device, Problems& out) {
    const std::string path = "devices." + kind;
    check_driver(path, kind, device, out);
    if (device.state.dirty > device.state.initial) {
        out.push_back({{path + ".state.dirty", path + ".state.initial"},
                       format(device.state.dirty) + " of it cannot change: initial = " +
                           format(device.state.initial) + " is all that it gave while it ran"});
    }
    if (device.dma.working_set % 4_KiB != 0_B) {
        out.push_back({{path + ".dma.working_set"},
                       format(device.dma.working_set) + " is not a whole number of pages of 4KiB"});
    }
    check_granule(path + ".dma.granule", device.dma.granule, out);
}

}  // namespace

void check_other_devices(const Scenario& scenario, Problems& out) {
    std::uint64_t count = scenario.hosts.src.device.vfs;
    std::uint64_t memory = 0;
    std::string last;
    std::string without_p2p;
    for (const auto& [kind, device] : scenario.devices.by_name()) {
        if (device->count == 0) {
            continue;
        }
        check_one(kind, *device, out);
        count += device->count;
        memory += device->count * device->dma.working_set.count;
        last = std::string("devices.") + kind;
        without_p2p = device->p2p ? without_p2p : last;
    }
    if (count > 256) {
        out.push_back({{last + ".count", "hosts.src.device.vfs"},
                       fmt::format("{} devices in all; expected at most 256", count)});
    }
    // QEMU 10.1 hw/vfio/migration.c, vfio_multiple_devices_migration_is_supported
    const bool cloud = scenario.vmm.engine == Engine::CloudHypervisor;
    if (count > 1 && !without_p2p.empty() && !cloud) {
        out.push_back({{without_p2p + ".p2p", without_p2p + ".count"},
                       fmt::format("QEMU migrates {} devices only if all of them support P2P; "
                                   "expected true, or one device",
                                   count)});
    }
    if (memory > scenario.vm.ram_used.count) {
        out.push_back({{last + ".dma.working_set", "vm.ram_used"},
                       fmt::format("devices write to {} together, more than vm.ram_used = {}",
                                   format(Bytes{memory}), format(scenario.vm.ram_used))});
    }
}

void check_dirty_tracking(const Scenario& scenario, Problems& out) {
    const DirtyTrackingParams& tracking = scenario.vmm.tracking;
    check_granule("vmm.tracking.iommu_granule", tracking.iommu_granule, out);
    if (tracking.by == TrackBy::Iommu && !tracking.iommu) {
        out.push_back({{"vmm.tracking.by", "vmm.tracking.iommu"},
                       "the IOMMU of this host cannot track; expected auto, or iommu = true"});
    }
    const bool cloud = scenario.vmm.engine == Engine::CloudHypervisor;
    if (cloud && (tracking.by == TrackBy::Iommu || tracking.by == TrackBy::None)) {
        out.push_back({{"vmm.tracking.by", "vmm.engine"},
                       "Cloud Hypervisor migrates a device only if its driver logs what it "
                       "writes; expected device, auto or known"});
    }
    if (tracking.by == TrackBy::Iommu && scenario.vmm.engine == Engine::Qemu_8_2) {
        out.push_back({{"vmm.tracking.by", "vmm.engine"},
                       "QEMU asks the IOMMU for what devices wrote from 9.1 on, not 8.2; expected "
                       "device, none or auto"});
    }
    if (tracking.by != TrackBy::Device) {
        return;
    }
    const HostParams& source = scenario.hosts.src;
    if (source.device.vfs != 0 && !source.driver.track_memory) {
        out.push_back({{"vmm.tracking.by", "hosts.src.driver.track_memory"},
                       "the NVMe driver does not have its device track memory; expected "
                       "hosts.src.driver.track_memory = true, or by = \"auto\""});
    }
    for (const auto& [kind, device] : scenario.devices.by_name()) {
        if (device->count != 0 && !device->dma.log) {
            const std::string log = fmt::format("devices.{}.dma.log", kind);
            out.push_back({{"vmm.tracking.by", log},
                           fmt::format("the driver of {} cannot log what its device writes; "
                                       "expected auto, iommu or none",
                                       kind)});
        }
    }
}

}  // namespace lmsim::sim
