#include <fmt/format.h>

#include "sim/core/random.hpp"
#include "sim/host/ram.hpp"
#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

namespace lmsim::tests {

namespace {

using nlohmann::json;
using spec::Id;

template <class T>
T one_of(sim::Random& random, std::initializer_list<T> list) {
    return *(list.begin() + random.below(list.size()));
}

std::vector<std::string> random_host(sim::Random& random, const std::string& host) {
    const std::string at = "hosts." + host;
    return {
        fmt::format("{}.device.contexts={}", at, one_of(random, {1, 2, 3, 16, 1024})),
        fmt::format("{}.device.admin.parallel={}", at, one_of(random, {1, 2, 4})),
        fmt::format("{}.device.admin.depth={}", at, one_of(random, {3, 4, 32})),
        fmt::format("{}.device.media.channels={}", at, one_of(random, {1, 2, 16})),
        fmt::format("{}.link.generation={}", at, one_of(random, {3, 4, 5})),
        fmt::format("{}.link.lanes={}", at, one_of(random, {1, 4, 16})),
        fmt::format("{}.link.mps={}", at, one_of(random, {"128B", "512B", "4KiB"})),
        fmt::format("{}.link.latency={}", at, one_of(random, {"0s", "150ns", "2us"})),
        fmt::format("{}.driver.irq={}", at, one_of(random, {"0s", "3us"})),
        fmt::format("{}.driver.submit={}", at, one_of(random, {"0s", "1us"})),
    };
}

std::vector<std::string> random_options(sim::Random& random) {
    std::vector<std::string> options = random_host(random, "src");
    const std::vector<std::string> other = random_host(random, "dst");
    options.insert(options.end(), other.begin(), other.end());
    // Both sides of a pair must be able to hold the same guest.
    const int vfs = one_of(random, {1, 2, 3, 4});
    const std::vector<std::string> both = {
        fmt::format("hosts.both.device.vfs={}", vfs),
        fmt::format("hosts.both.device.queue_pairs={}", one_of(random, {1, 2, 4})),
        fmt::format("hosts.both.device.queue_size={}", one_of(random, {2, 3, 5, 16, 256})),
        fmt::format("hosts.both.device.vendor_bytes={}B", one_of(random, {0, 4, 100000})),
        fmt::format("hosts.both.driver.p2p={}", vfs > 1 || random.below(2) == 0),
        fmt::format("hosts.both.driver.pre_copy={}", random.below(2) == 0),
        fmt::format("hosts.both.device.mdts={}", one_of(random, {"8KiB", "64KiB", "1MiB"})),
        fmt::format("vm.vcpus={}", one_of(random, {1, 2, 5})),
        fmt::format("vm.irq_latency={}", one_of(random, {"0s", "2us", "70us"})),
        fmt::format("vm.pause={}", one_of(random, {"0s", "5us", "100us"})),
        fmt::format("vm.dirty.rate={}/s", one_of(random, {0, 10000, 1000000})),
        fmt::format("channel.streams={}", one_of(random, {1, 4})),
        fmt::format("channel.rtt={}", one_of(random, {"0s", "50us", "20ms"})),
        fmt::format("channel.bandwidth={}", one_of(random, {"5Gbit/s", "100Gbit/s"})),
    };
    options.insert(options.end(), both.begin(), both.end());
    if (random.below(3) == 0) {
        options.insert(options.end(), {"vmm.switchover_ack=false", "vmm.return_path=false"});
    }
    return options;
}

std::string random_job(sim::Random& random, int index) {
    std::string job = fmt::format(
        "[job{}]\nsize=8m\ntime_based\nruntime=1h\nrw={}\niodepth={}\nnumjobs={}\n", index,
        one_of(random, {"randread", "randwrite", "randrw", "read", "write", "randtrim"}),
        one_of(random, {1, 2, 7, 32}), one_of(random, {1, 2}));
    job += one_of(random, {"bs=4k\n", "bs=512\n", "bs=12k\n", "bssplit=4k/60:16k/30:128k/10\n"});
    job += one_of(random, {"", "", "fdatasync=3\n", "rate_iops=20000\n", "thinktime=20us\n"});
    return job;
}

Run random_run(std::uint64_t seed) {
    sim::Random random(seed, "conservation");
    Run run;
    run.scenario = small_vm;
    run.seed = seed;
    run.options = random_options(random);
    const int count = one_of(random, {1, 1, 2});
    for (int i = 0; i < count; ++i) {
        run.jobs.push_back({random_job(random, i), {}});
    }
    return run;
}

std::string text_of(const Run& run) {
    std::string text = fmt::format("seed {}:", run.seed);
    for (const std::string& option : run.options) {
        text += " --set " + option;
    }
    for (const Jobs& jobs : run.jobs) {
        text += "\n" + jobs.text;
    }
    return text;
}

void conserve(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t seed = from; seed < to; ++seed) {
        const Run run = random_run(seed);
        INFO(text_of(run));
        const Seen seen = run_in_child(run);
        CHECK(seen.result["outcome"] == "completed");
        CHECK(seen.result["reason"] == "the VM runs on the destination");
        CHECK(seen.result["commands"]["completed"].get<int>() > 0);
        check_conserved(seen.result);
    }
}

/// A run that a planted defect turns into a wrong one.
Run busy_run() {
    Run run;
    run.scenario = small_vm;
    run.options = {"hosts.both.device.vfs=2", "hosts.both.device.queue_pairs=2",
                   "hosts.both.device.contexts=2", "vm.dirty.rate=100000/s"};
    run.jobs = {{"[j]\nrw=randrw\nbs=4k\niodepth=16\nsize=8m\ntime_based\nruntime=1h\n", {}}};
    return run;
}

}  // namespace

