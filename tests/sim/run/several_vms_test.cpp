#include <algorithm>

#include "sim/scenario/load.hpp"
#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

namespace lmsim::tests {

namespace {

using nlohmann::json;
using sim::Ps;

/// VMs with some VFs each.
Run vms(unsigned count, unsigned at_once, const std::string& more = "", unsigned vfs = 2) {
    Run run;
    run.scenario = std::string(small_vm) + R"(
rate = "20000/s"
[vmm]
downtime_limit = "200ms"
[channel]
bandwidth = "10Gbit/s"
streams = 1
[hosts.both.device]
queue_pairs = 2
vfs = )" + std::to_string(vfs) +
                   "\n[vms]\ncount = " + std::to_string(count) +
                   "\nat_once = " + std::to_string(at_once) + "\n" + more;
    run.jobs = {
        {"[a]\nrw=randrw\nbs=4k\niodepth=4\nrate_iops=5000\nsize=64m\ntime_based\n"
         "runtime=1h\n",
         {}}};
    return run;
}

Ps at(const json& object, const char* key) { return object.at(key).get<Ps>(); }

std::uint64_t bytes_of_all(const json& result) {
    std::uint64_t sum = 0;
    for (const json& vm : result["vms"]["each"]) {
        sum += vm["bytes"].get<std::uint64_t>();
    }
    return sum;
}

/// Whatever fell is about that VM.
void check_others_hold(const json& result, const char* vm) {
    for (const json& broken : result["broken_invariants"]) {
        CHECK_THAT(broken["seen"].get<std::string>(), Catch::StartsWith(vm));
    }
}

std::string pin(const char* effect, const char* after) {
    return std::string("[[pin]]\neffect = \"") + effect + "\"\nafter = \"" + after + "\"\n";
}

}  // namespace

TEST_CASE("one VM says nothing of several", "[vms]") {
    CHECK_FALSE(run_in_child(vms(1, 0)).result.contains("vms"));
}

TEST_CASE("VMs that move one after the other each stand still as long as one alone", "[vms]") {
    const json alone = run_in_child(vms(1, 0)).result;
    const json result = run_in_child(vms(3, 1)).result;
    check_conserved(result);
    const json& found = result["vms"];
    CHECK(found["completed"] == 3);
    REQUIRE(found["each"].size() == 3);
    Ps next = 0;
    for (const json& vm : found["each"]) {
        INFO(vm.dump(1));
        CHECK(vm["outcome"] == "completed");
        CHECK(at(vm, "start_ps") == next);
        next += at(vm, "total_ps");
        CHECK(at(vm["waits"], "link_ps") == 0);
        // Other guests' I/O goes on beside it, on the same drive.
        const Ps downtime = at(alone["downtime"], "total_ps");
        CHECK(std::abs(at(vm, "downtime_ps") - downtime) < downtime / 10);
        CHECK(std::abs(at(vm, "total_ps") - at(alone, "total_time_ps")) <
              at(alone, "total_time_ps") / 10);
    }
    CHECK(at(found, "total_ps") == next);
    CHECK(at(result, "total_time_ps") == next);
    const json& last = found["last_vf"];
    CHECK(last["vm"] == 2);
    CHECK(at(last, "turn_ps") == at(found["each"][2], "start_ps"));
}

TEST_CASE("VMs that move at once share the network", "[vms]") {
    const json alone = run_in_child(vms(1, 0)).result;
    const json result = run_in_child(vms(3, 0)).result;
    check_conserved(result);
    const json& found = result["vms"];
    CHECK(found["completed"] == 3);
    CHECK(result["bytes"]["total"] == bytes_of_all(result));
    for (const json& vm : found["each"]) {
        INFO(vm.dump(1));
        CHECK(at(vm, "start_ps") == 0);
        CHECK(at(vm["waits"], "link_ps") > 0);
        CHECK(at(vm, "total_ps") > at(alone, "total_time_ps"));
    }
    // 10 Gbit/s carry no more than that.
    const double seconds = static_cast<double>(at(found, "total_ps")) * 1e-12;
    CHECK(static_cast<double>(bytes_of_all(result)) <= seconds * 1.25e9);
    const json& last = found["last_vf"];
    CHECK(at(last, "ready_ps") ==
          at(last, "turn_ps") + at(last, "precopy_ps") + at(last, "blackout_ps"));
}

TEST_CASE("as many VMs move at the same time as may", "[vms]") {
    const json found = run_in_child(vms(4, 2)).result["vms"];
    std::vector<Ps> begins;
    std::vector<Ps> ends;
    for (const json& vm : found["each"]) {
        begins.push_back(at(vm, "start_ps"));
        ends.push_back(begins.back() + at(vm, "total_ps"));
    }
    CHECK(begins[1] == 0);
    CHECK(begins[2] == std::min(ends[0], ends[1]));
    CHECK(begins[3] == std::min(std::max(ends[0], ends[1]), ends[2]));
}

