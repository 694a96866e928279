#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/bridge/vfio/migration.hpp"
#include "sim/hw/migrate.hpp"

namespace lmsim::sim::hw {

/// How a device moved by the kernel's VFIO, or why it did not. Times are the clock's.
struct VfioMigrationReport {
    std::string error;  // why the device did not move; or, if it did, what was left undone
    std::vector<MigrationStep> steps;
    bool moved = false;                // the destination is in RUNNING with the source's state
    bool source_goes_on = false;       // after a failure: it is in RUNNING
    std::uint64_t precopy_bytes = 0;   // while the source ran
    std::uint64_t stopcopy_bytes = 0;  // while it stood still
    Ps downtime = 0;                   // from before STOP_COPY to after RUNNING
};

/// Moves a device to another by states and data_fd, as a VMM does: PRE_COPY if the source's driver
/// has it, STOP_COPY, RESUMING, RUNNING. Then the source is reset: it would stay in STOP, with a
/// state that is the destination's now, whoever comes to it next. If a call fails, or somebody has
/// `interrupted` before the next one, the destination is reset and the source goes on.
VfioMigrationReport migrate_vfio(const vfio_kernel::Migration& source,
                                 const vfio_kernel::Migration& destination,
                                 const std::function<bool()>& interrupted = {});

}  // namespace lmsim::sim::hw
