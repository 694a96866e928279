#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/serving.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::run_lmsim;
using lmsim::tests::Serving;
using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the served model passes all conformance cases", "[cli][conform]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0,vf1,vf2");
    const Ended ended =
        run_lmsim(folder, "conform --json --trackable 24 --target " + server.target());
    CAPTURE(ended.out, ended.err, server.output());
    REQUIRE(ended.exit_code == 0);
    const json report = json::parse(ended.out);
    CHECK(report["time_base"] == "wall");
    CHECK(report["failed"] == 0);
    CHECK(report["skipped"] <= 2);  // as many as in simulated time
    CHECK(report["passed"] >= 700);
}

TEST_CASE("the served model passes cases that reach memory by messages", "[cli][conform]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0,vf1");
    for (const char* group : {"Queues and I/O", "State sequences", "Tracking memory"}) {
        const Ended ended =
            run_lmsim(folder, "conform --json --by-messages --filter '" + std::string(group) +
                                  "' --target " + server.target());
        CAPTURE(ended.out, ended.err, server.output());
        REQUIRE(ended.exit_code == 0);
        CHECK(json::parse(ended.out)["passed"] > 0);
    }
}

TEST_CASE("a device that is found with its VFs offline is tested, too", "[cli][conform]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0,vf1");
    const std::string one = " --filter Resume --target " + server.target();
    // The PF is left enabled; to reset it takes the VFs offline and their resources away.
    REQUIRE(run_lmsim(folder, "drive list --target " + server.target()).exit_code == 0);
    for (int i = 0; i < 2; ++i) {
        const Ended ended = run_lmsim(folder, "conform" + one);
        CAPTURE(ended.out, ended.err, server.output());
        CHECK(ended.exit_code == 0);
    }
}

TEST_CASE("conform says what is missing of a served target", "[cli][conform]") {
    const Folder folder;
    const std::string target = "conform --target vfio-user:" + folder.file("d");
    const Ended nobody = run_lmsim(folder, target);
    CHECK(nobody.exit_code == 4);
    CHECK(has(nobody.err, "there is no socket "));
    CHECK(has(nobody.err, "lmsim serve --socket "));
    {
        const Serving server(folder, "pf");
        const Ended alone = run_lmsim(folder, target);
        CHECK(alone.exit_code == 4);
        CHECK(has(alone.err, "the cases need a PF and at least one VF: "));
    }
    {
        const Serving server(folder, "pf,vf1");
        const Ended first = run_lmsim(folder, target);
        CHECK(first.exit_code == 4);
        CHECK(has(first.err, "the cases need a PF and at least one VF: "));
    }
    CHECK(has(run_lmsim(folder, target + " --mutant LM-RESU-41").err, "--profile and --mutant"));
    CHECK(has(run_lmsim(folder, "conform --target model --trackable 3").err, "--trackable"));
    CHECK(has(run_lmsim(folder, "conform --target vfio:0").err, "model or vfio-user:PATH"));
}
