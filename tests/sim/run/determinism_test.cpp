#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

namespace lmsim::tests {

namespace {

Run mixed() {
    Run run;
    run.scenario = std::string(small_vm) + R"(
rate = "200000/s"
[hosts.both.device]
vfs = 3
queue_pairs = 2
)";
    run.jobs = {{"[a]\nrw=randrw\nbssplit=4k/70:64k/30\niodepth=8\nsize=64m\n"
                 "random_distribution=zipf:1.2\ntime_based\nruntime=1h\n",
                 {}},
                {"[b]\nrw=write\nbs=16k\nfdatasync=4\nrate_iops=9000\nsize=8m\ntime_based\n"
                 "runtime=1h\n",
                 {1}}};
    return run;
}

std::string hash_of(const Run& run) { return run_in_child(run).result["trace_hash"]; }

class Counter : public sim::trace::TraceSink {
  public:
    void command(const sim::trace::CommandRecord&) override { ++commands_; }
    int commands() const { return commands_; }

  private:
    int commands_ = 0;
};

}  // namespace

TEST_CASE("the same scenario and seed give the same run") {
    const Seen first = run_in_child(mixed());
    const Seen second = run_in_child(mixed());
    check_conserved(first.result);
    CHECK(first.result.dump(1) == second.result.dump(1));
}

TEST_CASE("another seed, or another value, gives another run") {
    Run run = mixed();
    const std::string hash = hash_of(run);
    run.seed = 2;
    CHECK(hash_of(run) != hash);
    run.seed = 1;
    run.options = {"vm.irq_latency=2001ns"};
    CHECK(hash_of(run) != hash);
}

TEST_CASE("one kernel activation for each event gives the same run") {
    Run run = mixed();
    const nlohmann::json horizon = run_in_child(run).result;
    run.stride = sim::Stride::Event;
    CHECK(run_in_child(run).result.dump(1) == horizon.dump(1));
}

TEST_CASE("who watches changes nothing") {
    Run run = mixed();
    const nlohmann::json alone = run_in_child(run).result;
    Counter counter;
    run.sink = &counter;
    run.look = [&counter](const sim::Simulation&, nlohmann::json& more) {
        more["commands"] = counter.commands();
    };
    const Seen watched = run_in_child(run);
    CHECK(watched.more["commands"].get<int>() > 0);
    CHECK(watched.result.dump(1) == alone.dump(1));
}

TEST_CASE("compilers and their options give the same run") {
    // Every build compares with this one number. A change of what is simulated changes it: then
    // write the new one here, from a release build.
    CHECK(hash_of(mixed()) == "0x8d113c4f0a122f58");
}

}  // namespace lmsim::tests
