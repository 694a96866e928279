#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"

using lmsim::tests::Ended;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;
using nlohmann::json;

namespace {

/// The data of a page, as it stands in it.
json data_of(const std::string& page) {
    const std::string begin = "id=\"data\">";
    const std::size_t from = page.find(begin) + begin.size();
    return json::parse(page.substr(from, page.find("</script>", from) - from));
}

}  // namespace

TEST_CASE("lmsim report of a run has its figures, and those of its tornado", "[cli][report]") {
    const Small folder;
    const std::string out = folder.file("run");
    REQUIRE(run_lmsim(folder, "run " + folder.scenario + " --out " + out).exit_code == 0);
    REQUIRE(run_lmsim(folder, "report " + out).exit_code == 0);
    json data = data_of(read_file(out + "/report.html"));
    CHECK(data["kind"] == "run");
    CHECK(data["result"] == json::parse(read_file(out + "/result.json")));
    CHECK(data.count("sensitivity") == 0);
    CHECK(data["expect"] == json({{"outcome", "completed"}}));

    const Ended tornado = run_lmsim(folder, "tornado " + out + " --key vm.devices");
    INFO(tornado.err);
    REQUIRE(tornado.exit_code == 0);
    CHECK(tornado.out.find("vm.devices.save") != std::string::npos);
    REQUIRE(run_lmsim(folder, "report " + out).exit_code == 0);
    data = data_of(read_file(out + "/report.html"));
    CHECK(data["sensitivity"] == json::parse(read_file(out + "/tornado.json")));
    CHECK(data["sensitivity"]["downtime_us"][0].get<double>() * 1e6 ==
          data["result"]["downtime"]["total_ps"].get<double>());
}

TEST_CASE("lmsim report of a sweep and of a comparison says what they are of", "[cli][report]") {
    const Small folder;
    const std::string study =
        folder.write("it's.toml",
                     "name = \"small\"\ndescription = \"How?\"\nscenario = \"small.toml\"\n"
                     "[grid]\nchannel.bandwidth = [\"1Gbit/s\", \"25Gbit/s\"]\n");
    const std::string quoted = "\"" + study + "\"";
    const std::string sweep = folder.file("sweep");
    REQUIRE(run_lmsim(folder, "sweep " + quoted + " --out " + sweep).exit_code == 0);
    REQUIRE(run_lmsim(folder, "report " + sweep).exit_code == 0);
    json data = data_of(read_file(sweep + "/report.html"));
    CHECK(data["description"] == "How?");
    CHECK(data["headline"].get<std::string>().find("at worst (bandwidth 1Gbit/s)") !=
          std::string::npos);
    CHECK(data["reproduce"]["command"].get<std::string>().find("it'\\''s.toml'") !=
          std::string::npos);
    const Ended text = run_lmsim(folder, "report " + sweep + " --format md");
    CHECK(text.out.find("| channel.bandwidth | runs |") != std::string::npos);

    const std::string compare = folder.file("compare");
    const std::string vary = "compare " + folder.scenario + " --vary vm.devices.save=1ms,9ms";
    const Ended ended = run_lmsim(folder, vary + " --format md --out " + compare);
    REQUIRE(ended.exit_code == 0);
    REQUIRE(run_lmsim(folder, "report " + compare).exit_code == 0);
    data = data_of(read_file(compare + "/report.html"));
    CHECK(data["title"] == "small");
    CHECK(data["headline"].get<std::string>().find("at worst (save 9ms)") != std::string::npos);
    CHECK(data["reproduce"]["command"] == "lmsim " + vary + " --out DIR");
    CHECK(run_lmsim(folder, "report " + compare + " --format md").out == ended.out);
}

