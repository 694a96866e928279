#pragma once

namespace lmsim::tests {

/// A VM that is moved in milliseconds, for tests that look at something else. Ends in [vm.dirty].
inline constexpr const char* small_vm = R"(
[run]
warm_up = "3ms"
cool_down = "3ms"
[vm]
ram = "64MiB"
ram_used = "48MiB"
[vm.dirty]
hot = "1MiB"
working_set = "8MiB"
)";

/// One of a quarter of that, with one VF that logs what is written. Ends in [hosts.both.driver].
inline constexpr const char* logging_vm = R"(
[run]
warm_up = "1ms"
cool_down = "3ms"
[vm]
ram = "16MiB"
ram_used = "8MiB"
[vm.dirty]
hot = "1MiB"
working_set = "4MiB"
[hosts.both.device]
vfs = 1
queue_pairs = 2
[hosts.both.driver]
log_user_data = true
user_data = { entries = 256, batch = 40 }
)";
inline constexpr const char* random_writes =
    "[a]\nrw=randwrite\nbs=4k\niodepth=4\nsize=16m\ntime_based\nruntime=1h\n";

/// One whose VF has local namespaces that are copied; their set-up takes the same time in each run.
/// Ends in [hosts.both.device].
inline constexpr const char* media_vm = R"(
[run]
warm_up = "10ms"
cool_down = "10ms"
[vm]
vcpus = 2
ram = "64MiB"
ram_used = "32MiB"
[vm.dirty]
rate = "1000/s"
working_set = "4MiB"
hot = "1MiB"
[media_copy]
mode = "copy"
read_rate = "200MB/s"
[hosts.src.driver]
log_user_data = true
user_data = { entries = 512, batch = 64 }
[hosts.dst.device]
namespace_set = 2
[hosts.both.device.admin]
format = "50ms"
namespaces = "2ms"
[hosts.both.device]
vfs = 1
queue_pairs = 2
block = "4KiB"
)";

}  // namespace lmsim::tests
