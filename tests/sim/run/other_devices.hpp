#pragma once

#include "tests/sim/run/run_child.hpp"

namespace lmsim::tests {

/// A small VM without NVMe VFs, and a channel of a byte in 80 ps.
inline const char* vm_without_vfs = R"(
[run]
warm_up = "1ms"
cool_down = "1ms"
time_limit = "20s"
[vm]
ram = "64MiB"
ram_used = "48MiB"
[vm.dirty]
rate = "1000/s"
working_set = "1MiB"
hot = "0B"
[hosts.both.device]
vfs = 0
[channel]
bandwidth = "100Gbit/s"
stream_limit = "100Gbit/s"
[vmm]
avail_switchover_bandwidth = "100Gbit/s"
)";

/// The same with a device of a kind, whose keys are `keys`.
inline Run other_device(const std::string& kind, const std::string& keys,
                        std::vector<std::string> options = {}) {
    Run run;
    run.scenario = std::string(vm_without_vfs) + "[devices." + kind + "]\ncount = 1\n" + keys;
    run.options = std::move(options);
    return run;
}

inline std::int64_t total_ps(const Seen& seen) { return seen.result["downtime"]["total_ps"]; }

}  // namespace lmsim::tests
