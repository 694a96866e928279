#include <nlohmann/json.hpp>
#include <set>

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

std::set<std::string> reasons(const json& report) {
    std::set<std::string> all;
    for (const json& each : report["list"]) {
        if (each["verdict"] == "skipped") all.insert(each["reason"].get<std::string>());
    }
    return all;
}

std::string failed(const json& report) {
    std::string all;
    for (const json& each : report["list"]) {
        if (each["verdict"] == "failed") {
            all += each["id"].get<std::string>() + ": " + each["got"].get<std::string>() + "\n";
        }
    }
    return all;
}

}  // namespace

TEST_CASE("hw conform runs all cases that destroy nothing", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0,vf1,vf2");
    const Ended ended = run_lmsim(folder, "hw conform --json --trackable 24 " + server.target());
    CAPTURE(ended.err, server.output());
    REQUIRE(ended.exit_code == 0);
    const json report = json::parse(ended.out);
    CHECK(report["schema"] == "lmsim/conform-report/1");
    CHECK(report["passed"] >= 550);
    const std::set<std::string> why = reasons(report);
    CHECK(why.count("Write changes data: only with --destructive") == 1);
    CHECK(why.count("Format NVM destroys data: only with --destructive") == 1);
    CHECK(why.count("Sanitize destroys data: only with --destructive") == 1);
    CHECK(why.count("Namespace Management changes which namespaces there are: only with "
                    "--destructive") == 1);
}

TEST_CASE("hw conform runs the others with --destructive", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0,vf1,vf2");
    const std::string some = " --json --filter Namespace --destructive ";
    const Ended ended = run_lmsim(folder, "hw conform" + some + server.target());
    CAPTURE(ended.out, ended.err, server.output());
    REQUIRE(ended.exit_code == 0);
    for (const std::string& why : reasons(json::parse(ended.out))) {
        CHECK_FALSE(has(why, "--destructive"));
    }
}

TEST_CASE("hw conform tests a PF alone as far as it goes", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf");
    const Ended ended = run_lmsim(folder, "hw conform --json --destructive " + server.target());
    const json report = json::parse(ended.out);
    CAPTURE(failed(report), ended.err, server.output());
    CHECK(ended.exit_code == 0);
    CHECK(report["failed"] == 0);
    CHECK(report["passed"] >= 60);
    CHECK(reasons(report).count("there is no VF beside the PF") == 1);
}

TEST_CASE("hw conform says how a case is run again", "[cli][hw]") {
    const Folder folder;
    // A dialect that fails what the standard asks for.
    const Serving server(folder, "pf,vf0,vf1", {"--profile", "rfc-2025"});
    const Ended ended = run_lmsim(folder, "hw conform --filter Suspend " + server.target());
    CAPTURE(ended.out, ended.err, server.output());
    CHECK(ended.exit_code == 1);
    CHECK(has(ended.out, "again     lmsim hw conform " + server.target() + " --case "));
}

TEST_CASE("hw conform says what is wrong with its command line, and who is missing", "[cli][hw]") {
    const Folder folder;
    const std::string nobody = "vfio-user:" + folder.file("nobody");
    const Ended missing = run_lmsim(folder, "hw conform " + nobody);
    CHECK(missing.exit_code == 4);
    CHECK(has(missing.err, "there is no socket "));
    const Ended no_case = run_lmsim(folder, "hw conform --case suspend.twise " + nobody);
    CHECK(no_case.exit_code == 2);
    CHECK(has(no_case.err, "there is no such case; did you mean suspend.twice?"));
    const Ended no_filter = run_lmsim(folder, "hw conform --filter nothing-like-it " + nobody);
    CHECK(no_filter.exit_code == 2);
    CHECK(has(no_filter.err, "no case has this in its id"));
}

TEST_CASE("hw conform ends with 4 when the device is gone", "[cli][hw]") {
    const Folder folder;
    Serving server(folder, "pf,vf0");
    server.end(SIGKILL);
    const Ended ended = run_lmsim(folder, "hw conform " + server.target());
    CAPTURE(ended.out, ended.err);
    CHECK(ended.exit_code == 4);
    CHECK(has(ended.err, "lmsim hw conform: "));
}
