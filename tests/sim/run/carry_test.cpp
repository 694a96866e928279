#include "model/nvme/machines.hpp"
#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

// What NVMe Controller State version 0 leaves out has to be carried by somebody. Each case takes
// the carrier away and shows what the guest then misses (docs/controller-state.md).

namespace lmsim::tests {

namespace {

using nlohmann::json;
using sim::VmmSide;
using spec::Id;

/// What one VF's controller holds that version 0 does not.
json controller(const sim::Simulation& simulation, VmmSide side) {
    const auto& c = simulation.device(side).subsystem().controller[1];
    return {{"ready", static_cast<nvme::Life>(c.life) == nvme::Life::Ready},
            {"cc", c.cc},
            {"aqa", c.aqa},
            {"asq", c.asq},
            {"acq", c.acq},
            {"admin_tail", c.sq[0].tail},
            {"number_of_queues", c.queues_granted},
            {"aer_config", c.aer_config},
            {"coalescing", c.coalescing},
            {"aers", c.aers},
            {"io_queues", c.sq[1].size != 0 && c.cq[1].size != 0}};
}

class LostInterrupts : public sim::trace::TraceSink {
  public:
    void interrupt_lost(sim::Ps, sim::metrics::Side side, sim::metrics::Device) override {
        count_ += side == sim::metrics::Side::Destination ? 1 : 0;
    }
    int count() const { return count_; }

  private:
    int count_ = 0;
};

Run moved_vm(const std::string& carry) {
    Run run;
    run.scenario = R"(
[run]
warm_up = "3ms"
cool_down = "3ms"
[vm]
ram = "64MiB"
ram_used = "32MiB"
[vm.dirty]
working_set = "4MiB"
hot = "1MiB"
[hosts.both.device]
vfs = 1
queue_pairs = 2
)";
    run.jobs = {{"[j]\nrw=randrw\nbs=4k\niodepth=8\nsize=8m\ntime_based\nruntime=1h\n", {}}};
    if (!carry.empty()) {
        run.options = {"carry." + carry + "=none"};
    }
    run.look = [](const sim::Simulation& simulation, json& more) {
        more["src"] = controller(simulation, VmmSide::Source);
        more["dst"] = controller(simulation, VmmSide::Destination);
    };
    return run;
}

/// The destination's controller is as the source's but for these.
void check_differences(const json& more, const std::vector<std::string>& expected) {
    std::vector<std::string> found;
    for (const auto& [key, value] : more["src"].items()) {
        if (more["dst"][key] != value) {
            found.push_back(key);
        }
    }
    CHECK(found == expected);
}

std::string reason(const Seen& seen) { return seen.result["reason"]; }

}  // namespace

TEST_CASE("carried: the destination's controller is the source's") {
    const Seen seen = run_in_child(moved_vm(""));
    check_conserved(seen.result);
    CHECK(reason(seen) == "the VM runs on the destination");
    CHECK(seen.more["src"]["aers"] == 1);
    CHECK(seen.more["src"]["number_of_queues"] == 2);
    check_differences(seen.more, {});
}

TEST_CASE("without the registers the controller is not enabled: all I/O is lost") {
    const Seen seen = run_in_child(moved_vm("registers"));
    CHECK(seen.result["commands"]["lost"].get<int>() > 0);
    CHECK(seen.result["guest"]["after"]["commands"] == 0);
    CHECK(reason(seen) ==
          "the VM runs on the destination, but VF 0 does not work there: its controller is not "
          "enabled");
    CHECK(seen.result["downtime"]["ended"] == false);
    CHECK(part_ps(seen.result, "resume") > 1'000'000'000'000);  // a blackout without end
    // Not enabled, it has no use for the rest that was carried.
    check_differences(seen.more, {"admin_tail", "aers", "cc", "ready"});
}

TEST_CASE("without the admin queue I/O goes on, but no admin command is ever answered") {
    const Seen seen = run_in_child(moved_vm("admin_queue"));
    check_conserved(seen.result);
    CHECK(seen.result["guest"]["after"]["commands"].get<int>() > 0);
    // Its next doorbell is beyond the queue of one entry that it has at address 0, where the
    // guest's queue happens to be as well.
    check_differences(seen.more, {"acq", "admin_tail", "aqa"});
}

TEST_CASE("without the features I/O goes on under other settings than the guest made") {
    Run run = moved_vm("features");
    run.options.emplace_back("hosts.both.device.queue_pairs=4");
    const Seen seen = run_in_child(run);
    check_conserved(seen.result);
    CHECK(seen.more["dst"]["number_of_queues"] == 0);
    check_differences(seen.more, {"number_of_queues"});
}

TEST_CASE("without the AERs events of the destination reach nobody") {
    const Seen seen = run_in_child(moved_vm("aer"));
    check_conserved(seen.result);
    check_differences(seen.more, {"aers"});
    CHECK(seen.more["dst"]["aers"] == 0);
}

TEST_CASE("without MSI-X completions are written and the guest never looks") {
    LostInterrupts lost;
    Run run = moved_vm("msix");
    run.sink = &lost;
    run.look = [&lost](const sim::Simulation&, json& more) { more["lost"] = lost.count(); };
    const Seen seen = run_in_child(run);
    CHECK(seen.more["lost"].get<int>() > 0);
    CHECK(seen.result["commands"]["lost"].get<int>() > 0);
    CHECK(seen.result["guest"]["after"]["commands"] == 0);
    CHECK(reason(seen) ==
          "the VM runs on the destination, but VF 0 does not work there: its interrupts are off");
}

TEST_CASE("without recorded doorbells nothing is missing as long as vCPUs stop first") {
    Run run = moved_vm("doorbells");
    // One at a time: a later doorbell would tell of all commands before it.
    run.jobs = {{"[j]\nrw=randread\nbs=4k\nsize=8m\ntime_based\nruntime=1h\n", {}}};
    check_conserved(run_in_child(run).result);
    // A notification that suspends lets the vCPUs ring at a controller that stands still.
    run.options.emplace_back("hosts.both.driver.pre_copy=true");
    run.rules.set_on(Id::SuspendNotificationStopsNothing, false);
    CHECK(run_in_child(run).result["commands"]["lost"].get<int>() > 0);
    run.options[0] = "carry.doorbells=vfio";
    check_conserved(run_in_child(run).result);
}

}  // namespace lmsim::tests
