#include "sim/run/dialects.hpp"
#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

// Engines in a whole run: device state on channels of its own, what devices cost the VMM, Cloud
// Hypervisor.
namespace lmsim::tests {

namespace {

using nlohmann::json;

constexpr std::int64_t ms = 1'000'000'000;
constexpr std::int64_t mib = 1 << 20;

/// A guest that hardly writes, VFs with 8 MiB of state each, all the network one stream's.
Run quiet(int vfs) {
    Run run;
    run.scenario = R"(
[run]
warm_up = "2ms"
cool_down = "2ms"
[vm]
ram = "64MiB"
ram_used = "16MiB"
[vm.dirty]
rate = "10/s"
working_set = "1MiB"
hot = "0B"
[channel]
bandwidth = "10Gbit/s"
stream_limit = "10Gbit/s"
[hosts.both.device]
queue_pairs = 1
vendor_bytes = "8MiB"
state_rate = "4GB/s"
)";
    run.options = {"hosts.both.device.vfs=" + std::to_string(vfs)};
    return run;
}

/// An idle guest's window says nothing of the bandwidth (QEMU).
Run idle(int vfs) {
    Run run = quiet(vfs);
    run.options.emplace_back("vmm.avail_switchover_bandwidth=1000Gbit/s");
    return run;
}

Run with(Run run, const std::vector<std::string>& options) {
    run.options.insert(run.options.end(), options.begin(), options.end());
    return run;
}

const std::vector<std::string> threaded = {"vmm.multifd.device_state=on", "channel.streams=4"};
const std::vector<std::string> cloud = {"vmm.engine=cloud-hypervisor"};

std::int64_t downtime_of(const Run& run) {
    const Seen seen = run_in_child(run);
    check_conserved(seen.result);
    REQUIRE(seen.result["outcome"] == "completed");
    return seen.result["downtime"]["total_ps"];
}

std::string errors_of(const Run& run) {
    sim::LoadedScenario loaded = sim::load_scenario_text(run.scenario, "test.toml", run.options);
    sim::load_dialects(loaded);
    return loaded.error_text();
}

}  // namespace

TEST_CASE("device state on its own channels: reading, sending and loading overlap",
          "[run][multifd]") {
    const std::int64_t off = downtime_of(with(idle(2), {"channel.streams=4"}));
    const std::int64_t on = downtime_of(with(idle(2), threaded));
    // Two devices with 8 MiB each: 6.7 ms each on the network, whatever the order.
    CHECK(on > 13 * ms);
    CHECK(on < off);
}

TEST_CASE("channels share the network, and each is bound by its CPU", "[run][multifd]") {
    // 4 VFs with 8 MiB: 32 MiB; a channel sends 1 Gbit/s.
    const auto at = [](int channels) {
        return downtime_of(with(idle(4), {"vmm.multifd.device_state=on", "channel.streams=4",
                                          "channel.stream_limit=1Gbit/s",
                                          "vmm.multifd.channels=" + std::to_string(channels)}));
    };
    const std::int64_t one = at(1);
    const std::int64_t four = at(4);
    const std::int64_t sixteen = at(16);
    const auto sent = [](int gbit) { return 4 * 8 * mib * 8 * 1000 / gbit; };  // ps
    CHECK(one > sent(1));
    CHECK(four > sent(4));
    CHECK(four < one / 2);
    CHECK(sixteen > sent(10));
    CHECK(sixteen < four);
}

TEST_CASE("what devices cost the VMM is in the blackout, growing with those before", "[run][vmm]") {
    const std::int64_t free = downtime_of(idle(3));
    const std::int64_t paid = downtime_of(
        with(idle(3), {"vmm.vfio.first_stop=50ms", "vmm.vfio.first_start=30ms",
                       "vmm.vfio.stop=10ms", "vmm.vfio.start=4ms", "vmm.vfio.growth=50%"}));
    // 80 + 3 (10 + 4) + 50 % (1 + 2) (10 + 4) = 143 ms
    CHECK(std::abs(paid - free - 143 * ms) < ms / 10);
    const Run setup = with(idle(3), {"vmm.vfio.setup=20ms", "vmm.vfio.setup_growth=100%"});
    const json later = run_in_child(setup).result;
    const json before = run_in_child(idle(3)).result;
    const std::int64_t grown =
        later["total_time_ps"].get<std::int64_t>() - before["total_time_ps"].get<std::int64_t>();
    CHECK(std::abs(grown - 120 * ms) < 20 * ms);
}