TEST_CASE(
    "lmsim report refuses what is no directory of a run, sweep or comparison, each in a message",
    "[cli][report][bad]") {
    const Small folder;
    const auto refused = [&](const std::string& arguments, const std::string& message) {
        const Ended ended = run_lmsim(folder, "report " + arguments);
        INFO(arguments << ": " << ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.err.find(message) != std::string::npos);
        CHECK(ended.out.empty());
    };
    const std::string out = folder.file("run");
    REQUIRE(run_lmsim(folder, "run " + folder.scenario + " --out " + out).exit_code == 0);
    std::filesystem::create_directory(folder.file("other"));
    refused(folder.file("other"), "no manifest.json, results.csv or compare.json");
    refused(folder.file("other") + " --format md", "no manifest.json");
    for (const char* text : {"{", "{\"schema\":5}", "{\"schema\":\"lmsim/compare/1\"}",
                             "{\"schema\":\"lmsim/compare/1\",\"columns\":[]}",
                             "{\"schema\":\"lmsim/compare/1\",\"columns\":[5]}",
                             "{\"schema\":\"lmsim/compare/1\",\"name\":5,\"columns\":[{}]}"}) {
        folder.write("other/compare.json", text);
        refused(folder.file("other"), "expected what lmsim compare --out leaves");
    }
    folder.write("none.json", "{\"schema\":5}");
    refused(out + " --tornado " + folder.file("none.json"), "expected what lmsim tornado --json");
    refused(out + " --tornado " + folder.file("nowhere"), "there is no such file");
    folder.write("run/tornado.json", "{\"schema\":");
    refused(out, "tornado.json: expected what lmsim tornado --json");
    std::filesystem::remove(out + "/tornado.json");

    // The second half of the trace is gone, at the end of a line.
    const std::string trace = read_file(out + "/trace.ndjson");
    folder.write("run/trace.ndjson", trace.substr(0, trace.find('\n', trace.size() / 2) + 1));
    refused(out, "expected the trace of this run, whole");
    folder.write("run/trace.ndjson", trace);
    json result = json::parse(read_file(out + "/result.json"));
    result["trace_hash"] = "0x0";
    folder.write("run/result.json", result.dump());
    refused(out, "different trace hashes");
}

TEST_CASE("lmsim report says what is not whole", "[cli][report]") {
    const Small folder;
    const std::string out = folder.file("run");
    REQUIRE(run_lmsim(folder, "run " + folder.scenario + " --out " + out).exit_code == 0);
    std::filesystem::remove(out + "/config.toml");
    std::filesystem::remove(out + "/report.md");
    REQUIRE(run_lmsim(folder, "report " + out).exit_code == 0);
    json data = data_of(read_file(out + "/report.html"));
    CHECK(data["notes"].size() == 2);
    CHECK(data.count("reproduce") == 0);

    folder.write("study.toml",
                 "scenario = \"small.toml\"\n[grid]\nvm.devices.save = [\"1ms\", \"2ms\"]\n");
    const std::string sweep = folder.file("sweep");
    REQUIRE(run_lmsim(folder, "sweep " + folder.file("study.toml") + " --out " + sweep).exit_code ==
            0);
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open((sweep + "/results.sqlite").c_str(), &database) == SQLITE_OK);
    sqlite3_exec(database, "DELETE FROM runs WHERE point = 1", nullptr, nullptr, nullptr);
    sqlite3_close(database);
    REQUIRE(run_lmsim(folder, "report " + sweep).exit_code == 0);
    data = data_of(read_file(sweep + "/report.html"));
    CHECK(data["summary"]["partial"] == true);
    CHECK(data["summary"]["expected"] == 2);
    CHECK(data["summary"]["resume"].get<std::string>().find(" --resume") != std::string::npos);
    CHECK(run_lmsim(folder, "report " + sweep + " --format md").out.find("PARTIAL: 1 of 2 runs") !=
          std::string::npos);
}

