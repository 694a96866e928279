#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

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

namespace {

std::vector<std::string> lines_of(const std::string& log) {
    std::vector<std::string> lines;
    std::istringstream in(log);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// What a line says it is of, and where its numbers begin.
std::map<std::string, std::size_t> numbers_of(const std::string& line) {
    std::map<std::string, std::size_t> numbers;
    const std::string part = nlohmann::json::parse(line).value("part", "");
    const std::size_t end = line.find("\"effects\"");
    for (std::size_t at = line.find("\":"); at < end; at = line.find("\":", at + 1)) {
        const bool number = line[at + 2] == '-' || (line[at + 2] >= '0' && line[at + 2] <= '9');
        if (number) {
            const std::size_t begin = line.rfind('"', at - 1) + 1;
            numbers.emplace(part + "." + line.substr(begin, at - begin), at + 2);
        }
    }
    return numbers;
}

}  // namespace

TEST_CASE("a log of steps may have been changed anywhere: it is refused with its line",
          "[cli][check][bad]") {
    const Small folder("randrw");
    REQUIRE(run_lmsim(folder, "run " + folder.scenario + " --trace steps --no-trace --out " +
                                  folder.file("out"))
                .exit_code == 0);
    const std::string steps = folder.file("out/steps.ndjson");
    const std::vector<std::string> lines = lines_of(read_file(steps));
    std::size_t tried = 0;
    std::size_t refused = 0;
    const auto check = [&](std::size_t number, const std::string& line) {
        {
            std::ofstream out(steps, std::ios::binary);
            for (std::size_t i = 0; i < number; ++i) {
                out << lines[i] << '\n';
            }
            out << line << '\n';
            // What follows meets the state that this line has left.
            for (std::size_t i = number + 1; i < std::min(number + 50, lines.size()); ++i) {
                out << lines[i] << '\n';
            }
        }
        const Ended ended = run_lmsim(folder, "check --steps " + steps);
        CAPTURE(number + 1, line, ended.exit_code, ended.out, ended.err);
        CHECK(ended.exit_code <= 2);
        CHECK((ended.exit_code != 2 || has(ended.err, steps + ":")));
        CHECK(!has(ended.err, "internal bug"));
        ++tried;
        refused += ended.exit_code == 2 ? 1 : 0;
    };
    std::map<std::string, std::size_t> met;
    constexpr std::size_t most = 2000;  // lines: in them all parts have begun
    for (std::size_t i = 1; i < std::min(lines.size(), most); ++i) {
        for (const auto& [field, at] : numbers_of(lines[i])) {
            if (++met[field] != 1) {
                continue;
            }
            const std::size_t end = lines[i].find_first_of(",}", at);
            for (const char* number : {"0", "-1", "255", "65535", "4294967295"}) {
                check(i, lines[i].substr(0, at) + number + lines[i].substr(end));
            }
        }
        const std::size_t state = lines[i].find("\"state\":\"");
        if (state != std::string::npos && ++met[lines[i].substr(0, state)] == 1) {
            const std::size_t from = state + 9;
            const std::size_t digits = lines[i].rfind('"') - from;
            for (const std::size_t at : {std::size_t{0}, digits / 4 * 2, digits - 2}) {
                std::string other = lines[i];
                check(i, other.replace(from + at, 2, "ff"));
            }
            std::string other = lines[i];
            check(i, other.replace(from, digits, std::string(digits, 'f')));
        }
    }
    CHECK(tried > 50);
    CHECK(refused > 5);
}

TEST_CASE("each scenario that there is obeys, and its steps replay", "[cli][check][scenarios]") {
    namespace fs = std::filesystem;
    std::vector<fs::path> files;
    for (const char* where : {"/scenarios", "/scenarios/seeds"}) {
        for (const auto& entry : fs::directory_iterator(std::string(LMSIM_SOURCE_DIR) + where)) {
            if (entry.path().extension() == ".toml") {
                files.push_back(entry.path());
            }
        }
    }
    std::sort(files.begin(), files.end());
    REQUIRE(files.size() >= 7);
    for (const fs::path& file : files) {
        const Folder folder;
        const std::string out = folder.file("out");
        const Ended run = run_lmsim(folder, "run " + file.string() + " --trace steps --out " + out);
        INFO(file.string());
        INFO(run.err);
        CHECK(run.exit_code == 0);
        for (const char* how : {"check ", "check --steps "}) {
            const Ended ended = run_lmsim(folder, how + out);
            CAPTURE(how, ended.out, ended.err);
            CHECK(ended.exit_code == 0);
        }
    }
}

TEST_CASE("the book of invariants has all of them, word for word", "[cli][check][docs]") {
    const Folder folder;
    const Ended ended = run_lmsim(folder, "check --list --json");
    REQUIRE(ended.exit_code == 0);
    const std::string book = read_file(LMSIM_SOURCE_DIR "/docs/check.md");
    const auto list = nlohmann::json::parse(ended.out);
    for (const char* table : {"invariants", "searched"}) {
        CHECK(list[table].size() > 5);
        for (const auto& row : list[table]) {
            const auto text = [&row](const char* key) { return row[key].get<std::string>(); };
            INFO(text("id"));
            CHECK(has(book, "| " + text("id") + " | " + text("name") + " | " + text("text") +
                                " | " + text("why") + " |"));
        }
    }
    const std::string text = run_lmsim(folder, "check --list").out;
    // Whatever the model calls an invariant is among them.
    namespace fs = std::filesystem;
    for (const auto& file : fs::recursive_directory_iterator(LMSIM_SOURCE_DIR "/model")) {
        const std::string source = file.is_regular_file() ? read_file(file.path()) : "";
        for (std::size_t at = source.find("\"INV-"); at != std::string::npos;
             at = source.find("\"INV-", at + 1)) {
            const std::size_t end =
                source.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", at + 1);
            const std::string id = source.substr(at + 1, end - at - 1);
            CAPTURE(file.path().string(), id);
            CHECK(has(text, id + "  "));
        }
    }
    CHECK(has(text, "INV-ABORT-02"));
    CHECK(text.find("INV-HOLD-01") > text.find("`lmsim explore`"));
}
