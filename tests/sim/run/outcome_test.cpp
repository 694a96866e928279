#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

namespace lmsim::tests {

namespace {

using nlohmann::json;

constexpr const char* reader =
    "[r]\nrw=randread\nbs=4k\niodepth=4\nsize=8m\ntime_based\nruntime=1h\n";

Run reading_vm() {
    Run run;
    run.scenario = std::string(small_vm) + R"(
rate = "10000/s"
[hosts.both.device]
vfs = 2
queue_pairs = 2
)";
    run.jobs = {{reader, {}}};
    return run;
}

std::string reason(const Seen& seen) { return seen.result["reason"]; }

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// A VM that writes two thirds of what the channel carries.
Run writer(const std::string& limit) {
    Run run = reading_vm();
    run.options = {"vm.ram=512MiB",
                   "vm.ram_used=512MiB",
                   "vm.dirty.rate=40000/s",
                   "vm.dirty.working_set=256MiB",
                   "vm.dirty.hot_share=0%",
                   "channel.bandwidth=2Gbit/s",
                   "vmm.downtime_limit=" + limit};
    return run;
}

}  // namespace

TEST_CASE(
    "a VM that writes faster than the channel carries does not converge, and the result says so") {
    Run run = writer("100ms");
    run.options.insert(run.options.end(), {"vm.dirty.rate=200000/s", "run.time_limit=8s"});
    const Seen seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "not-converged");
    CHECK(has(reason(seen), "still dirty: more than the downtime limit allows"));
    CHECK(has(reason(seen), "until run.time_limit"));
    CHECK(seen.result["precopy"]["rounds"].get<int>() > 2);
    CHECK(seen.result["downtime"]["total_ps"] == 0);
    CHECK(seen.result["downtime"]["parts"].empty());
    CHECK(seen.result["commands"]["lost"] == 0);
}