TEST_CASE("channels cost at the last flush, packets when they are copied", "[run][multifd]") {
    const std::int64_t free = downtime_of(with(idle(1), threaded));
    const std::int64_t flushes =
        downtime_of(with(with(idle(1), threaded), {"vmm.multifd.channel_cost=10ms"}));
    CHECK(flushes - free > 20 * ms);
    const std::int64_t copies =
        downtime_of(with(with(idle(1), threaded), {"vmm.multifd.copy_cost=5ms"}));
    CHECK(copies - free > 30 * ms);  // 8 MiB, less what the network hid
}

TEST_CASE("Cloud Hypervisor moves the VM with its devices", "[run][cloud]") {
    const Seen seen = run_in_child(with(quiet(2), cloud));
    check_conserved(seen.result);
    REQUIRE(seen.result["outcome"] == "completed");
    // The state of both as base64 on one connection: 21.3 MiB at 10 Gbit/s.
    CHECK(part_ps(seen.result, "transfer") > 17 * ms);
    CHECK(seen.result["bytes"]["device_state"].get<std::int64_t>() > 2 * 8 * mib * 4 / 3);
    const std::int64_t printed = seen.result["vmm"]["downtime_ms"];
    CHECK(printed > 17);
    CHECK(seen.result["vmm"]["name"] == "Cloud Hypervisor");
}

TEST_CASE("Cloud Hypervisor takes the devices in the order of its map", "[run][cloud]") {
    const std::int64_t one = downtime_of(with(with(quiet(3), cloud), {"vmm.cloud.order=1"}));
    const std::int64_t two = downtime_of(with(with(quiet(3), cloud), {"vmm.cloud.order=2"}));
    CHECK(std::abs(one - two) < ms);
}

TEST_CASE("what an engine has not is refused if it is asked for", "[run][vmm]") {
    const auto says = [](const std::vector<std::string>& options, const std::string& part) {
        const std::string errors = errors_of(with(quiet(1), options));
        INFO(errors);
        CHECK(errors.find(part) != std::string::npos);
    };
    CHECK(errors_of(with(quiet(1), cloud)).empty());
    says({"vmm.engine=cloud-hypervisor", "vmm.switchover_ack=true"}, "asks nobody");
    says({"vmm.engine=cloud-hypervisor", "vmm.throttle.on=true"}, "does not slow vCPUs");
    says({"vmm.engine=cloud-hypervisor", "vmm.multifd.device_state=on"}, "in one message");
    says({"vmm.engine=cloud-hypervisor", "hosts.src.driver.pre_copy=true"}, "knows no PRE_COPY");
    says({"vmm.engine=cloud-hypervisor", "vmm.avail_switchover_bandwidth=1Gbit/s"}, "last round");
    says({"vmm.engine=cloud-hypervisor", "vmm.max_bandwidth=1Gbit/s"}, "no limit of bandwidth");
    says({"vmm.engine=cloud-hypervisor", "vmm.tracking.by=none"}, "logs what it writes");
    says({"vmm.engine=qemu-8.2", "vmm.multifd.device_state=on"}, "on its main channel alone");
    says({"vmm.engine=qemu-10.0", "vmm.multifd.queue_cap=1MiB"}, "10.1 and later");
    says({"vmm.engine=qemu-10.0", "vmm.multifd.config_late=true"}, "10.1 and later");
    says({"vmm.cloud.timeout=10s"}, "only Cloud Hypervisor");
    CHECK(errors_of(with(quiet(1), {"vmm.cloud.timeout=3600s"})).empty());
    says({"vmm.engine=qemu-10.1", "with=[\"QEMU-DEC-12\"]"}, "QEMU 11.1's alone");
}

}  // namespace lmsim::tests
