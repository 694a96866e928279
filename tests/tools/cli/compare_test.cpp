#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"

using lmsim::tests::Ended;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;
using nlohmann::json;

TEST_CASE("compare puts a column for each value beside the other", "[cli][compare]") {
    const Small folder;
    const std::string compare = "compare " + folder.scenario + " --vary hosts.both.driver.p2p ";
    const Ended table = run_lmsim(folder, compare);
    INFO(table.out << table.err);
    CHECK(table.exit_code == 0);
    CHECK(table.out.find("hosts.both.driver.p2p") == 2);
    for (const char* row :
         {"outcome", "downtime, ms", "  suspend, ms", "total time, ms", "bytes sent",
          "the VMM's own downtime", "guest: longest gap", "pre-copy rounds"}) {
        INFO(row);
        CHECK(table.out.find(row) != std::string::npos);
    }
    const json figures = json::parse(run_lmsim(folder, compare + "--json").out);
    CHECK(figures["schema"] == "lmsim/compare/1");
    REQUIRE(figures["columns"].size() == 2);
    const json& second = figures["columns"][1];
    CHECK(second["set"]["hosts.both.driver.p2p"] == "true");
    const json alone = json::parse(
        run_lmsim(folder, "run " + folder.scenario + " --set hosts.both.driver.p2p=true --json")
            .out);
    CHECK(second["figures"]["downtime_ps"] == alone["downtime"]["total_ps"]);
    CHECK(second["figures"]["trace_hash"] == alone["trace_hash"]);
    std::int64_t parts = 0;
    for (const auto& figure : second["figures"].items()) {
        parts += figure.key().rfind("part_", 0) == 0 ? figure.value().get<std::int64_t>() : 0;
    }
    CHECK(second["figures"]["downtime_ps"] == parts);
}

TEST_CASE("compare says the same whatever the jobs, and of seeds median and range",
          "[cli][compare]") {
    const Small folder;
    const std::string compare = "compare " + folder.scenario +
                                " --vary vmm.downtime_limit=300ms,1s --vary "
                                "channel.bandwidth=1Gbit/s,25Gbit/s --seeds 3 --json --jobs ";
    const Ended one = run_lmsim(folder, compare + "1");
    const Ended four = run_lmsim(folder, compare + "4");
    CHECK(one.exit_code == 0);
    CHECK(one.out == four.out);
    const json figures = json::parse(one.out);
    REQUIRE(figures["columns"].size() == 4);
    for (const json& column : figures["columns"]) {
        CHECK(column["runs"] == 3);
        CHECK(column["least"]["downtime_ps"] <= column["figures"]["downtime_ps"]);
        CHECK(column["figures"]["downtime_ps"] <= column["most"]["downtime_ps"]);
        CHECK(column["least"]["downtime_ps"] < column["most"]["downtime_ps"]);
    }
    CHECK(figures["columns"][1]["set"]["channel.bandwidth"] == "25Gbit/s");
    CHECK(figures["columns"][1]["set"]["vmm.downtime_limit"] == "300ms");
}

TEST_CASE("compare shows why a column cannot be run, and runs the others", "[cli][compare]") {
    const Small folder;
    const std::string compare =
        "compare " + folder.scenario + " --vary hosts.both.link.mps=256B,300B";
    const Ended ended = run_lmsim(folder, compare);
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 1);
    CHECK(ended.out.find("Cannot be run\n  300B: ") != std::string::npos);
    CHECK(ended.out.find("completed") != std::string::npos);
    const Ended as_json = run_lmsim(folder, compare + " --json");
    CHECK(as_json.exit_code == 1);
    const json figures = json::parse(as_json.out);
    CHECK(figures["columns"][0]["ok"] == true);
    CHECK(figures["columns"][1]["ok"] == false);
    CHECK(figures["columns"][1]["errors"][0].get<std::string>().find("mps") != std::string::npos);
    CHECK(figures["columns"][1]["figures"]["downtime_ps"].is_null());
    const Ended missed =
        run_lmsim(folder, "compare " + folder.scenario + " --vary expect.downtime_max=1us,10s");
    CHECK(missed.exit_code == 1);
    CHECK(missed.out.find("Not as expected\n  1us, seed 1: ") != std::string::npos);
}

TEST_CASE("compare takes several scenarios, and prints Markdown", "[cli][compare]") {
    const Small folder;
    const std::string other = folder.write(
        "other.toml", "include = [\"small.toml\"]\nname = \"other\"\n[channel]\nrtt = \"1ms\"\n");
    const Ended ended =
        run_lmsim(folder, "compare " + folder.scenario + " " + other + " --format md");
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(ended.out.find("| | small | other |\n|---|---:|---:|\n| outcome | completed |") == 0);
    CHECK(ended.out.find("| - suspend, ms |") != std::string::npos);
    CHECK(ended.err.empty());
}

TEST_CASE("what compare cannot read is one message and exit code 2", "[cli][compare][bad]") {
    struct Case {
        const char* arguments;
        const char* message;
    };
    const Small folder;
    for (const Case& bad :
         {Case{"", "nothing to compare"}, Case{"--vary vmm.engin", "vmm.engine"},
          Case{"--vary vmm.pause=1us", "did you mean"},
          Case{"--vary vmm.engine --vary vmm.engine=qemu-8.2", "varied twice"},
          Case{"--vary vm.ram", "no short list"}, Case{"--vary vmm.engine --seeds 0", "--seeds"},
          Case{"--vary vmm.engine --set vm.rom=1", "vm.rom"},
          Case{"--vary vmm.engine --seeds 9999", "expected at most 10000"},
          Case{"--vary vmm.engine --format html", "--format"}}) {
        const Ended ended = run_lmsim(folder, "compare " + folder.scenario + " " + bad.arguments);
        INFO(bad.arguments << ": " << ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.err.find(bad.message) != std::string::npos);
        CHECK(ended.out.empty());
    }
    const Ended none = run_lmsim(folder, "compare none.toml --vary vmm.engine");
    CHECK(none.exit_code == 2);
    CHECK(none.err.find("none.toml: cannot be opened") == 0);
}
