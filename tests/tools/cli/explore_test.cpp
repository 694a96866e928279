#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/tools/cli/process.hpp"

using namespace lmsim::tests;

namespace {

Ended explore(const Folder& folder, const std::string& arguments) {
    return run_lmsim(folder, "explore " + arguments);
}

bool has(const std::string& text, const std::string& what) {
    return text.find(what) != std::string::npos;
}

/// JSON without what depends on the clock.
nlohmann::json timeless(const std::string& text) {
    nlohmann::json json = nlohmann::json::parse(text);
    for (auto& model : json["models"]) model.erase("seconds");
    return json;
}

}  // namespace

TEST_CASE("lmsim explore finds a committed model as recorded, whatever the number of jobs",
          "[cli]") {
    const Folder folder;
    const Ended one = explore(folder, "free-1 --json --jobs 1");
    INFO(one.err);
    CHECK(one.exit_code == 0);
    const nlohmann::json json = timeless(one.out);
    const nlohmann::json& model = json["models"][0];
    CHECK(model["name"] == "free-1");
    CHECK(model["complete"] == true);
    CHECK(model["verdict"] == "holds");
    CHECK(model["violations"].empty());
    CHECK(model["recorded"]["differs"] == false);
    CHECK(model["states"] == model["recorded"]["states"]);
    CHECK(timeless(explore(folder, "free-1 --json --jobs 3").out) == json);
    const nlohmann::json exact = timeless(explore(folder, "free-1 --json --exact").out);
    CHECK(exact["models"][0]["states"] == model["states"]);
    CHECK(exact["models"][0]["omission_probability"] == 0);
    CHECK(has(explore(folder, "free-1").out, "holds"));
    CHECK(has(explore(folder, "--list").out, "migration-1"));
    CHECK(explore(folder, "free-1 --csv")
              .out.rfind("model,verdict,states,transitions,depth\nfree-1,"
                         "holds,",
                         0) == 0);
}

TEST_CASE("lmsim explore shows what a rule is for, and replays it", "[cli]") {
    const Folder folder;
    const Ended ran = explore(folder, "free-1 --without LM-SUSP-06 --out " + folder.file("found"));
    CHECK(ran.exit_code == 1);
    CHECK(has(ran.out, "INV-SUSP-01 in 4 steps"));
    CHECK(has(ran.out, "    4  "));
    const std::string steps = folder.file("found/free-1.INV-SUSP-01.steps.ndjson");
    const std::string chart = read_file(folder.file("found/free-1.INV-SUSP-01.mmd"));
    CHECK(has(chart, "sequenceDiagram"));
    CHECK(has(chart, "participant p0 as"));
    const Ended again = explore(folder, "--replay " + steps);
    CHECK(again.exit_code == 1);
    CHECK(has(again.out, "free-1: INV-SUSP-01: "));
    const Ended fixed = explore(folder, "--replay " + steps + " --profile ratified --json");
    CHECK(fixed.exit_code == 0);
    const nlohmann::json json = nlohmann::json::parse(fixed.out);
    CHECK(json["recorded"] == "INV-SUSP-01");
    CHECK((json["outcome"] == "nothing" || json["outcome"] == "impossible"));
}

TEST_CASE("lmsim explore never calls a partial search complete", "[cli]") {
    const Folder folder;
    const Ended ran = explore(folder, "migration-1 --memory 1kB");
    CHECK(ran.exit_code == 1);
    CHECK(has(ran.out, "partial: ended by the memory limit at 1 states, 0 of them expanded"));
    const nlohmann::json json =
        nlohmann::json::parse(explore(folder, "migration-1 --memory 1kB --json").out);
    CHECK(json["models"][0]["complete"] == false);
    CHECK(json["models"][0]["verdict"] == "partial");
}

TEST_CASE("lmsim explore --necessity tells what each rule prevents", "[cli]") {
    const Folder folder;
    const Ended ran = explore(folder, "--necessity free-1 --json");
    CHECK(ran.exit_code == 0);
    const nlohmann::json json = nlohmann::json::parse(ran.out);
    bool found = false;
    for (const auto& rule : json["rules"]) {
        if (rule["rule"] == "LM-SUSP-06") {
            found = true;
            CHECK(rule["breaks"] == true);
            CHECK(rule["falls"] == "INV-SUSP-01");
            CHECK(rule["steps"] == 4);
            CHECK(rule["path"].size() == 4);
            CHECK(rule["reason"] == "needed");
            CHECK(has(rule["why"], "after its state was taken"));
        } else if (rule["rule"] == "GEN-RSV-01") {
            CHECK(rule["reason"] == "not modelled");
            CHECK(rule["why"] == "Nobody looks at reserved bits.");
        }
    }
    CHECK(found);
}

TEST_CASE("the page on what each rule is for says what the program finds",
          "[cli][rows-off][search]") {
    const Folder folder;
    const Ended ran = explore(folder, "--necessity --markdown");
    // Each rule breaks something, or says why not.
    INFO(ran.err);
    CHECK(ran.exit_code == 0);
    const std::string path = "docs/why-each-rule.md";
    const std::string page = read_file(std::string(LMSIM_SOURCE_DIR) + "/" + path);
    const std::string mark = "<!-- lmsim explore --necessity --markdown -->\n";
    REQUIRE(has(page, mark));
    check_golden(path, page.substr(0, page.find(mark) + mark.size()) + ran.out);
}

TEST_CASE("lmsim explore says what is wrong with its command line", "[cli]") {
    const Folder folder;
    const auto says = [&](const std::string& arguments, const std::string& what) {
        const Ended ended = explore(folder, arguments);
        INFO(arguments << ": " << ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(has(ended.err, what));
    };
    says("fre-1", "did you mean free-1?");
    says("free-1 --without LM-SUSP-06x",
         "--without LM-SUSP-06x: there is no \"LM-SUSP-06x\"; did you "
         "mean LM-SUSP-06?");
    says("free-1 --profile ratifed", "did you mean ratified?");
    says("free-1 --memory 3", "no unit");
    says("free-1 --jobs 0", "--jobs");
    says("./nothing.toml", "cannot be read");
    says("--replay nothing", "nothing: cannot be read, or is empty");
    std::ofstream(folder.file("bad.ndjson")) << "{}\n";
    says("--replay " + folder.file("bad.ndjson"), "bad.ndjson:1: this is no step file");
    std::ofstream(folder.file("m.toml")) << "kind = \"fre\"\n";
    says(folder.file("m.toml"), "m.toml:1:8: kind: \"fre\" is not one of");
}
