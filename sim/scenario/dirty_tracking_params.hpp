#pragma once

#include <array>

#include "sim/core/param.hpp"

namespace lmsim::sim {

/// Who tells the VMM what devices wrote to the guest's memory.
enum class TrackBy : std::uint8_t { Known, Auto, Device, Iommu, None };
template <>
struct EnumNames<TrackBy> {
    static constexpr std::array names{"known", "auto", "device", "iommu", "none"};
};

/// QEMU's property enable-migration of a VFIO device.
enum class EnableMigration : std::uint8_t { Auto, On };
template <>
struct EnumNames<EnableMigration> {
    static constexpr std::array names{"auto", "on"};
};

/// What devices write to the guest's memory, and who finds it out.
struct DirtyTrackingParams {
    TrackBy by =
        param(&by, "by", TrackBy::Known,
              "known: by hosts.src.driver.track_memory, else the VMM knows by itself, for "
              "nothing; auto: as the engine chooses; device: all devices log; iommu; none: "
              "all memory counts as written, always",
              choice);
    EnableMigration enable_migration =
        param(&enable_migration, "enable_migration", EnableMigration::Auto,
              "whether VFIO devices may migrate when nobody tracks: auto: no",
              "QEMU 10.1 hw/vfio/migration.c, vfio_migration_realize");
    bool iommu = param(&iommu, "iommu", true, "the IOMMU can track (IOMMU_CAP_DIRTY_TRACKING)",
                       "estimate: AMD Zen 4, Intel Sapphire Rapids and later can");
    Bytes iommu_granule =
        param(&iommu_granule, "iommu_granule", 4_KiB, between(4_KiB, 1_GiB),
              "what it maps at once, a power of two: memory in huge pages is tracked in huge pages",
              "estimate");
    Time iommu_switch = param(&iommu_switch, "iommu_switch", 0_s, between(0_s, 100_s),
                              "to begin or to end, for each GiB of guest memory", estimate);
    Time iommu_report =
        param(&iommu_report, "iommu_report", 0_s, between(0_s, 10_s),
              "to walk the page tables for the bitmap, for each GiB of guest memory", estimate);
    Time iommu_report_granule =
        param(&iommu_report_granule, "iommu_report_granule", 0_s, between(0_s, 1_ms),
              "the same, for each granule that was "
              "written",
              estimate);
};

}  // namespace lmsim::sim
