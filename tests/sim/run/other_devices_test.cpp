#include "tests/sim/run/other_devices.hpp"

#include "tests/catch.hpp"

using namespace lmsim::tests;

namespace {

constexpr std::int64_t ms = 1'000'000'000;

const char* precopy = R"(
pre_copy = true
state.stop = "20MiB"
state.initial = "100MiB"
state.chunk = "8MiB"
state.save_rate = "2GB/s"
state.load_rate = "2GB/s"
)";

void check_completed(const Seen& seen) {
    INFO(seen.result["reason"]);
    CHECK(seen.result["outcome"] == "completed");
    check_conserved(seen.result);
}

}  // namespace

TEST_CASE("a VM with one device of another kind, and no VF, moves") {
    const Seen seen = run_in_child(other_device("mlx5", precopy));
    check_completed(seen);
    const auto& device = seen.result["devices"].at(0);
    CHECK(device["name"] == "mlx5 0");
    CHECK(device["device"] == 0);
    CHECK(device["precopy_bytes"] == 100 << 20);
    CHECK(device["stop_bytes"] == 20 << 20);
    CHECK(device["loaded_bytes"] == 120 << 20);
    CHECK(device["load_commands"] == 13 + 3);
    CHECK(seen.result["bytes"]["device_state"] == 120 << 20);
}

TEST_CASE("devices of other kinds come after the VFs, by kind") {
    Run run;
    run.scenario =
        std::string(vm_without_vfs) + "[devices.pds]\ncount = 1\n[devices.mlx5]\ncount = 2\n";
    run.options = {"hosts.both.device.vfs=2", "hosts.both.device.queue_pairs=1",
                   "hosts.both.device.queue_size=16"};
    run.jobs = {{"[r]\nrw=randrw\nbs=4k\niodepth=4\nsize=8m\ntime_based\nruntime=1h\n", {}}};
    const Seen seen = run_in_child(run);
    check_completed(seen);
    REQUIRE(seen.result["devices"].size() == 3);
    CHECK(seen.result["devices"][0]["name"] == "mlx5 0");
    CHECK(seen.result["devices"][0]["device"] == 2);
    CHECK(seen.result["devices"][2]["name"] == "pds 0");
    CHECK(seen.result["devices"][2]["device"] == 4);
    CHECK(seen.result["guest"]["after"]["commands"] > 0);
}

TEST_CASE("PRE_COPY takes what a running device can give out of the downtime") {
    const std::int64_t with = total_ps(run_in_child(other_device("mlx5", precopy)));
    const std::int64_t without =
        total_ps(run_in_child(other_device("mlx5", precopy, {"devices.mlx5.pre_copy=false"})));
    // 100 MiB saved and loaded at 2 GB/s: 52 ms each, chunk by chunk one behind the other.
    CHECK(without - with > 50 * ms);
    CHECK(without - with < 70 * ms);
}

TEST_CASE("resources on the destination are in the downtime unless initial data came before") {
    const std::vector<std::string> slow = {"devices.mlx5.time.allocate=1480ms",
                                           "devices.mlx5.state.initial=1MiB"};
    const auto took = [&](const std::string& option) {
        std::vector<std::string> options = slow;
        options.push_back(option);
        const Seen seen = run_in_child(other_device("mlx5", precopy, options));
        check_completed(seen);
        CHECK(seen.result["devices"][0]["allocating_ps"] == 1480 * ms);
        return total_ps(seen);
    };
    const std::int64_t acked = took("vmm.switchover_ack=true");
    const std::int64_t stop_only = took("devices.mlx5.pre_copy=false");
    CHECK(stop_only - acked > 1475 * ms);
    CHECK(stop_only - acked < 1490 * ms);
    CHECK(took("vmm.switchover_ack=false") - acked > 1000 * ms);
}

TEST_CASE("a driver that polls makes the suspend longer") {
    const char* keys = "time = { quiesce = \"2500us\", suspend = \"2500us\" }\n";
    const Seen told = run_in_child(other_device("pds", keys, {"vm.dirty.rate=0/s"}));
    const Seen polls =
        run_in_child(other_device("pds", keys, {"devices.pds.time.poll=1ms", "vm.dirty.rate=0/s"}));
    CHECK(total_ps(polls) - total_ps(told) == 1 * ms);
    CHECK(part_ps(polls.result, "quiesce") - part_ps(told.result, "quiesce") == ms / 2);
    CHECK(part_ps(polls.result, "suspend") - part_ps(told.result, "suspend") == ms / 2);
}

TEST_CASE("a device that does not suspend in time leaves the VM on the source") {
    const Seen seen = run_in_child(other_device(
        "pds", "time = { suspend = \"6s\", poll = \"1ms\" }\n", {"run.time_limit=60s"}));
    CHECK(seen.result["outcome"] == "failed");
    const std::string reason = seen.result["reason"];
    CHECK(reason.find("pds 0") != std::string::npos);
    CHECK(reason.find("ETIMEDOUT") != std::string::npos);
    CHECK(reason.find("the VM runs on the source") != std::string::npos);
}

TEST_CASE("when a device loads makes no difference to how long, but to whose call it is") {
    const char* keys = "state = { stop = \"20MiB\", load_rate = \"1GB/s\" }\n";
    const Seen write = run_in_child(other_device("other", keys));
    const Seen stop = run_in_child(other_device("other", keys, {"devices.other.load=stop"}));
    check_completed(write);
    check_completed(stop);
    CHECK(write.result["devices"][0]["loaded_bytes"] == stop.result["devices"][0]["loaded_bytes"]);
    CHECK(part_ps(stop.result, "state-load") > 20 * ms);
}

TEST_CASE("Cloud Hypervisor moves devices of other kinds, without PRE_COPY") {
    const Seen seen =
        run_in_child(other_device("mlx5", precopy,
                                  {"vmm.engine=cloud-hypervisor", "devices.mlx5.count=2",
                                   "vmm.avail_switchover_bandwidth=0bit/s"}));
    check_completed(seen);
    CHECK(seen.result["devices"][1]["precopy_bytes"] == 0);
    CHECK(seen.result["devices"][1]["loaded_bytes"] == 120 << 20);
}

TEST_CASE("devices of other kinds take channels of their own") {
    const Seen seen = run_in_child(
        other_device("mlx5", precopy,
                     {"devices.mlx5.count=3", "vmm.multifd.device_state=on", "channel.streams=4"}));
    check_completed(seen);
    CHECK(seen.result["devices"][2]["loaded_bytes"] == 120 << 20);
}

TEST_CASE("a state of 4 GiB takes next to no memory here") {
    const Seen seen = run_in_child(other_device(
        "mlx5",
        "state = { stop = \"4GiB\", chunk = \"8MiB\", save_rate = \"20GB/s\", load_rate = "
        "\"20GB/s\" }\n",
        {"vmm.downtime_limit=2000s"}));
    check_completed(seen);
    CHECK(seen.result["devices"][0]["stop_bytes"] == std::uint64_t{4} << 30);
    CHECK(seen.peak_kib < 300 * 1024);
}

TEST_CASE("one run of devices of other kinds is like the next") {
    const Run run = other_device(
        "mlx5", std::string(precopy) + "time = { suspend = { min = \"1ms\", max = \"9ms\" } }\n");
    CHECK(run_in_child(run).result == run_in_child(run).result);
    Run other = run;
    other.seed = 2;
    CHECK(total_ps(run_in_child(run)) != total_ps(run_in_child(other)));
}
