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
