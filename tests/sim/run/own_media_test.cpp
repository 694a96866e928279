#include "sim/device/media_model.hpp"
#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

// Media of a program's own, in a whole run.

namespace lmsim::tests {

namespace {

using nlohmann::json;

struct Constant : sim::MediaModel {
    sim::Ps takes(const sim::MediaWork& /*work*/, sim::Ps /*now*/) override {
        return 20 * sim::ps_per_us;
    }
};

Run one_at_a_time() {
    Run run;
    run.scenario = std::string(small_vm) +
                   "[hosts.both.device]\nvfs = 1\n[hosts.both.device.media]\nread = \"20us\"\n"
                   "write = \"20us\"\n";
    run.jobs = {{"[a]\nrw=randrw\nbs=4k\niodepth=1\nsize=16m\ntime_based\nruntime=1h\n", {}}};
    return run;
}

}  // namespace

TEST_CASE("media that take what the scenario's do give the same run") {
    const json ours = run_in_child(one_at_a_time()).result;
    Constant constant;
    Run run = one_at_a_time();
    run.media = {&constant, &constant};
    const json theirs = run_in_child(run).result;
    check_conserved(theirs);
    CHECK(theirs["guest"] == ours["guest"]);
    CHECK(theirs["downtime"] == ours["downtime"]);
    CHECK(theirs["commands"] == ours["commands"]);
}

TEST_CASE("with media of a program's own all time is exact, and the result says why") {
    Constant constant;
    Run run = one_at_a_time();
    run.options = {"run.fidelity=hybrid"};
    run.media = {&constant, nullptr};
    const json result = run_in_child(run).result;
    CHECK(result["fidelity"] == "exact");
    CHECK(result.dump().find("the media are a program's own") != std::string::npos);
}

}  // namespace lmsim::tests
