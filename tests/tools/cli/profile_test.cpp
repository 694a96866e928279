#include <nlohmann/json.hpp>

#include "sim/profile/profile.hpp"
#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::run_lmsim;
using nlohmann::json;

namespace {

const std::string scenarios = LMSIM_SOURCE_DIR "/scenarios/";

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

json json_of(const Folder& folder, const std::string& arguments) {
    const Ended ended = run_lmsim(folder, arguments);
    INFO(arguments << ": " << ended.err);
    REQUIRE(ended.exit_code == 0);
    return json::parse(ended.out);
}

json row_of(const json& diff, const std::string& id) {
    for (const json& row : diff["rows"]) {
        if (row["id"] == id) {
            return row;
        }
    }
    return {};
}

}  // namespace

TEST_CASE("the program brings its profiles along, from any directory", "[cli]") {
    const Folder folder;
    const json told = json_of(folder, "spec profiles --json");
    std::vector<std::string> names;
    for (const json& each : told["profiles"]) {
        names.push_back(each["name"]);
    }
    CHECK(names == lmsim::sim::profile_names());
    const Ended elsewhere = run_lmsim(folder, "spec profiles", "cd / &&");
    CHECK(elsewhere.exit_code == 0);
    CHECK(has(elsewhere.out, "rfc-2025"));
    CHECK(has(elsewhere.out, "vendor-2022"));
}

TEST_CASE("a difference names both sides and its source", "[cli]") {
    const Folder folder;
    const json diff = json_of(folder, "spec diff ratified rfc-2025 --format json");
    const json resume = row_of(diff, "LM-SEND-02");
    CHECK(resume["first"] == "1");
    CHECK(resume["second"] == "2");
    CHECK(has(resume["source"], "P2:303"));
    CHECK(resume["assumed"] == false);
    CHECK(row_of(diff, "CS-HDR-04")["second"] == "bytes 17:16");
    CHECK(row_of(diff, "HO-MIG-03")["first"] == "on");
    CHECK(row_of(diff, "HO-MIG-03")["second"] == "off");
    // A status with another code is one difference, and not one for each that answers with it.
    CHECK(row_of(diff, "ST-13A")["second"] == "03Ah (SCT 0h, SC 3Ah)");
    CHECK(row_of(diff, "LM-RESU-41").is_null());
    CHECK(diff["documents"].contains("P2"));
    CHECK(json_of(folder, "spec diff rfc-2025 rfc-2025 --format json")["rows"].empty());
    CHECK(has(run_lmsim(folder, "spec diff tp4193 tp4193").out, "state the same"));
    CHECK(has(run_lmsim(folder, "spec diff ratified vendor-2022 --format md").out, "(assumed) |"));
}

TEST_CASE("a difference shows what only a dialect has", "[cli]") {
    const Folder folder;
    const json told = json_of(folder, "spec diff ratified tp4193 --format json");
    CHECK(row_of(told, "LM-TPL-01")["second"] == "1 (on)");
    CHECK(row_of(told, "LM-TPL-02")["first"] == "none");
    CHECK(row_of(told, "LM-TPL-02")["second"] == "2Ah");
    CHECK(row_of(told, "LM-TPL-02")["assumed"] == false);
    CHECK(row_of(told, "LM-TPL-13")["second"] == "bytes 63:48");
    CHECK(row_of(told, "LM-TPL-13")["assumed"] == true);
    CHECK(row_of(told, "LM-VND-02").is_null());
    CHECK(row_of(json_of(folder, "spec diff vendor-2022 tp4193 --json"), "LM-VND-02")["second"] ==
          "none");
}

TEST_CASE("a difference is measured by a scenario under both", "[cli]") {
    const Folder folder;
    const json diff =
        json_of(folder, "spec diff ratified tp4193 --format json --measure " + scenarios +
                            "quickstart.toml --set hosts.both.device."
                            "vfs=1 --seed 3");
    const json& rows = diff["measured"]["rows"];
    REQUIRE(!rows.empty());
    CHECK(rows[0]["what"] == "total");
    std::int64_t first = 0;
    std::int64_t second = 0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        first += rows[i]["first_ps"].get<std::int64_t>();
        second += rows[i]["second_ps"].get<std::int64_t>();
    }
    // The parts that changed make up the whole change.
    CHECK(second - first ==
          rows[0]["second_ps"].get<std::int64_t>() - rows[0]["first_ps"].get<std::int64_t>());
    CHECK(diff["measured"]["outcome"]["second"] == "completed");
    const Ended wrong = run_lmsim(folder, "spec diff ratified tp4193 --measure /nowhere.toml");
    CHECK(wrong.exit_code == 2);
    CHECK(has(wrong.err, "/nowhere.toml"));
}

TEST_CASE("the verbs of the specification show a dialect", "[cli]") {
    const Folder folder;
    CHECK(has(run_lmsim(folder, "spec show LM-SEND-02 --profile rfc-2025").out, "P2:303"));
    CHECK(has(run_lmsim(folder, "spec table layout CS-HDR --profile rfc-2025").out, "bytes 17:16"));
    CHECK(has(run_lmsim(folder, "spec list --prefix HO-MIG-03 --profile rfc-2025").out, " off "));
    CHECK(json_of(folder,
                  "spec list --prefix CS-HDR-01 --profile rfc-2025 --json")["rows"][0]["value"] ==
          20);
    const Ended wrong = run_lmsim(folder, "spec show LM-SEND-02 --profile rfc-2052");
    CHECK(wrong.exit_code == 2);
    CHECK(has(wrong.err, "did you mean rfc-2025?"));
}

