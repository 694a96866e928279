#include "sim/host/cdq_program.hpp"

#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using host::CdqAbi;
using lmsim::tests::Run;
using lmsim::tests::run_in_child;
using spec::Id;
using spec::Rules;

namespace {

/// What became of the log of a VM that moves, whose queues are for a program of this kind.
nlohmann::json logged(const std::string& abi, const Rules& rules) {
    Run run;
    run.scenario = R"(
[vm]
ram = "64MiB"
ram_used = "64MiB"
dirty = { rate = "100/s", working_set = "1MiB", hot = "0B" }
[hosts.both.device]
vfs = 1
queue_pairs = 1
[hosts.both.driver]
log_user_data = true
user_data = { entries = 256, batch = 32, abi = ")" +
                   abi + "\" }\n";
    run.jobs = {
        {"[j]\nrw=randwrite\nbs=4k\niodepth=4\ntime_based\nruntime=10s\n", {}}};
    run.rules = rules;
    const auto seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "completed");
    return seen.result["cdq"];
}

}  // namespace

TEST_CASE("the driver has the queues of its log unless the dialect gives them to a program") {
    CHECK(logged("i386", Rules())["entries"] > 0);
}

TEST_CASE("a program has the queues by ioctl, if the kernel knows its number") {
    Rules rules;
    rules.set_on(Id::CdqByIoctl, true);
    const nlohmann::json cdq = logged("lp64", rules);
    CHECK(cdq["entries"] > 0);
    CHECK(cdq["tail_events"] > 0);
    CHECK(cdq["lost"] == 0);
    CHECK(logged("i386", rules)["entries"] == 0);
    rules.set_on(Id::CdqIoctlKnows32, true);
    CHECK(logged("i386", rules)["entries"] == cdq["entries"]);
}

TEST_CASE("the kernel looks at number, size and place of a ring before it asks the controller") {
    const Rules rules;
    host::CdqIoctl argument;
    argument.size = 20 * 512 * 4096;
    argument.entries = 0x10000;
    CHECK(kernel_takes(argument, CdqAbi::Lp64, rules));
    CHECK_FALSE(kernel_takes(argument, CdqAbi::I386, rules));
    argument.size += 4096;
    CHECK_FALSE(kernel_takes(argument, CdqAbi::Lp64, rules));
    argument.size = 4096;
    argument.entries += 32;
    CHECK_FALSE(kernel_takes(argument, CdqAbi::Lp64, rules));
    argument = {};
    argument.id = 7;  // a Delete
    CHECK(kernel_takes(argument, CdqAbi::Lp64, rules));
}
