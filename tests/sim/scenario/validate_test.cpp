#include "sim/scenario/validate.hpp"

#include "tests/catch.hpp"
#include "tests/sim/scenario/errors.hpp"

using namespace lmsim::sim;

TEST_CASE("the default scenario has no problem", "[scenario]") {
    CHECK(validate(Scenario{}).empty());
}

TEST_CASE("a topology that cannot be is refused once, where it was written", "[scenario]") {
    CHECK(errors_of("[hosts.both.device]\nvfs = 65\n") ==
          "q.toml:2:1: hosts.both.device.vfs: 65 VFs, but the device has only max_vfs = 64\n");
    CHECK(errors_of("[hosts.both.device]\nvfs = 64\n").empty());
    CHECK(errors_of("[hosts.dst.device]\nmax_vfs = 3\n") ==
          "q.toml:2:1: hosts.dst.device.vfs: 4 VFs, but the device has only max_vfs = 3\n");
    CHECK(errors_of("", {"hosts.both.device.max_vfs=3"}) ==
          "--set hosts.both.device.max_vfs=3: hosts.both.device.vfs: 4 VFs, "
          "but the device has only max_vfs = 3\n");
    CHECK(errors_of("[[hosts.src.vf]]\n[[hosts.src.vf]]\n[hosts.both.device]\nvfs = 1\n") ==
          "q.toml:2:1: hosts.src.vf[1]: there is no such VF; device.vfs = 1\n");
    CHECK(errors_of("hosts.both.device.mdts = \"12KiB\"") ==
          "q.toml:1:19: hosts.both.device.mdts: 12KiB is not a power of two "
          "(MDTS counts in those)\n");
    CHECK(errors_of("hosts.both.device.admin.depth = 2") ==
          "q.toml:1:25: hosts.both.device.admin.depth: a queue of 2 holds at most 1 at once; "
          "reserved_aer = 1 leaves none for other commands\n");
    CHECK(errors_of("hosts.both.device.admin.depth = 3").empty());
    CHECK(errors_of("hosts.both.device = {capacity = \"1049088B\", block = \"4KiB\"}") ==
          "q.toml:1:22: hosts.both.device.capacity: 1024.5KiB is not a whole number of blocks "
          "of 4KiB\n");
}

TEST_CASE("memory that does not fit is refused", "[scenario]") {
    CHECK(errors_of("vm.ram = \"1GiB\"").empty());
    CHECK(errors_of("vm.ram = \"512MiB\"") ==
          "q.toml:1:4: vm.ram_used: 1GiB is more than vm.ram = 512MiB\n");
    CHECK(errors_of("vm.dirty.working_set = \"2GiB\"") ==
          "q.toml:1:10: vm.dirty.working_set: 2GiB is more than vm.ram_used = 1GiB\n");
    CHECK(errors_of("vm.dirty.hot = \"257MiB\"") ==
          "q.toml:1:10: vm.dirty.hot: 257MiB is more than vm.dirty.working_set = 256MiB\n");
    CHECK(errors_of("vm.dirty.hot = \"4097B\"") ==
          "q.toml:1:10: vm.dirty.hot: 4097B is not a whole number of pages of 4KiB\n");
}

TEST_CASE("logs and tracking that cannot be are refused", "[scenario]") {
    CHECK(errors_of("hosts.both.driver.user_data.entries = 512") ==
          "q.toml:1:29: hosts.both.driver.user_data.batch: a queue of 512 slots never holds 512 "
          "entries: one stays empty\n");
    CHECK(errors_of("hosts.both.driver.user_data = {entries = 513}").empty());
    CHECK(errors_of("hosts.src.driver.track_memory = true\n"
                    "hosts.src.device.tracking.memory = false") ==
          "q.toml:1:18: hosts.src.driver.track_memory: the device cannot track writes to memory\n");
    CHECK(errors_of("hosts.src.driver.memory.granule = \"12KiB\"") ==
          "q.toml:1:25: hosts.src.driver.memory.granule: 12KiB is not a power of two (granules are "
          "2^n * 4KiB)\n");
    CHECK(errors_of("hosts.src.driver.memory.report = \"66B\"") ==
          "q.toml:1:25: hosts.src.driver.memory.report: 66B is not a whole number of dwords\n");
    CHECK(errors_of("hosts.both.device.mdts = \"8KiB\"").empty());
    CHECK(errors_of("hosts.src.driver.track_memory = true\nhosts.both.device.mdts = \"8KiB\"") ==
          "q.toml:2:19: hosts.both.driver.memory.report: 16KiB is more than "
          "hosts.src.device.mdts = 8KiB\n");
    CHECK(errors_of("hosts.src.device.tracking.finest = \"4MiB\"") ==
          "q.toml:1:27: hosts.src.device.tracking.finest: 4MiB is more than coarsest = 2MiB\n");
    CHECK(errors_of("hosts.src.device.tracking.coarsest = \"12KiB\"") ==
          "q.toml:1:27: hosts.src.device.tracking.coarsest: 12KiB is not a power of two (granules "
          "are 2^n * 4KiB)\n");
    CHECK(errors_of("hosts.both.device.completion_queue_size = 1025") ==
          "q.toml:1:19: hosts.both.device.completion_queue_size: completion queues of 1025; "
          "expected 0, or 2 to queue_size = 1024\n");
}

TEST_CASE("what the VMM refuses is refused", "[scenario]") {
    CHECK(errors_of("hosts.dst.driver.p2p = false") ==
          "q.toml:1:18: hosts.dst.driver.p2p: QEMU migrates 4 VFs only if all of them support "
          "P2P; expected true, or one VF\n");
    CHECK(errors_of("hosts.both.driver.p2p = false\nhosts.both.device.vfs = 1").empty());
    CHECK(errors_of("vmm.return_path = false") ==
          "q.toml:1:5: vmm.switchover_ack: switchover_ack needs vmm.return_path = true\n");
}

TEST_CASE("a workload is one file for VFs that exist", "[scenario]") {
    CHECK(errors_of("[[workload]]\nvf = [0]\n") ==
          "q.toml:1:1: workload[0]: no workload; expected fio (a job file) or iolog (a log)\n");
    CHECK(errors_of("[[workload]]\nfio = \"a\"\niolog = \"b\"\n") ==
          "q.toml:3:1: workload[0].iolog: expected either fio or iolog, not both\n");
    CHECK(errors_of("[[workload]]\nfio = \"a\"\nvf = [3, 4]\n") ==
          "q.toml:3:1: workload[0].vf: there is no VF 4; expected 0 to 3\n");
    CHECK(errors_of("[run]\ntime_limit = \"1s\"\n[[workload]]\nfio = \"a\"\nstart = \"1s\"\n") ==
          "q.toml:5:1: workload[0].start: 1s is not before run.time_limit = 1s\n");
    CHECK(errors_of("run.time_limit = \"100ms\"") ==
          "q.toml:1:5: run.time_limit: 100ms leaves no time for the migration after "
          "run.warm_up = 50ms and run.cool_down = 50ms\n");
}