TEST_CASE("a user's own profile is based on another, by name or beside it", "[cli]") {
    const Folder folder;
    const std::string first =
        folder.write("a.toml", "base = \"rfc-2025\"\n[value]\nLM-SEND-02 = 9\n");
    const std::string second = folder.write("b.toml", "base = \"a.toml\"\noff = [\"HO-MIG-08\"]\n");
    const json diff = json_of(folder, "spec diff rfc-2025 " + second + " --json");
    CHECK(diff["rows"].size() == 2);
    CHECK(row_of(diff, "LM-SEND-02")["second"] == "9");
    CHECK(has(row_of(diff, "HO-MIG-08")["source"], "b.toml"));
    const std::string self = folder.write("c.toml", "base = \"c.toml\"\n");
    const Ended around = run_lmsim(folder, "spec diff ratified " + self);
    CHECK(around.exit_code == 2);
    CHECK(has(around.err, "is this one based on itself?"));
}

TEST_CASE("conformance tells what a dialect breaks", "[cli]") {
    const Folder folder;
    const Ended ended = run_lmsim(folder, "conform --target model --profile rfc-2025 --json");
    CHECK(ended.exit_code == 1);
    CHECK(json::parse(ended.out)["failed"].get<int>() > 0);
    CHECK(run_lmsim(folder, "conform --target model --profile nowhere").exit_code == 2);
}

TEST_CASE("each design of the seeds completes a migration, and fails where it must", "[cli]") {
    for (const char* name :
         {"rfc_2025", "rfc_2025_corrected", "vendor_2022", "cdq_2026", "cdq_2026_i386"}) {
        const Folder folder;
        const json result = json_of(folder, "run " + scenarios + "seeds/" + name + ".toml --json");
        INFO(name);
        CHECK(result["outcome"] == "completed");
        CHECK(result["commands"]["lost"] == 0);
    }
    // The driver as posted with a ratified device: what it takes for Resume is none.
    const Folder folder;
    const Ended ended = run_lmsim(folder, "run " + scenarios +
                                              "seeds/rfc_2025_corrected.toml --json --set "
                                              "hosts.both.driver.profile=rfc-2025");
    CHECK(ended.exit_code == 1);
    CHECK(json::parse(ended.out)["outcome"] == "failed");
}

TEST_CASE("each draft completes a migration, and a state of another template goes nowhere",
          "[cli]") {
    for (const char* name : {"tp4193", "self_describing"}) {
        const Folder folder;
        const json result = json_of(folder, "run " + scenarios + "drafts/" + name + ".toml --json");
        INFO(name);
        CHECK(result["outcome"] == "completed");
        CHECK(result["commands"]["lost"] == 0);
    }
    const Folder folder;
    const std::string out = folder.file("run");
    const Ended ended = run_lmsim(folder, "run " + scenarios +
                                              "drafts/tp4193.toml --json --set "
                                              "hosts.dst.device.template=2 --out " +
                                              out);
    CHECK(ended.exit_code == 1);
    const json result = json::parse(ended.out);
    // The VMM goes on with a VF whose state was refused; the monitor says what that means.
    CHECK(has(result["reason"], "VF 0 does not work there"));
    const Ended checked = run_lmsim(folder, "check " + out);
    CHECK(checked.exit_code == 1);
    CHECK(has(checked.out, "INV-STATE-03"));
    CHECK_FALSE(has(checked.out, "INV-STATE-01"));
    const Ended drawn = run_lmsim(folder, "sequence --format plantuml --from run " + out);
    INFO(drawn.err);
    CHECK(has(drawn.out, "Invalid Field in Command"));
}

TEST_CASE("each dialect moves a VM whatever the order of things", "[cli]") {
    const Folder folder;
    for (const std::string& name : lmsim::sim::profile_names()) {
        const Ended ended = run_lmsim(folder, "explore migration-1 --jobs 2 --profile " + name);
        INFO(name << ": " << ended.out << ended.err);
        CHECK(ended.exit_code == 0);
    }
}

TEST_CASE("a scenario's profiles are checked where it names them", "[cli]") {
    const Folder folder;
    const std::string file =
        folder.write("s.toml",
                     "profile = \"rfc-2025\"\n[hosts.src.pf]\nprofile = \"tp419\"\n"
                     "[hosts.dst.driver]\np2p = true\n");
    const Ended ended = run_lmsim(folder, "run " + file);
    CHECK(ended.exit_code == 2);
    CHECK(has(ended.err, "s.toml:3:1: hosts.src.pf.profile: \"tp419\" cannot be used"));
    CHECK(has(ended.err, "did you mean tp4193?"));
    CHECK(has(ended.err, "hosts.dst.driver.p2p: drivers of profile \"rfc-2025\" cannot do this"));
    const std::string own = folder.write("own.toml", "base = \"tp4193\"\n");
    const std::string beside = folder.write("t.toml", "profile = \"own.toml\"\n");
    CHECK(run_lmsim(folder, "scenario check " + beside).exit_code == 0);
    const Ended shown = run_lmsim(folder, "scenario show " + beside);
    CHECK(has(shown.out, "profile = \"" + own + "\""));
}

TEST_CASE("a state is decoded in its dialect", "[cli]") {
    const Folder folder;
    const std::string out = folder.file("run");
    REQUIRE(run_lmsim(folder, "run " + scenarios + "seeds/rfc_2025.toml --no-trace --out " + out)
                .exit_code == 0);
    const std::string state = out + "/state/0.bin";
    const Ended right =
        run_lmsim(folder, "decode --as controller-state --profile rfc-2025 " + state);
    INFO(right.out << right.err);
    CHECK(right.exit_code == 0);
    CHECK(run_lmsim(folder, "decode --as controller-state " + state).exit_code != 0);
}
