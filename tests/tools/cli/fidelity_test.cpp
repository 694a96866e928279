#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"

using lmsim::tests::Ended;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;
using nlohmann::json;

namespace {

bool says(const Ended& ended, const std::string& text) {
    return ended.err.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("what hybrid time cannot treat is simulated exactly and said, or refused", "[cli]") {
    const Small folder;
    const std::string run =
        "run " + folder.scenario + " --json --fidelity hybrid --set vmm.throttle.on=true";
    const Ended exact = run_lmsim(folder, run);
    CAPTURE(exact.err);
    CHECK(exact.exit_code == 0);
    CHECK(says(exact, "vmm.throttle slows the guest's I/O down"));
    CHECK(says(exact, "it is simulated exactly"));
    CHECK(json::parse(exact.out)["fidelity"] == "exact");
    const Ended refused = run_lmsim(folder, run + " --strict");
    CHECK(refused.exit_code == 2);
    CHECK(says(refused, "run.fidelity"));
    CHECK(refused.out.empty());
}

TEST_CASE("fluid time answers without a run", "[cli]") {
    const Small folder;
    const Ended ended = run_lmsim(folder, "run " + folder.scenario + " --json --fidelity fluid");
    CAPTURE(ended.err);
    REQUIRE(ended.exit_code == 0);
    const json result = json::parse(ended.out);
    CHECK(result["fidelity"] == "fluid");
    CHECK(result["error_bound"].get<double>() > 0);
    CHECK(result["downtime"]["total_ps"].get<double>() > 0);
    CHECK(result["commands"]["submitted"] == 0);
    const Ended refused = run_lmsim(
        folder, "run " + folder.scenario + " --fidelity fluid --strict --set vmm.throttle.on=true");
    CHECK(refused.exit_code == 2);
    CHECK(says(refused, "vmm.throttle"));
}

TEST_CASE("fluid time says all that it leaves out", "[cli]") {
    const Small folder;
    const auto note = [&](const std::string& options) {
        const Ended ended =
            run_lmsim(folder, "run " + folder.scenario + " --json --fidelity fluid " + options);
        CAPTURE(options, ended.err);
        REQUIRE(ended.exit_code == 0);
        const std::string said = json::parse(ended.out)["hybrid"]["note"];
        CHECK(says(ended, said));
        return said;
    };
    CHECK(note("").empty());
    const std::pair<const char*, const char*> cases[] = {
        {"--set vmm.engine=qemu-8.2", "vmm.engine"},
        {"--set vmm.multifd.device_state=on --set channel.streams=2", "vmm.multifd"},
        {"--set vmm.vfio.stop=1ms", "vmm.vfio"},
        {"--set vmm.clear_log=1GiB", "vmm.clear_log"},
        {"--set channel.buffer=4MiB", "channel.buffer"},
        {"--set vmm.tracking.by=none", "vmm.tracking.by"},
        {"--set host.architecture=vmm-direct", "host.architecture"},
    };
    for (const auto& [options, named] : cases) {
        CHECK_THAT(note(options), Catch::Contains(named));
    }
    const std::string two = note("--set vmm.clear_log=1GiB --set vmm.vfio.stop=1ms");
    CHECK_THAT(two, Catch::Contains("vmm.clear_log") && Catch::Contains("vmm.vfio"));
}

TEST_CASE("an unknown fidelity names the nearest", "[cli]") {
    const Small folder;
    const Ended ended = run_lmsim(folder, "run " + folder.scenario + " --fidelity hybird");
    CHECK(ended.exit_code == 2);
    CHECK(says(ended, "hybrid"));
}