TEST_CASE("the downtime limit bounds what is left to send at the switchover") {
    std::int64_t before = 0;
    for (const int limit_ms : {500, 800, 1000}) {
        INFO(limit_ms << " ms");
        const Seen seen = run_in_child(writer(std::to_string(limit_ms) + "ms"));
        check_conserved(seen.result);
        CHECK(seen.result["outcome"] == "completed");
        // 2 Gbit/s are 250 kB/ms; the VFs' state and the last writes come on top.
        const json& rounds = seen.result["precopy"]["each"];
        const std::int64_t left = rounds[rounds.size() - 2]["dirty_bytes"];
        CHECK(left <= 250'000LL * limit_ms);
        const std::int64_t tail = part_ps(seen.result, "tracking-tail");
        CHECK(tail <= (limit_ms + 30) * 1'000'000'000LL);
        CHECK(tail >= before);
        before = tail;
    }
}

TEST_CASE("a time limit in the middle of things is told apart") {
    Run run = reading_vm();
    run.options = {"hosts.both.device.enable=90ms", "run.time_limit=50ms"};
    const Seen boot = run_in_child(run);
    CHECK(boot.result["outcome"] == "failed");
    CHECK(reason(boot) == "run.time_limit came before the migration began");
    run.options = {"vm.devices.save=10s", "run.time_limit=5s"};
    const Seen switchover = run_in_child(run);
    CHECK(switchover.result["outcome"] == "not-converged");
    CHECK(reason(switchover) == "run.time_limit came in the middle of the switchover");
    CHECK(switchover.result["downtime"]["total_ps"].get<std::int64_t>() > 4'000'000'000'000);
}

TEST_CASE("a destination that cannot hold the queues: QEMU resets the VF and starts the VM") {
    for (const char* less : {"queue_pairs=1", "queue_size=512"}) {
        INFO(less);
        Run run = reading_vm();
        run.options = {std::string("hosts.dst.device.") + less, "hosts.both.device.reset=1ms"};
        const Seen seen = run_in_child(run);
        CHECK(seen.result["outcome"] == "completed");
        INFO(reason(seen));
        CHECK(has(reason(seen),
                  "the VM runs on the destination, although SetDeviceState on the "
                  "destination, VF 0, failed with EIO"));
        CHECK(has(reason(seen), "but VF 0 does not work there: its controller is not enabled"));
        CHECK(seen.result["commands"]["lost"].get<int>() > 0);
        CHECK(seen.result["commands"]["duplicated"] == 0);
        CHECK(seen.result["guest"]["after"]["commands"] == 0);
    }
}

TEST_CASE("a destination with a smaller MDTS fails the guest's large commands") {
    Run run = reading_vm();
    run.options = {"hosts.dst.device.mdts=16KiB"};
    run.jobs = {{"[r]\nrw=randread\nbs=64k\niodepth=4\nsize=8m\ntime_based\nruntime=1h\n", {}}};
    const Seen seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "completed");
    INFO(reason(seen));
    CHECK(has(reason(seen), "I/Os of the guest ended in errors"));
    check_conserved(seen.result);
}

TEST_CASE("a source whose admin commands time out runs on") {
    Run run = reading_vm();
    run.options = {"hosts.src.device.admin.get_state=2s", "hosts.both.driver.admin_timeout=1s",
                   "hosts.both.device.reset=1ms"};
    const Seen seen = run_in_child(run);
    INFO(reason(seen));
    CHECK(seen.result["outcome"] == "failed");
    CHECK(has(reason(seen), "failed with ETIMEDOUT; the VM runs on the source"));
    CHECK(seen.result["commands"]["duplicated"] == 0);
}

TEST_CASE("a guest completion queue that is full holds up the Suspend: the time-out says where") {
    Run run = reading_vm();
    run.options = {"hosts.both.device.completion_queue_size=3", "hosts.both.device.queue_pairs=1",
                   "hosts.both.driver.admin_timeout=200ms", "hosts.both.device.reset=1ms"};
    run.jobs = {{"[r]\nrw=randread\nbs=4k\niodepth=24\nsize=8m\ntime_based\nruntime=1h\n", {1}}};
    const Seen seen = run_in_child(run);
    INFO(reason(seen));
    CHECK(seen.result["outcome"] == "failed");
    CHECK(has(reason(seen), "on the source, VF 1, failed with ETIMEDOUT"));
    CHECK(has(reason(seen), "VF 1 cannot come to rest: its completion queue 1 is full"));
    CHECK(has(reason(seen), "completions wait for room"));
    CHECK(seen.result["commands"]["duplicated"] == 0);
    // With room for all of them it moves.
    run.options[0] = "hosts.both.device.completion_queue_size=32";
    CHECK(run_in_child(run).result["outcome"] == "completed");
}

TEST_CASE("a destination that reaches other namespaces is refused, and the reason names them") {
    Run run = reading_vm();
    run.options = {"hosts.dst.device.namespace_set=2"};
    const Seen seen = run_in_child(run);
    INFO(reason(seen));
    CHECK(seen.result["outcome"] == "failed");
    CHECK(has(reason(seen),
              "the migration did not begin: VF 0 does not find its data there: "
              "namespace 1 has another NGUID on the destination"));
    check_conserved(seen.result);
    CHECK(seen.result["guest"]["after"]["commands"].get<int>() > 0);
    run.options = {"hosts.both.device.namespace_set=2",
                   "hosts.both.device.private_namespaces=false"};
    CHECK(run_in_child(run).result["outcome"] == "completed");
}

TEST_CASE("256 VFs move") {
    Run run = reading_vm();
    run.options = {"hosts.both.device.vfs=256", "hosts.both.device.max_vfs=256",
                   "hosts.both.device.queue_pairs=1", "hosts.both.device.queue_size=16"};
    const Seen seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "completed");
    check_conserved(seen.result);
    CHECK(seen.result["guest"]["after"]["commands"].get<int>() > 256);
}

TEST_CASE("a VM without I/O moves") {
    Run run = reading_vm();
    run.jobs.clear();
    const Seen seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "completed");
    check_conserved(seen.result);
    CHECK(seen.result["commands"]["submitted"] == 0);
    CHECK(seen.result["guest"]["longest_gap_ps"] == 0);
}

TEST_CASE("a long light run needs no more memory than a short one") {
    Run run = reading_vm();
    run.jobs = {
        {"[r]\nrw=randrw\nbs=4k\nrate_iops=500\niodepth=4\nsize=8m\ntime_based\n"
         "runtime=1h\n",
         {}}};
    run.options = {"run.warm_up=5s"};
    const Seen five = run_in_child(run);
    run.options = {"run.warm_up=60s"};
    const Seen sixty = run_in_child(run);
    CHECK(sixty.result["commands"]["completed"].get<int>() >
          8 * five.result["commands"]["completed"].get<int>());
    CHECK(sixty.peak_kib < five.peak_kib + 4096);
}

}  // namespace lmsim::tests