TEST_CASE("a VM's loads wait behind the commands of another one", "[vms]") {
    const std::string slow = "[hosts.dst.device.admin]\nset_state = \"5ms\"\n";
    const json together = run_in_child(vms(3, 0, slow)).result["vms"];
    const json apart = run_in_child(vms(3, 1, slow)).result["vms"];
    Ps longest = 0;
    for (const json& vm : together["each"]) {
        longest = std::max(longest, at(vm["waits"], "destination_admin_ps"));
    }
    CHECK(longest > 4'000'000'000);
    for (const json& vm : apart["each"]) {
        CHECK(at(vm["waits"], "destination_admin_ps") < 100'000'000);
    }
    CHECK(at(together, "worst_downtime_ps") > at(apart, "worst_downtime_ps"));
}

TEST_CASE("a VM whose migration is cancelled leaves the others alone", "[vms]") {
    const json result =
        run_in_child(vms(3, 0, pin("source.vmm Cancel", "source.vmm PauseVcpus"))).result;
    CHECK(result["outcome"] == "cancelled");
    CHECK(result["vms"]["completed"] == 2);
    CHECK(result["vms"]["each"][0]["outcome"] == "cancelled");
    CHECK(result["vms"]["each"][1]["outcome"] == "completed");
    CHECK(result["vms"]["each"][2]["outcome"] == "completed");
    CHECK(result["commands"]["lost"] == 0);
    // This QEMU may start the one that is cancelled on both sides (INV-OWN-01), and no other.
    check_others_hold(result, "VM 0: ");
}

TEST_CASE("a VM whose VF does not save its state leaves the others alone", "[vms]") {
    // The host's VF 1 is the second VM's.
    const std::string refused = pin("source.vf1 Get Controller State Refused", "run Begins");
    const json result = run_in_child(vms(3, 0, refused, 1)).result;
    CHECK(result["commands"]["lost"] == 0);
    // The destination's VMM may load what it has while the guest goes on (INV-PAGE-01).
    check_others_hold(result, "VM 1: ");
    CHECK(result["outcome"] == "failed");
    CHECK_THAT(result["reason"].get<std::string>(),
               Catch::StartsWith("2 of 3 VMs run on the destination; VM 1: SetDeviceState on the "
                                 "source, VF 0, failed with EIO"));
    CHECK(result["vms"]["each"][0]["outcome"] == "completed");
    CHECK(result["vms"]["each"][1]["outcome"] == "failed");
    CHECK(result["vms"]["each"][2]["outcome"] == "completed");
    CHECK(result["pins"][0]["reached"] == true);
}

TEST_CASE("several VMs give the same run again event by event too", "[vms]") {
    Run run = vms(3, 2);
    const json first = run_in_child(run).result;
    CHECK(run_in_child(run).result.dump() == first.dump());
    run.stride = sim::Stride::Event;
    CHECK(run_in_child(run).result["trace_hash"] == first["trace_hash"]);
}

TEST_CASE("the device tracks the memory of each VM's VFs", "[vms]") {
    const std::string tracks =
        "[hosts.both.device.tracking]\nmemory = true\n[hosts.both.driver]\ntrack_memory = true\n";
    const json alone = run_in_child(vms(1, 0, tracks)).result;
    const json result = run_in_child(vms(2, 0, tracks)).result;
    check_conserved(result);
    CHECK(result["vms"]["completed"] == 2);
    CHECK(result["tracking"]["reports"] > alone["tracking"]["reports"]);
}

TEST_CASE("what several VMs cannot do is refused", "[vms]") {
    const auto refused = [](const std::string& text) {
        return sim::load_scenario_text("[vms]\ncount = 2\n" + text, "s.toml").error_text();
    };
    CHECK_THAT(refused("[hosts.both.device]\nvfs = 40\nmax_vfs = 64\n"),
               Catch::Contains("2 VMs with 40 VFs each need 80, but the device has only "
                               "max_vfs = 64"));
    CHECK_THAT(refused("[hosts.both.driver]\nlog_user_data = true\n"),
               Catch::Contains("user data is logged for one VM alone"));
    CHECK_THAT(refused("[run]\nmigrate = false\n"), Catch::Contains("is about one VM"));
    CHECK_THAT(refused("[host]\narchitecture = \"vmm-direct\"\n"),
               Catch::Contains("only vfio-nvme shares the PF's queue among several VMMs"));
}

}  // namespace lmsim::tests
