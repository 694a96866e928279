#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;

namespace {

std::string watched_study(const Small& folder) {
    return folder.write("study.toml",
                        "name = \"two\"\nscenario = \"small.toml\"\nseeds = 2\n"
                        "[set]\nvmm.downtime_limit = \"200ms\"\n");
}

/// The last line, with its end.
std::string last_line(const std::string& text) {
    const std::size_t before =
        text.size() < 2 ? std::string::npos : text.rfind('\n', text.size() - 2);
    return before == std::string::npos ? text : text.substr(before + 1);
}

/// The same with a terminal as standard error; what the terminal got.
std::string on_terminal(const Folder& folder, const std::string& arguments) {
    const std::string command = "TERM=xterm script -qec '" LMSIM_BINARY_DIR "/lmsim " + arguments +
                                " > " + folder.file("stdout") + "' /dev/null > " +
                                folder.file("terminal") + " < /dev/null";
    CHECK(std::system(command.c_str()) == 0);
    return read_file(folder.file("terminal"));
}

void check_line_on_terminal(const std::string& text, const std::string& says) {
    CAPTURE(text);
    CHECK(text.substr(0, 1) == "\r");
    CHECK_THAT(text, Catch::Contains(says));
    const std::string taken_away = "\r\x1b[K";
    REQUIRE(text.size() > taken_away.size());
    CHECK(text.substr(text.size() - taken_away.size()) == taken_away);
}

}  // namespace

TEST_CASE("run --watch ends with a line, and changes no result", "[cli][watch]") {
    const Small folder;
    const std::string run = "run " + folder.scenario + " --seed 1 --out ";
    const Ended plain = run_lmsim(folder, run + folder.file("a"));
    const Ended watched = run_lmsim(folder, run + folder.file("b") + " --watch");
    CAPTURE(watched.err);
    CHECK(plain.exit_code == 0);
    CHECK(watched.exit_code == 0);
    CHECK(plain.err.empty());
    CHECK_THAT(last_line(watched.err), Catch::Contains(" simulated, over after "));
    CHECK_THAT(last_line(watched.err), Catch::Contains(" x real time, "));
    CHECK_THAT(last_line(watched.err), Catch::EndsWith(" events/s\n"));
    for (const char* file : {"/result.json", "/trace.ndjson", "/config.toml", "/manifest.json"}) {
        CAPTURE(file);
        CHECK(read_file(folder.file("a") + file) == read_file(folder.file("b") + file));
    }
    const Ended json = run_lmsim(folder, "run " + folder.scenario + " --watch --json");
    CHECK(nlohmann::json::parse(json.out)["outcome"] == "completed");
    CHECK_THAT(json.err, Catch::Contains(" simulated, over after "));
    // What is over at once says nothing.
    const Ended fluid = run_lmsim(folder, "run " + folder.scenario + " --watch --fidelity fluid");
    CHECK(fluid.err.empty());
}

TEST_CASE("run --watch has its line on a terminal from the beginning, and takes it away",
          "[cli][watch]") {
    const Small folder;
    check_line_on_terminal(on_terminal(folder, "run " + folder.scenario + " --watch"),
                           "\rboot, 0 s simulated");
    CHECK_THAT(read_file(folder.file("stdout")), Catch::Contains("the guest stood still for"));
}

TEST_CASE("sweep --watch ends with a line, and changes no result", "[cli][watch]") {
    const Small folder;
    const std::string sweep = "sweep " + watched_study(folder) + " --out ";
    const Ended plain = run_lmsim(folder, sweep + folder.file("a"));
    const Ended watched = run_lmsim(folder, sweep + folder.file("b") + " --watch");
    CAPTURE(watched.err);
    CHECK(watched.exit_code == 0);
    CHECK(plain.err.empty());
    CHECK_THAT(last_line(watched.err), Catch::StartsWith("2 of 2 runs done, over after "));
    CHECK_THAT(last_line(watched.err), Catch::Contains(", 2 well, "));
    CHECK(read_file(folder.file("a/results.csv")) == read_file(folder.file("b/results.csv")));
    // Those that were done before count.
    const Ended again = run_lmsim(folder, sweep + folder.file("b") + " --watch --resume --json");
    CHECK(nlohmann::json::parse(again.out)["ok"] == 2);
    CHECK_THAT(last_line(again.err), Catch::StartsWith("2 of 2 runs done, over after "));
}

TEST_CASE("sweep --watch has its line on a terminal from the beginning, and takes it away",
          "[cli][watch]") {
    const Small folder;
    const std::string sweep = "sweep " + watched_study(folder) + " --watch --jobs 1 --out ";
    check_line_on_terminal(on_terminal(folder, sweep + folder.file("a")),
                           "\r0 of 2 runs done, 0 well, 1 at once\x1b[K");
}

TEST_CASE("explore --watch ends with a line, and changes no result", "[cli][watch]") {
    const Folder folder;
    const Ended plain = run_lmsim(folder, "explore free-1 --csv");
    const Ended watched = run_lmsim(folder, "explore free-1 --csv --watch");
    CAPTURE(watched.err);
    CHECK(watched.exit_code == 0);
    CHECK(plain.err.empty());
    CHECK(plain.out == watched.out);
    CHECK_THAT(last_line(watched.err), Catch::StartsWith("free-1"));
    CHECK_THAT(last_line(watched.err), Catch::Contains(", over after "));
    const Ended two = run_lmsim(folder, "explore free-1 memory --json --watch");
    CHECK(nlohmann::json::parse(two.out)["models"].size() == 2);
    CHECK_THAT(last_line(two.err), Catch::StartsWith("2 of 2 models, over after "));
    const Ended rules = run_lmsim(folder, "explore --necessity free-1 --json --watch");
    CHECK_THAT(last_line(rules.err), Catch::Contains(" rules, over after "));
}

TEST_CASE("explore --watch has its line on a terminal from the beginning, and takes it away",
          "[cli][watch]") {
    const Folder folder;
    check_line_on_terminal(on_terminal(folder, "explore free-1 --watch"), "\rfree-1, 0 %\x1b[K");
}
