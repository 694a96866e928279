#pragma once

#include <cstdint>
#include <string_view>

#include "model/host/vmm/call.hpp"
#include "model/host/vmm/throttle.hpp"

namespace lmsim::host::vmm {

constexpr std::uint16_t max_devices = 256;

/// Whose algorithm it is: each has machines of its own.
enum class Engine : std::uint8_t { Qemu, CloudHypervisor };

/// Parameters and capabilities of one migration, with QEMU 10.1's defaults (migration/options.c).
/// Both sides get the same.
struct Config {
    Engine engine = Engine::Qemu;
    std::uint64_t downtime_limit_ms = 300;
    std::uint64_t max_bandwidth = std::uint64_t{128} << 20;  // bytes/s, 0 = no limit
    std::uint64_t avail_switchover_bandwidth = 0;            // bytes/s, 0 = as measured
    std::uint32_t page_bytes = 4096;
    bool return_path = false;  // off in QEMU, but libvirt always sets it
    bool switchover_ack = false;
    bool multifd = false;         // how the host moves pages; no decision depends on it
    bool device_multifd = false;  // device state takes the channels, too, with threads
    bool config_late = false;     // x-migration-load-config-after-iter
    std::uint64_t queue_cap = 0;  // x-migration-max-queued-buffers-size, 0 = none
    Throttle throttle;
    bool autostart = true;                    // false: -S, as libvirt starts a destination
    bool exit_on_error = true;                // the failed destination's process ends
    std::uint16_t devices = 0;                // in the order in which they were realized
    std::uint8_t features[max_devices] = {};  // bits of vfio::MigFlag

    // Cloud Hypervisor alone
    std::uint64_t timeout_ms = 3600'000;
    bool ignore_timeout = false;  // pause then, whatever is left
    // In which it handles devices: a hash map's, which differs between processes (place -> number).
    std::uint16_t order[max_devices] = {};
};

/// Why QEMU would refuse to start this migration; empty if it would not
/// (QEMU 10.1 hw/vfio/migration.c: vfio_migration_realize; migration/options.c:
/// migrate_caps_check).
std::string_view blocker(const Config& config);

}  // namespace lmsim::host::vmm
