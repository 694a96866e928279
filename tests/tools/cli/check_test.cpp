#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;

namespace {

const std::string good = LMSIM_SOURCE_DIR "/tests/sim/check/good.ndjson";

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a run's trace is checked, as a directory and as a file", "[cli][check]") {
    const Small folder("randrw");
    REQUIRE(
        run_lmsim(folder, "run " + folder.scenario + " --out " + folder.file("out")).exit_code ==
        0);
    for (const char* what : {"out", "out/trace.ndjson"}) {
        const Ended ended = run_lmsim(folder, "check " + folder.file(what));
        CAPTURE(ended.out, ended.err);
        CHECK(ended.exit_code == 0);
        CHECK(has(ended.out, "ok"));
        CHECK(!has(ended.out, "came to rest"));
    }
    const Ended ended = run_lmsim(folder, "check --json " + folder.file("out"));
    const auto json = nlohmann::json::parse(ended.out);
    CHECK(json["schema"] == "lmsim/check/1");
    CHECK(json["ok"] == true);
    CHECK(json["at_rest"] == true);
    CHECK(json["broken"].empty());
    CHECK(json["observations"] > json["records"]);
}

TEST_CASE("what breaks an invariant is said with line and time", "[cli][check]") {
    const Folder folder;
    const std::string trace = folder.write(
        "bad.ndjson",
        replaced(read_file(good), R"("StateLoaded","value":99)", R"("StateLoaded","value":98)"));
    const Ended ended = run_lmsim(folder, "check " + trace);
    CHECK(ended.exit_code == 1);
    CHECK(has(ended.out, trace + ":37: at 370 ps: destination VF 0: state loaded, digest 62"));
    CHECK(has(ended.out, "INV-STATE-01"));
    const auto json = nlohmann::json::parse(run_lmsim(folder, "check --json " + trace).out);
    CHECK(json["broken"][0]["id"] == "INV-STATE-01");
    CHECK(json["broken"][0]["line"] == 37);
    CHECK(json["broken"][0]["t_ps"] == 370);
}

TEST_CASE("a trace that does not come to rest says so", "[cli][check]") {
    const Folder folder;
    const std::string trace = folder.write(
        "open.ndjson",
        replaced(read_file(good), R"("what":"Rest")", R"("what":"MigrationCompleted")"));
    const Ended ended = run_lmsim(folder, "check " + trace);
    CHECK(ended.exit_code == 0);
    CHECK(has(ended.out, "came to rest"));
}

TEST_CASE("what is no trace is refused with its place", "[cli][check][bad]") {
    const Folder folder;
    const std::string all = read_file(good);
    struct Case {
        const char* from;
        const char* to;
        const char* message;
    };
    const Case cases[] = {
        {R"("what":"VmRuns")", R"("what":"VmRun")", ":2:55: nothing is observed as \"VmRun\"; "},
        {R"("vf":0,"what":"LogStarts")", R"("vf":null,"what":"LogStarts")", "the number of a VF"},
        {R"("queue":3,"value":3)", R"("queue":3,"value":0)", "a value from 1 to"},
        {R"("value":99)", R"("value":-1)", "an integer from 0 to"},
        {R"("what":"VfioArc","value":1)", R"("what":"VfioArc","value":8)", "a value from 0 to 7"},
        {R"("side":"source","vf":null,"what":"VmStops")",
         R"("side":"network","vf":null,"what":"VmStops")", "\"source\" or \"destination\""},
        {R"("kind":"seen")", R"("kind":"seen)", ":2:"},
        {"lmsim/trace/1", "lmsim/trace/2", ":1:11: its schema is"},
    };
    for (const Case& c : cases) {
        const std::string trace = folder.write("bad.ndjson", replaced(all, c.from, c.to));
        const Ended ended = run_lmsim(folder, "check " + trace);
        INFO(ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.out.empty());
        CHECK(has(ended.err, trace + ":"));
        CHECK(has(ended.err, c.message));
    }
    CHECK(run_lmsim(folder, "check").exit_code == 2);
    CHECK(run_lmsim(folder, "check " + folder.file("none")).exit_code == 2);
    CHECK(run_lmsim(folder, "check " + folder.file("")).exit_code == 2);
}

TEST_CASE("steps replay through the model, and no other steps do", "[cli][check]") {
    const Small folder("randrw");
    REQUIRE(run_lmsim(folder, "run " + folder.scenario + " --trace steps --no-trace --out " +
                                  folder.file("out"))
                .exit_code == 0);
    const std::string steps = folder.file("out/steps.ndjson");
    const Ended ended = run_lmsim(folder, "check --steps " + folder.file("out"));
    CAPTURE(ended.out, ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(has(ended.out, "steps replayed"));

    // Another state, and a step that is left out.
    const std::string all = read_file(steps);
    const auto check = [&](const std::string& text) {
        std::ofstream(steps, std::ios::binary) << text;
        return run_lmsim(folder, "check --steps --json " + steps);
    };
    const std::size_t middle = all.find('\n', all.size() / 2) + 1;
    const std::size_t next = all.find('\n', middle) + 1;
    const std::size_t hash = all.find("\"hash\":\"", middle) + 8;
    std::string other = all;
    other[hash] = other[hash] == '0' ? '1' : '0';
    const std::string without = all.substr(0, middle) + all.substr(next);
    for (const std::string& text : {other, without}) {
        const Ended bad = check(text);
        CHECK(bad.exit_code == 1);
        const auto json = nlohmann::json::parse(bad.out);
        CHECK(json["ok"] == false);
        CHECK(json["line"] > 2);
        CHECK(json["logged"] != json["replayed"]);
    }
    CHECK(check(all.substr(0, middle + 20)).exit_code == 2);
    CHECK(check("{}\n").exit_code == 2);
}

TEST_CASE("the book of invariants has all of them, word for word", "[cli][check][docs]") {
    const Folder folder;
    const Ended ended = run_lmsim(folder, "check --list --json");
    REQUIRE(ended.exit_code == 0);
    const std::string book = read_file(LMSIM_SOURCE_DIR "/docs/check.md");
    const auto list = nlohmann::json::parse(ended.out);
    for (const auto& row : list["invariants"]) {
        const auto text = [&row](const char* key) { return row[key].get<std::string>(); };
        INFO(text("id"));
        CHECK(has(book, "| " + text("id") + " | " + text("name") + " | " + text("text") + " | " +
                            text("why") + " |"));
    }
    CHECK(has(run_lmsim(folder, "check --list").out, "INV-ABORT-02"));
}
