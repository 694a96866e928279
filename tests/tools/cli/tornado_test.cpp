#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"
#include "tools/runs/perturb.hpp"

using lmsim::tests::Ended;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;
using nlohmann::json;
namespace runs = lmsim::runs;

namespace {

/// The row of a key; fails the test if there is none.
json row_of(const json& tornado, const std::string& key) {
    for (const json& row : tornado["parameters"]) {
        if (row["key"] == key) {
            return row;
        }
    }
    FAIL("no row for " + key + ": " + tornado.dump());
    return {};
}

bool names(const json& list, const std::string& key) {
    return std::any_of(list.begin(), list.end(), [&](const json& each) {
        return each == key || (each.is_object() && each["key"] == key);
    });
}

/// Nothing runs in the guest: no chance is in it.
Ended quiet_tornado(const Small& folder, const std::string& more) {
    return run_lmsim(folder, "tornado " + folder.scenario +
                                 " --set 'workload=[]' --set vm.dirty.rate=0/s " + more);
}

}  // namespace

TEST_CASE("a part that is a parameter's own time is worth its hundredth", "[cli][tornado]") {
    const Small folder;
    const Ended ended = quiet_tornado(folder, "--key vm.devices --key vm.pause --json");
    INFO(ended.out << ended.err);
    REQUIRE(ended.exit_code == 0);
    const json tornado = json::parse(ended.out);
    CHECK(tornado["schema"] == "lmsim/tornado/1");
    // 2 ms to save and to load, 100 us to pause: each percent is a hundredth of that.
    for (const auto& expected :
         {std::make_pair("vm.devices.save", 20.0), std::make_pair("vm.devices.load", 20.0),
          std::make_pair("vm.pause", 1.0)}) {
        const json row = row_of(tornado, expected.first);
        INFO(row.dump());
        CHECK(row["downtime"]["us_per_percent"].get<double>() ==
              Approx(expected.second).epsilon(0.01));
        CHECK(row["downtime"]["clear"] == true);
        CHECK(row["estimate"] == true);
    }
    // The longest first.
    CHECK(tornado["parameters"][0]["key"].get<std::string>().find("vm.devices") == 0);
}

TEST_CASE("a tornado tells what has no effect and what is left alone", "[cli][tornado]") {
    const Small folder;
    const std::string keys =
        "--key vm.devices --key hosts.both.driver --key vmm.throttle --key vmm.downtime_limit "
        "--key vmm.max_bandwidth --key hosts.both.device.queue_size ";
    const Ended one = quiet_tornado(folder, keys + "--json --jobs 1");
    INFO(one.out << one.err);
    REQUIRE(one.exit_code == 0);
    CHECK(one.out == quiet_tornado(folder, keys + "--json --jobs 3").out);
    const json tornado = json::parse(one.out);
    CHECK(names(tornado["no_effect"], "vmm.throttle.trigger"));
    CHECK(names(tornado["left_alone"], "vmm.throttle.on"));
    CHECK(names(tornado["left_alone"], "vmm.max_bandwidth"));
    CHECK(names(tornado["left_alone"], "hosts.both.driver.p2p"));
    CHECK(row_of(tornado, "hosts.both.driver.ioctl")["downtime"]["us_per_percent"] > 0.0);
    const Ended table = quiet_tornado(folder, keys);
    CHECK(table.out.find("What one percent more of each parameter is worth in small") == 0);
    CHECK(table.out.find("vm.devices.save") != std::string::npos);
    CHECK(table.out.find(" change nothing at all\n") != std::string::npos);
    CHECK(table.out.find("left alone: ") != std::string::npos);
    const Ended markdown = quiet_tornado(folder, "--key vm.devices --format md --top 1");
    CHECK(markdown.out.find("| vm.devices.") != std::string::npos);
    CHECK(markdown.out.find("more move downtime by at most") != std::string::npos);
}

TEST_CASE("parameters of both hosts move together while they are equal", "[cli][tornado]") {
    const Small folder;
    const auto keys = [&](const std::vector<std::string>& set) {
        const lmsim::cli::ScenarioOptions options{folder.scenario, set, {}, {}};
        const auto loaded = lmsim::cli::prepare(options).loaded;
        REQUIRE(loaded.ok());
        std::vector<std::string> found;
        for (const runs::Lever& lever : runs::find_levers(options, loaded, 1).levers) {
            found.push_back(lever.key);
        }
        return found;
    };
    const auto has = [](const std::vector<std::string>& all, const std::string& key) {
        return std::count(all.begin(), all.end(), key) == 1;
    };
    const auto equal = keys({});
    CHECK(has(equal, "hosts.both.driver.ioctl"));
    CHECK(!has(equal, "hosts.src.driver.ioctl"));
    const auto different = keys({"hosts.dst.driver.ioctl=9us"});
    CHECK(has(different, "hosts.src.driver.ioctl"));
    CHECK(has(different, "hosts.dst.driver.ioctl"));
    CHECK(!has(different, "hosts.both.driver.ioctl"));
    CHECK(has(different, "hosts.both.driver.submit"));
}

TEST_CASE("a step is as long as its parameter lets it be", "[cli][tornado]") {
    const Small folder;
    const lmsim::cli::ScenarioOptions options{
        folder.scenario,
        {"hosts.both.device.admin.suspend={min = \"10us\", max = \"30us\"}"},
        {},
        {}};
    const auto loaded = lmsim::cli::prepare(options).loaded;
    REQUIRE(loaded.ok());
    const runs::Levers all = runs::find_levers(options, loaded, 10);
    const auto lever = [&](const std::string& key) {
        const auto at = std::find_if(all.levers.begin(), all.levers.end(),
                                     [&](const runs::Lever& each) { return each.key == key; });
        INFO(key);
        REQUIRE(at != all.levers.end());
        return *at;
    };
    CHECK(lever("channel.bandwidth").up.value == "\"27.5Gbit/s\"");
    CHECK(lever("channel.bandwidth").down.value == "\"22.5Gbit/s\"");
    CHECK(lever("hosts.both.device.admin.suspend").up.value == "{min = \"11us\", max = \"33us\"}");
    CHECK(lever("hosts.both.device.admin.suspend").source.find("--set ") == 0);
    CHECK(lever("vm.vcpus").up.value == "5");
    CHECK(lever("vm.vcpus").up.percent == Approx(25));
    CHECK(lever("vm.ram").source.find("small.toml:") != std::string::npos);
    CHECK(lever("hosts.both.link.latency").estimate);
    // 64 MiB stay whole pages.
    CHECK(lever("vm.ram").up.value == "\"72088KiB\"");
}

TEST_CASE("what a tornado cannot tell is one message", "[cli][tornado][bad]") {
    const Small folder;
    const std::string tornado = "tornado " + folder.scenario + " ";
    const auto says = [&](const std::string& more, int code, const std::string& message) {
        const Ended ended = run_lmsim(folder, tornado + more);
        INFO(more << ": " << ended.err);
        CHECK(ended.exit_code == code);
        CHECK(ended.err.find(message) != std::string::npos);
        CHECK(ended.out.empty());
    };
    says("--key vm.rom", 2, "no parameter that could be moved begins so");
    says("--by 0", 2, "--by");
    says("--set vm.rom=1", 2, "vm.rom");
    says(
        "--set vm.dirty.rate=100M/s --set vm.dirty.hot_share=0% --set vm.dirty.working_set=32MiB "
        "--set vm.ram_used=48MiB --set vmm.downtime_limit=1ms --set run.time_limit=1s "
        "--set channel.bandwidth=100Mbit/s",
        1, "the migration does not complete (not-converged: ");
}
