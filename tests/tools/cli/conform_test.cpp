#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("conform tests the model and counts", "[cli][conform]") {
    const Folder folder;
    const Ended table = run_lmsim(folder, "conform --target model --filter Suspend");
    CAPTURE(table.out, table.err);
    CHECK(table.exit_code == 0);
    CHECK(has(table.out, "0 failed"));
    const Ended ended = run_lmsim(folder, "conform --target model --json --filter LM-RESU-41");
    REQUIRE(ended.exit_code == 0);
    const json report = json::parse(ended.out);
    CHECK(report["cases"].get<int>() > 1);
    CHECK(report["passed"] == report["cases"]);
    CHECK(report["failed"] == 0);
    CHECK(report["list"].size() == report["cases"]);
}

TEST_CASE("conform --list --json names cases and rows", "[cli][conform]") {
    const Folder folder;
    const Ended ended = run_lmsim(folder, "conform --list --json --filter LM-RESU-41");
    REQUIRE(ended.exit_code == 0);
    const json list = json::parse(ended.out);
    CHECK(list["list"].size() == list["cases"]);
    CHECK(list["list"][0]["rows"].size() > 0);
}

TEST_CASE("a model that breaks a row fails the cases about it, in words", "[cli][conform]") {
    const Folder folder;
    const std::string one = "conform --target model --case resume.not-suspended";
    CHECK(run_lmsim(folder, one).exit_code == 0);
    const Ended broken = run_lmsim(folder, one + " --mutant LM-RESU-41");
    CAPTURE(broken.out);
    CHECK(broken.exit_code == 1);
    CHECK(has(broken.out, "FAILED resume.not-suspended"));
    CHECK(has(broken.out, "LM-RESU-41"));
    CHECK(has(broken.out, "SEL (CDW10 7:0) = 1"));
    CHECK(has(broken.out, "expected  Controller Not Suspended (13ah)"));
    CHECK(has(broken.out, "lmsim conform --target model --case resume.not-suspended"));
    const Ended mute = run_lmsim(folder, one + " --mutant LM-RESU-20");
    CHECK(mute.exit_code == 2);
    const Ended unusable = run_lmsim(folder, one + " --mutant ID-CTRL-15 --json");
    CHECK(unusable.exit_code == 1);
    CHECK(has(json::parse(unusable.out)["error"], "HMLMS"));
}

TEST_CASE("cases are listed and exported without a target", "[cli][conform]") {
    const Folder folder;
    const Ended list = run_lmsim(folder, "conform --list --filter resume.");
    CHECK(list.exit_code == 0);
    CHECK(has(list.out, "resume.not-suspended"));
    CHECK(has(list.out, "LM-RESU-41"));
    const Ended to_file = run_lmsim(folder, "conform --export " + folder.file("cases.json"));
    CHECK(to_file.exit_code == 0);
    const json cases = json::parse(read_file(folder.file("cases.json")));
    CHECK(cases["schema"] == "lmsim/conform-cases/1");
    CHECK(cases["cases"].size() > 150);
    const Ended one = run_lmsim(folder, "conform --case resume.twice --export");
    REQUIRE(one.exit_code == 0);
    CHECK(json::parse(one.out)["cases"].size() == 1);
}

TEST_CASE("conform says what is wrong with its command line", "[cli][conform]") {
    const Folder folder;
    const struct {
        const char* arguments;
        const char* said;
    } wrong[] = {
        {"", "--target is missing"},
        {"--target modle", "no such target; expected model"},
        {"--target model --case resume.twise", "did you mean resume.twice?"},
        {"--target model --filter nothing-has-this", "no case has this"},
        {"--target model --mutant NO-SUCH-ROW", "no row has this requirement id"},
        {"--export /nonexistent/cases.json", "--export: "},
        {"--target", "--target"},
        {"--unknown", "--unknown"},
    };
    for (const auto& each : wrong) {
        CAPTURE(each.arguments);
        const Ended ended = run_lmsim(folder, std::string("conform ") + each.arguments);
        CHECK(ended.exit_code == 2);
        CAPTURE(ended.err);
        CHECK(has(ended.err, each.said));
        CHECK(ended.out.empty());
    }
}
