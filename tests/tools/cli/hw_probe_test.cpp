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

json ability(const json& probe, const std::string& name) {
    for (const json& each : probe["supported"]) {
        if (each["name"] == name) return each;
    }
    return {};
}

}  // namespace

TEST_CASE("hw probe says in one table what a served device is", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    const Ended ended = run_lmsim(folder, "hw probe " + server.target());
    CAPTURE(ended.out, ended.err, server.output());
    REQUIRE(ended.exit_code == 0);
    CHECK(has(ended.out, server.target()));
    CHECK(has(ended.out, "class 010802h"));
    CHECK(has(ended.out, "NVMe version (VS)"));
    CHECK(has(ended.out, "queues of at most 256 entries"));
    CHECK(has(ended.out, "queues must be contiguous"));
    CHECK(has(ended.out, "VF 1, online"));
    CHECK(has(ended.out, "yes: OACS.HMLMS is 1; Migration Send (41h) with a reserved selector"));
    CHECK(has(ended.out, "NVMe Controller State versions 0"));
    CHECK_FALSE(has(ended.out, "contradict"));
}

TEST_CASE("hw probe changes nothing, and is the same as JSON", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    const std::string line = "hw probe --json " + server.target();
    const Ended first = run_lmsim(folder, line);
    const Ended second = run_lmsim(folder, line);
    CAPTURE(first.out, first.err, server.output());
    REQUIRE(first.exit_code == 0);
    const json before = json::parse(first.out);
    CHECK(before["schema"] == "lmsim/hw-probe/1");
    CHECK(before["time_base"] == "wall");
    CHECK(before["controller"]["cap_fields"]["MQES"] == "queues of at most 256 entries");
    CHECK(ability(before, "Controller Data Queues")["supported"] == true);
    CHECK(ability(before, "Virtualization Management")["contradiction"] == false);
    CHECK(before["namespaces"].is_array());
    CHECK(before["bus"].contains("vfio_migration_flags"));
    // A reset of the PF takes the VFs offline: that is what idle means.
    json after = json::parse(second.out);
    CHECK(after["secondaries"].size() == before["secondaries"].size());
    CHECK(after["controller"] == before["controller"]);
    CHECK(after["namespaces"] == before["namespaces"]);
}

TEST_CASE("hw probe of one function says that its bus is none of this machine's", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf");
    const Ended ended = run_lmsim(folder, "hw probe " + server.target());
    CAPTURE(ended.out, ended.err);
    REQUIRE(ended.exit_code == 0);
    CHECK(has(ended.out, "none: it is not a function of this machine's bus"));
}

TEST_CASE("hw probe that is recorded leaves out what the bus says, and replays the same",
          "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    const std::string session = folder.file("session");
    const Ended first = run_lmsim(folder, "hw probe --record " + session + " " + server.target());
    const Ended second = run_lmsim(folder, "hw probe replay:" + session);
    CAPTURE(first.err, second.err, server.output());
    REQUIRE(first.exit_code == 0);
    CHECK(has(first.out, "not told while a session is recorded or replayed"));
    CHECK_FALSE(has(first.out, "0000:0000"));
    CHECK(second.exit_code == 0);
    CHECK(second.out == first.out);
    const Ended third = run_lmsim(folder, "hw probe --json replay:" + session);
    CHECK(json::parse(third.out)["bus"].is_null());
}

TEST_CASE("hw probe says that nobody is there", "[cli][hw]") {
    const Folder folder;
    const Ended ended = run_lmsim(folder, "hw probe vfio-user:" + folder.file("nobody"));
    CHECK(ended.exit_code == 4);
    CHECK(has(ended.err, "lmsim hw probe: "));
    CHECK(has(ended.err, "there is no socket "));
    CHECK(run_lmsim(folder, "hw probe").exit_code == 2);
}

TEST_CASE("hw probe takes a VF token that is a UUID, and no other", "[cli][hw]") {
    const Folder folder;
    const Ended ended = run_lmsim(folder, "hw probe 0000:01:00.0 --vf-token secret");
    CAPTURE(ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(has(ended.err, "--vf-token: \"secret\" is no UUID; expected one like 83b8f4f2-"));
}
