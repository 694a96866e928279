#include <cmath>

#include "sim/run/convert.hpp"
#include "tests/property.hpp"
#include "tests/sim/fluid/random_scenario.hpp"
#include "tests/sim/run/run_child.hpp"

namespace lmsim::tests {

namespace {

using namespace sim;
using nlohmann::json;

double seconds(Time time) { return static_cast<double>(time.ps) * 1e-12; }
double longest(const Quantiles& quantiles) { return seconds(quantiles.highest()); }
double at(double bytes, Bandwidth rate) {
    return rate.bits_per_s == 0 ? 0 : bytes * 8 / static_cast<double>(rate.bits_per_s);
}

/// What one host may need at most for a command of the PF's queue besides its execution: the driver
/// and the link, with the data of I/O that is under way before it.
double command(const HostParams& host) {
    return seconds(host.driver.submit) + seconds(host.driver.irq) + 10e-6;
}

/// At most what the switchover takes besides bytes on the channel. `jobs`: I/Os under way at most,
/// and the bytes of each at most.
double fixed_parts(const Scenario& scenario, double state, double ios, double largest) {
    const VmParams& vm = scenario.vm;
    const DeviceParams& device = scenario.hosts.src.device;
    const double blocks = std::ceil(state / 0x1p20) + 1;
    const double pieces = std::ceil(state / static_cast<double>(device.mdts.count)) + 1;
    const double link = 4e9;  // bytes/s, of the slowest: generation 4, 4 lanes, less its overhead
    double each = longest(device.admin.suspend) + longest(device.admin.resume) +
                  pieces * (longest(device.admin.get_state) + longest(device.admin.set_state)) +
                  2 * at(state, device.state_rate) + 2 * state / link;
    for (const HostParams* host : {&scenario.hosts.src, &scenario.hosts.dst}) {
        each += (blocks + 4) * seconds(host->driver.ioctl) + (pieces + 2) * command(*host) +
                at(state, host->driver.copy_rate) +
                seconds(host->driver.msix) * msix_vectors(host->device);
    }
    const double media =
        std::max(longest(device.media.read),
                 std::max(longest(device.media.write), longest(device.media.flush)));
    const double drain = (ios / device.media.channels + 1) * media + ios * largest / link +
                         command(scenario.hosts.src);
    const double sync =
        seconds(scenario.vmm.bitmap_sync) * static_cast<double>(vm.ram.count) / 0x1p30;
    return seconds(vm.pause) + seconds(vm.resume) + seconds(vm.devices.save) +
           seconds(vm.devices.load) + seconds(scenario.vmm.block_flush) + sync + drain +
           device.vfs * each + 2 * seconds(scenario.channel.rtt);
}

/// A controller completes what it has fetched, so no VF drains for longer than the guest saw the
/// slowest I/O take.
std::string broken_drain(const json& result) {
    const auto slowest = [&](const char* window) {
        const json& ns = result["guest"][window]["max_ns"];
        return ns.is_null() ? 0.0 : (ns.get<double>() + 1) * 1e3;
    };
    const double most = std::max(slowest("during"), slowest("after"));
    for (const json& part : result["downtime"]["busy"]) {
        if (part["name"] == "drain" && part["ps"].get<double>() > most) {
            return "a drain of " + part.dump() + ", at most " + std::to_string(most) + " ps";
        }
    }
    return "";
}

std::string broken_bound(std::uint64_t number) {
    const RandomScenario random = random_scenario(number);
    Run run;
    run.scenario = random.scenario;
    run.jobs = {{random.jobs, {}}};
    const Scenario scenario = scenario_of(run);
    run.look = [](const Simulation& simulation, json& more) {
        more["state"] = simulation.states().front().size();
    };
    const Seen seen = run_in_child(run);
    const json& result = seen.result;
    if (result["outcome"] != "completed") {
        return "";
    }
    const std::string drain = broken_drain(result);
    if (!drain.empty()) {
        return drain;
    }
    const fio::JobFile file = fio::parse_job_file("run.fio", random.jobs);
    double ios = 0;
    constexpr double largest = 65536;
    for (const fio::Job& job : file.jobs) {
        ios += job.depth * job.copies * static_cast<double>(scenario.hosts.src.device.vfs);
    }
    const double state = seen.more["state"];
    // Dirty when the VMM looked last, and what I/O wrote until the VFs stood still.
    const double ram =
        result["precopy"]["each"].back()["dirty_bytes"].get<double>() + ios * largest;
    const double bytes = ram * 4104 / 4096 + scenario.hosts.src.device.vfs * (state + 8192) +
                         static_cast<double>(scenario.vm.devices.bytes.count);
    const Channel channel = make_channel(scenario);
    const double pages = ram / 4096 * seconds(scenario.vmm.page_cost);
    const double most =
        fixed_parts(scenario, state, ios, largest) + pages + at(bytes, channel.stream_rate());
    const double downtime = result["downtime"]["total_ps"].get<double>() * 1e-12;
    if (downtime > most) {
        return "downtime " + std::to_string(downtime) + " s, at most " + std::to_string(most);
    }
    const double least = at(result["bytes"]["total"].get<double>(), channel.page_rate());
    const double total = result["total_time_ps"].get<double>() * 1e-12;
    if (total < least) {
        return "total time " + std::to_string(total) + " s, at least " + std::to_string(least);
    }
    return "";
}

}  // namespace

TEST_CASE("downtime, drain and total time keep to their bounds, whatever the scenario",
          "[rows-off]") {
    const std::string failure = failure_of(
        [] {
            const auto number = *rc::gen::inRange<std::uint64_t>(1, 1'000'000);
            const std::string why = broken_bound(number);
            RC_LOG("scenario " + std::to_string(number) + ": " + why);
            RC_ASSERT(why.empty());
        },
        12);
    CHECK(failure == "");
}

}  // namespace lmsim::tests
