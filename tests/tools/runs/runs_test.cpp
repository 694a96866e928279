#include "tools/runs/runs.hpp"

#include <cstdlib>

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

}  // namespace lmsim::runs
