#include "sim/fault/fault_class.hpp"
#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

using namespace lmsim;
using namespace lmsim::tests;
using sim::FaultHarm;
using sim::FaultHow;

namespace {

using nlohmann::json;

/// A small VM under load that logs what it writes, and its faults.
Run faulty(const std::string& faults, const std::string& more = "") {
    Run run;
    run.scenario = R"(
[run]
warm_up = "1ms"
cool_down = "4ms"
rest = "1s"
time_limit = "20s"
fault_time = "40ms"
[expect]
outcome = "none"
[vm]
vcpus = 2
ram = "16MiB"
ram_used = "8MiB"
io_timeout = "5ms"
ready_poll = "100us"
[vm.dirty]
rate = "20000/s"
working_set = "1MiB"
hot = "256KiB"
[hosts.both.device]
vfs = 2
queue_pairs = 2
queue_size = 16
capacity = "16MiB"
enable = "200us"
reset = "300us"
ready_timeout = "500ms"
[hosts.both.driver]
admin_timeout = "10ms"
log_user_data = true
user_data = { entries = 256, batch = 40 }
)" + more + faults;
    // What QEMU is known to do wrong.
    run.options = {"without=[\"QEMU-CNC-02\", \"QEMU-RUN-04\"]"};
    run.jobs = {{"[a]\nrw=randrw\nbs=4k\niodepth=4\nsize=4m\ntime_based\nruntime=1h\n", {}}};
    return run;
}

std::string fault(const std::string& what, const std::string& keys) {
    return "[[fault]]\nwhat = \"" + what + "\"\n" + keys;
}

bool conserved(const json& result) {
    const json& kept = result["conservation"];
    return result["commands"]["lost"] == 0 && result["commands"]["duplicated"] == 0 &&
           kept["suspended_activity"] == 0 && kept["state_mismatch"] == 0 &&
           kept["page_mismatch"] == 0 && result["broken_invariants"].empty();
}

/// When a class strikes in the run above.
std::string moment_of(const sim::FaultClass& kind) {
    switch (kind.how) {
        case FaultHow::Setup: return "";
        case FaultHow::Act: return "when = \"1ms\"\n";
        case FaultHow::Chance: break;
    }
    return "when = \"1st\"\n";
}

}  // namespace

TEST_CASE("a run survives each class of faults that it has to", "[fault][run]") {
    for (const sim::FaultClass& kind : sim::fault_classes()) {
        if (kind.harm == FaultHarm::Caught) {
            continue;
        }
        const std::string name(kind.name);
        // Somebody has to be reset for that.
        const std::string more =
            name == "ready.late" ? fault("guest.reset", "when = \"1ms\"\n") : "";
        Run run = faulty(fault(name, moment_of(kind)) + more);
        if (name == "suspend.again") {
            run.options.emplace_back("hosts.both.driver.log_user_data=false");
        }
        const json result = run_in_child(run).result;
        INFO(name << ": " << result["outcome"] << ", " << result["reason"] << "\n"
                  << result["faults"] << "\n"
                  << result["broken_invariants"]);
        const json& count = result["faults"][0];
        CHECK(count["id"] == std::string(kind.id));
        CHECK(count["injected"] == 1);
        CHECK(count["survived"] == 1);
        CHECK(conserved(result));
        CHECK(result["outcome"] != "not-converged");
    }
}

TEST_CASE("faults that break a promise of the standard are seen by an invariant", "[fault][run]") {
    const std::pair<const char*, const char*> broken[] = {
        {"completion.duplicated", "when = \"1st\"\nwhere = \"source\"\n"},
        {"cdq.stale_phase", "when = \"40th\"\nwhere = \"source\"\n"},
        {"dirty.misses", "probability = \"100%\"\nvalue = 64\n"},
        {"state.reordered", "when = \"1st\"\n"},
        {"state.bit_flipped", "when = \"1st\"\n"},
        {"dma.stray", "when = \"source.vf0 Suspend Completed\"\nwhere = \"source.vf0\"\n"}};
    for (const auto& [what, keys] : broken) {
        const json result = run_in_child(faulty(fault(what, keys))).result;
        INFO(what << ": " << result["outcome"] << ", " << result["reason"] << "\n"
                  << result["faults"] << "\n"
                  << result["broken_invariants"]);
        CHECK(result["faults"][0]["injected"] != 0);
        CHECK(result["faults"][0]["detected"] != 0);
    }
}

TEST_CASE("the same seed has the same faults", "[fault][run]") {
    const std::string faults = fault("msix.lost", "probability = \"1%\"\n") +
                               fault("completion.late", "probability = \"1%\"\nlength = \"2ms\"\n");
    Run run = faulty(faults);
    const json first = run_in_child(run).result;
    const json second = run_in_child(run).result;
    CHECK(first["trace_hash"] == second["trace_hash"]);
    CHECK(first["faults"] == second["faults"]);
    CHECK(first["faults"][0]["injected"] != 0);
    run.seed = 2;
    CHECK(run_in_child(run).result["faults"] != first["faults"]);
}