TEST_CASE("random runs conserve commands, states and pages: 1 to 12") { conserve(1, 13); }
TEST_CASE("random runs conserve commands, states and pages: 13 to 24") { conserve(13, 25); }
TEST_CASE("random runs conserve commands, states and pages: 25 to 36") { conserve(25, 37); }
TEST_CASE("random runs conserve commands, states and pages: 37 to 48") { conserve(37, 49); }

TEST_CASE("planted: without the last look at the dirty log pages are missing") {
    Run run = busy_run();
    run.rules.set_on(Id::VmmLastSync, false);
    const Seen seen = run_in_child(run);
    CHECK(seen.result["conservation"]["page_mismatch"].get<int>() > 0);
}

TEST_CASE("planted: a controller that fetches while it is suspended is seen") {
    Run run = busy_run();
    run.options.emplace_back("hosts.both.driver.pre_copy=true");
    // The notification suspends while the vCPUs still ring doorbells.
    run.rules.set_on(Id::SuspendNotificationStopsNothing, false);
    const Seen quiet = run_in_child(run);
    check_conserved(quiet.result);
    // With so little to do it drains, and then goes on.
    run.jobs = {{"[j]\nrw=randread\nbs=4k\nthinktime=90us\nsize=8m\ntime_based\nruntime=1h\n", {}}};
    run.rules.set_on(Id::SuspendStopsTransactions, false);
    const Seen seen = run_in_child(run);
    CHECK(seen.result["conservation"]["suspended_activity"].get<int>() > 0);
}

TEST_CASE("planted: a suspend that does not wait for the drain loses commands") {
    Run run = busy_run();
    run.options.emplace_back("hosts.both.device.media.read=40ms");
    run.rules.set_on(Id::SuspendCompletesAfterDrain, false);
    const Seen checked = run_in_child(run);
    CHECK(checked.result["outcome"] == "failed");  // the driver sees that the state was moving
    run.rules.set_on(Id::HostChecksCsup, false);
    run.rules.set_on(Id::HostChecksHeader, false);
    const Seen seen = run_in_child(run);
    CHECK(seen.result["commands"]["lost"].get<int>() > 0);
}

TEST_CASE("planted: a state that is changed on its way is seen") {
    Run run = busy_run();
    run.rules.set_on(Id::SetStateCreatesQueues, false);
    const Seen seen = run_in_child(run);
    CHECK(seen.result["conservation"]["state_mismatch"] == 2);
    CHECK(seen.result["commands"]["lost"].get<int>() > 0);
}

TEST_CASE("a page written behind the dirty log's back differs on the other host") {
    sim::Memory from(64);
    const std::uint64_t ring = from.allocate_bytes(2 * sim::page_size);
    sim::Memory to(64);
    to.lay_out_like(from);
    sim::RamSender sender(from, to);
    sender.start();
    sender.send(64);
    REQUIRE(from.differences(to) == 0);

    from.bytes(ring, 1)[0] = 7;  // nobody said wrote()
    sender.sync();
    sender.send(64);
    CHECK(from.differences(to) == 1);

    from.wrote(ring, 1);
    CHECK(sender.sync() == 1);
    sender.send(64);
    CHECK(from.differences(to) == 0);
}

}  // namespace lmsim::tests