TEST_CASE("a report reads its configuration with all that TOML can have in a text",
          "[cli][report]") {
    const Small folder;
    const std::string scenario = folder.write(
        "a  # b.toml",
        "include = \"small.toml\"\nname = 'say \"hi\" # \\ [x]'\ndescription = \"# =  # \"\n");
    const std::string out = folder.file("run");
    REQUIRE(run_lmsim(folder, "run '" + scenario + "' --out " + out).exit_code == 0);
    REQUIRE(run_lmsim(folder, "report " + out).exit_code == 0);
    const json data = data_of(read_file(out + "/report.html"));
    CHECK(data["title"] == "say \"hi\" # \\ [x]");
    CHECK(data["config"][0]["value"] == data["title"]);
    CHECK(data["config"][0]["origin"].get<std::string>().find("a  # b.toml:2:1") !=
          std::string::npos);
    CHECK(data["description"] == "# =  # ");
    CHECK(data["headline"].get<std::string>().find("The guest stood still for ") == 0);
    CHECK(std::any_of(data["config"].begin(), data["config"].end(),
                      [](const json& row) { return row["key"] == "workload[0].fio"; }));
}

TEST_CASE("a page into what is no file does not replace it", "[cli][report]") {
    const Small folder;
    const std::string out = folder.file("run");
    REQUIRE(run_lmsim(folder, "run " + folder.scenario + " --out " + out).exit_code == 0);
    folder.write("page.html", "");
    std::filesystem::create_symlink("page.html", folder.file("link.html"));
    REQUIRE(run_lmsim(folder, "report " + out + " --out " + folder.file("link.html")).exit_code ==
            0);
    CHECK(std::filesystem::is_symlink(folder.file("link.html")));
    CHECK_FALSE(read_file(folder.file("page.html")).empty());
    CHECK(run_lmsim(folder, "report " + out + " --out /dev/null").exit_code == 0);
    CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("lmsim report --open shows the page, or says that nothing can", "[cli][report]") {
    const Small folder;
    const std::string out = folder.file("run");
    REQUIRE(run_lmsim(folder, "run " + folder.scenario + " --out " + out).exit_code == 0);
    folder.write("xdg-open", "#!/bin/sh\necho \"$1\" > " + folder.file("shown"));
    std::filesystem::permissions(folder.file("xdg-open"), std::filesystem::perms::owner_all);
    const std::string opens = "report " + out + " --open";
    CHECK(run_lmsim(folder, opens, "PATH=" + folder.file("") + ":/usr/bin:/bin").exit_code == 0);
    // It is not waited for.
    for (int i = 0; i < 500 && read_file(folder.file("shown")).empty(); ++i) ::usleep(10'000);
    CHECK(read_file(folder.file("shown")) == out + "/report.html\n");
    const Ended none = run_lmsim(folder, opens, "PATH=/nowhere");
    CHECK(none.exit_code == 4);
    CHECK(none.err.find("there is no xdg-open") != std::string::npos);
}

TEST_CASE("a tornado that would stay with a run is of that run", "[cli][tornado][bad]") {
    const Small folder;
    const std::string out = folder.file("run");
    REQUIRE(run_lmsim(folder, "run " + folder.scenario + " --out " + out).exit_code == 0);
    for (const std::string more : {"--set vm.ram=128MiB", "--seed 3", "--profile tp4193"}) {
        const Ended ended = run_lmsim(folder, "tornado " + out + " " + more);
        INFO(more << ": " << ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.err.find("config.toml to try others") != std::string::npos);
    }
    const Ended none = run_lmsim(folder, "tornado " + folder.file(""));
    CHECK(none.exit_code == 2);
    CHECK(none.err.find("it has no config.toml") != std::string::npos);
}

TEST_CASE("a tornado of closed forms finds what moves them", "[cli][tornado]") {
    const Small folder;
    const Ended ended = run_lmsim(
        folder, "tornado " + folder.scenario + " --set run.fidelity=fluid --key vm.devices --json");
    INFO(ended.err);
    REQUIRE(ended.exit_code == 0);
    const json tornado = json::parse(ended.out);
    REQUIRE_FALSE(tornado["parameters"].empty());
    CHECK(tornado["parameters"][0]["downtime"]["us_per_percent"].get<double>() == Approx(20.0));
}
