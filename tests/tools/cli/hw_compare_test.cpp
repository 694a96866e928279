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

bool names(const json& comparison, const std::string& row) {
    for (const json& each : comparison["differences"]) {
        if (each["row"] == row) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("the served model and the model agree on thousands of commands", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0,vf1");
    const Ended ended = run_lmsim(
        folder, "hw compare --json --destructive --trackable 24 --count 3000 " + server.target());
    CAPTURE(ended.out, ended.err, server.output());
    REQUIRE(ended.exit_code == 0);
    const json comparison = json::parse(ended.out);
    CHECK(comparison["schema"] == "lmsim/hw-compare/1");
    CHECK(comparison["commands"] >= 4000);
    CHECK(comparison["differences"].empty());
    CHECK_FALSE(comparison["not_compared"].empty());
}

TEST_CASE("the model agrees with a PF alone, too", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf");
    const Ended ended =
        run_lmsim(folder, "hw compare --json --random-alone --count 500 " + server.target());
    CAPTURE(ended.out, ended.err, server.output());
    CHECK(ended.exit_code == 0);
}

TEST_CASE("a planted rule is found, with its row", "[cli][hw]") {
    const Folder folder;
    const std::string profile =
        folder.write("planted.toml",
                     "name = \"planted\"\ntitle = \"planted\"\n"
                     "base = \"ratified\"\n[documents]\nC = \"a test\"\n"
                     "[rows]\n\"AD-QUE-50\" = { on = false, source = \"C\" }\n");
    const Serving server(folder, "pf,vf0,vf1", {"--profile", profile});
    const Ended ended =
        run_lmsim(folder, "hw compare --json --random-alone --count 2000 " + server.target());
    CAPTURE(ended.out, ended.err, server.output());
    REQUIRE(ended.exit_code == 1);
    const json comparison = json::parse(ended.out);
    CHECK(names(comparison, "AD-QUE-50"));
    CHECK(comparison["differences"].size() == 1);
    const Ended text =
        run_lmsim(folder, "hw compare --random-alone --count 2000 " + server.target());
    CHECK(text.exit_code == 1);
    CHECK(has(text.out, "AD-QUE-50 status: "));
    CHECK(has(text.out, "not compared:\n"));
}

TEST_CASE("hw compare sends the same for the same seed", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    const std::string line = "hw compare --random-alone --count 200 --json ";
    const Ended first = run_lmsim(folder, line + "--seed 7 " + server.target());
    const Ended again = run_lmsim(folder, line + "--seed 7 " + server.target());
    const Ended other = run_lmsim(folder, line + "--seed 8 " + server.target());
    CHECK(first.out == again.out);
    CHECK(first.out != other.out);
}

TEST_CASE("hw compare says that nobody is there", "[cli][hw]") {
    const Folder folder;
    const Ended ended = run_lmsim(folder, "hw compare vfio-user:" + folder.file("nobody"));
    CHECK(ended.exit_code == 4);
    CHECK(has(ended.err, "lmsim hw compare: "));
    CHECK(has(ended.err, "there is no socket "));
}
