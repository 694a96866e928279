#include "tools/runs/runs.hpp"

#include <cstdlib>

#include "sim/core/zeroed.hpp"
#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"

namespace lmsim::runs {

namespace {

cli::ScenarioOptions point_of(const std::string& file, std::vector<std::string> set) {
    return {file, std::move(set), std::nullopt, {}};
}

}  // namespace

TEST_CASE("many runs give what single ones do, in their order whatever the jobs", "[runs]") {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    const tests::Small folder;
    const std::vector<cli::ScenarioOptions> points{
        point_of(folder.scenario, {"channel.bandwidth=1Gbit/s"}),
        point_of(folder.scenario, {"channel.bandwith=1Gbit/s"}),
        point_of(folder.scenario, {"expect.downtime_max=1us"}),
        point_of(folder.scenario, {}),
        point_of(folder.scenario, {"run.fidelity=fluid"}),
    };
    const auto one = run_all(points, 1);
    const auto three = run_all(points, 3);
    REQUIRE((one && three));
    REQUIRE(one->size() == points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        INFO(i);
        CHECK((*one)[i].code == (*three)[i].code);
        CHECK((*one)[i].error == (*three)[i].error);
        CHECK((*one)[i].result == (*three)[i].result);
    }
    CHECK((*one)[0].code == cli::Ok);
    CHECK((*one)[1].code == cli::Usage);
    CHECK((*one)[1].error.find("did you mean \"channel.bandwidth\"") != std::string::npos);
    CHECK((*one)[2].code == cli::Failed);
    CHECK((*one)[0].result["total_time_ps"] > (*one)[3].result["total_time_ps"]);
    const tests::Ended alone = run_lmsim(folder, "run " + folder.scenario + " --json");
    CHECK(Json::parse(alone.out).dump(2) == (*one)[3].result.dump(2));
    const tests::Ended fluid =
        run_lmsim(folder, "run " + folder.scenario + " --json --fidelity fluid");
    CHECK(Json::parse(fluid.out).dump(2) == (*one)[4].result.dump(2));
}

TEST_CASE("points that follow one another in a process are what `lmsim run` does", "[runs]") {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    const tests::Small folder("randrw");
    const std::vector<std::vector<std::string>> points{
        {"hosts.both.device.vendor_bytes=4MiB", "run.fidelity=hybrid"},
        {"hosts.both.device.vendor_bytes=4MiB", "hosts.both.device.vfs=2"},
        {"run.fidelity=hybrid", "vm.dirty.rate=100000/s", "channel.bandwidth=1Gbit/s"},
        {"hosts.both.device.vendor_bytes=1MiB", "vmm.engine=cloud-hypervisor"},
        {"hosts.both.device.vendor_bytes=4MiB", "run.fidelity=hybrid"},
    };
    sim::ZeroedBlock::keep_blocks();
    for (const auto& set : points) {
        cli::PreparedRun prepared = cli::prepare(point_of(folder.scenario, set));
        INFO(set.front());
        REQUIRE(prepared.loaded.ok());
        const sim::metrics::Result here = simulated(prepared);
        std::string command = "run " + folder.scenario + " --json";
        for (const std::string& one : set) command += " --set " + one;
        const Json alone = Json::parse(run_lmsim(folder, command).out);
        Json result = Json::parse(sim::metrics::result_json(here));
        CHECK(result["trace_hash"] == alone["trace_hash"]);
        CHECK(result["downtime"] == alone["downtime"]);
        CHECK(result["conservation"] == alone["conservation"]);
    }
}

}  // namespace lmsim::runs
