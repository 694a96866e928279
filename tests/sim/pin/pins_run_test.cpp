#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

using namespace lmsim;
using namespace lmsim::tests;

namespace {

using nlohmann::json;

std::string pin(const std::string& effect, const std::string& after = "run Begins",
                const std::string& delay = "0s") {
    return "[[pin]]\neffect = \"" + effect + "\"\nafter = \"" + after + "\"\ndelay = \"" + delay +
           "\"\n";
}

/// A small VM, and what it has to keep to.
Run pinned(const std::string& pins, const std::string& run_keys = "") {
    Run run;
    run.scenario = "[run]\n" + run_keys + R"(
warm_up = "1ms"
cool_down = "1ms"
rest = "100ms"
time_limit = "10s"
[vm]
ram = "16MiB"
ram_used = "4MiB"
[vm.dirty]
rate = "0/s"
working_set = "1MiB"
hot = "0B"
[hosts.both.device]
vfs = 2
queue_pairs = 1
reset = "1us"
)" + pins;
    return run;
}

bool fell(const json& result, const std::string& id) {
    for (const json& one : result["broken_invariants"]) {
        if (one["id"] == id) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("an effect waits for what a pin names, and so long after it", "[pin]") {
    const json free = run_in_child(pinned("")).result;
    CHECK(free["pins"].empty());
    const json held =
        run_in_child(pinned(pin("source.vmm PauseVcpus", "source.vmm DirtyLogStart", "5s"))).result;
    REQUIRE(held["outcome"] == "completed");
    REQUIRE(held["pins"].size() == 1);
    CHECK(held["pins"][0]["reached"] == true);
    CHECK(held["pins"][0]["t_ps"].get<std::int64_t>() >= 5'000'000'000'000);
    CHECK(held["pins"][0]["held_ps"].get<std::int64_t>() > 0);
    CHECK(held["broken_invariants"].empty());
}

TEST_CASE("a fault, a cancel and what a user asks happen when a pin says so", "[pin]") {
    const json cancelled =
        run_in_child(pinned(pin("source.vmm Cancel", "source.vmm PauseVcpus"))).result;
    CHECK(cancelled["outcome"] == "cancelled");
    CHECK(cancelled["pins"][0]["reached"] == true);
    CHECK(cancelled["broken_invariants"].empty());

    const json refused = run_in_child(pinned(pin("source.vf0 Suspend Refused"))).result;
    CHECK(refused["outcome"] == "failed");
    CHECK(refused["pins"][0]["reached"] == true);

    const json cut =
        run_in_child(pinned(pin("channel Cut", "source.vf0 Suspend Completed"))).result;
    CHECK(cut["outcome"] == "failed");
    CHECK(cut["pins"][0]["reached"] == true);

    const json late =
        run_in_child(pinned(pin("source.vf1 Suspend TimedOut", "source.vf1 Suspend Fetched")))
            .result;
    CHECK(late["outcome"] == "failed");
    CHECK(late["pins"][0]["reached"] == true);

    const json user =
        run_in_child(pinned(pin("source.vf0 SET STOP") +
                                pin("source.vf0 SET RUNNING", "source.vf0 Suspend Completed"),
                            "migrate = false"))
            .result;
    CHECK(user["outcome"] == "completed");
    CHECK(user["total_time_ps"].get<std::int64_t>() > 0);
    CHECK(user["broken_invariants"].empty());
    CHECK(user["pins"][1]["reached"] == true);
}

TEST_CASE("the monitor sees what a reset that overtakes a Suspend does", "[pin][rows-off]") {
    Run run = pinned(pin("source.vf0 SET STOP") +
                         pin("source.vf0 Reset", "source.vf0 Suspend Fetched", "1ms") +
                         pin("source.vf0 Suspend Executed", "source.vf0 Reset"),
                     "migrate = false");
    run.rules.set_on(spec::Id::HostWaitsOverReset, false);
    const json struck = run_in_child(run).result;
    CHECK(struck["pins"][2]["reached"] == true);
    CHECK(fell(struck, "INV-OWN-04"));
}

TEST_CASE("a pin that is not reached says why, and whoever waits is no rest", "[pin]") {
    // Its completion comes only after it: nothing can bring that about.
    const json stuck =
        run_in_child(pinned(pin("source.vf0 Suspend Executed", "source.vf0 Suspend Completed")))
            .result;
    CHECK(stuck["outcome"] == "not-converged");
    CHECK(stuck["pins"][0]["reached"] == false);
    const std::string text = stuck["pins"][0]["text"];
    INFO(text);
    CHECK(text.find("source.vf0 Suspend Executed was held from ") == 0);
    CHECK(text.find("source.vf0 Suspend Completed, did not come while it stood still") !=
          std::string::npos);
    CHECK(stuck["broken_invariants"].empty());

    const json never =
        run_in_child(pinned(pin("source.vf0 Resume Executed", "source.vf0 Suspend Executed") +
                            pin("source.vmm Cancel", "destination.vmm FindsClosed") +
                            pin("source.vf0 Resume TimedOut", "source.vf0 Suspend Completed")))
            .result;
    CHECK(never["outcome"] == "completed");
    const std::string behind = never["pins"][0]["text"];
    CHECK(behind.find("source.vf0 Suspend Executed came at ") == 0);
    const std::string impossible = never["pins"][2]["text"];
    CHECK(impossible.find("no such command was under way") == 0);
}

TEST_CASE("commands of the guest wait, too", "[pin]") {
    Run run = pinned(pin("3rd source.vf0 Executed", "source.vmm PauseVcpus") +
                     pin("6th guest.vf0 Submitted", "5th guest.vf0 Completed", "1ms"));
    run.jobs = {{"[r]\nrw=randwrite\nbs=4k\niodepth=1\nsize=1m\nnumber_ios=2000\n", {0}}};
    run.options = {"run.warm_up=1ms"};
    const json result = run_in_child(run).result;
    INFO(result["pins"].dump(1));
    CHECK(result["pins"][0]["reached"] == true);
    CHECK(result["pins"][1]["reached"] == true);
    CHECK(result["broken_invariants"].empty());
    CHECK(result["commands"]["lost"] == 0);
}
