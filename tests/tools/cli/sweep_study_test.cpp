#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"

using lmsim::tests::Ended;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;
using nlohmann::json;

namespace {

struct StudyFolder : Small {
    Ended sweep(const std::string& study, const std::string& out, const std::string& more = "") {
        return run_lmsim(*this, "sweep " +
                                    write("study.toml", "scenario = \"small.toml\"\n" + study) +
                                    " --out " + file(out) + " " + more);
    }
    std::string csv(const std::string& out) const { return read_file(file(out + "/results.csv")); }
};

/// Rows by point, without the titles.
std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

const char* const stopping =
    "seeds = 40\n[grid]\nchannel.bandwidth = [\"1Gbit/s\", \"25Gbit/s\"]\n"
    "[stop]\nfigure = \"downtime_ps\"\npercentile = \"50%\"\nwithin = \"40%\"\nat_least = 8\n";

}  // namespace

TEST_CASE("a fluid sweep gives the rows of single runs, whatever the jobs", "[cli][sweep]") {
    StudyFolder folder;
    const std::string study =
        "seeds = 2\n[grid]\nvmm.downtime_limit = [\"100ms\", \"1s\"]\nchannel.bandwidth = "
        "[\"1Gbit/s\", \"25Gbit/s\"]\nhosts.both.device.vfs = [1, 2, 300]\n";
    folder.sweep(study + "[set]\nrun.fidelity = \"fluid\"\n", "one", "--jobs 1");
    folder.sweep(study, "three", "--jobs 3 --set run.fidelity=fluid");
    CHECK(lines(folder.csv("one")) == 25);
    CHECK(folder.csv("one") == folder.csv("three"));
    const json alone = json::parse(
        run_lmsim(folder, "run " + folder.scenario +
                              " --fidelity fluid --set vmm.downtime_limit=1s --set "
                              "channel.bandwidth=25Gbit/s --set hosts.both.device.vfs=2 --json")
            .out);
    const std::string csv = folder.csv("one");
    const std::string row = csv.substr(csv.find("\n20,"), 400);
    CHECK(row.find("," + alone["downtime"]["total_ps"].dump() + ",") != std::string::npos);
    CHECK(csv.find("300 is out of range") != std::string::npos);
}

TEST_CASE("a sweep's settings are part of what it is", "[cli][sweep]") {
    StudyFolder folder;
    const std::string study = "[set]\nrun.fidelity = \"exact\"\n[grid]\nvm.vcpus = [1, 2]\n";
    CHECK(folder.sweep(study, "out", "--set run.fidelity=fluid").exit_code == 0);
    CHECK(folder.csv("out").find(",fluid,") != std::string::npos);
    const Ended other = folder.sweep(study, "out", "--resume");
    CHECK(other.exit_code == 2);
    CHECK(other.err.find("of another study") != std::string::npos);
    CHECK(folder.sweep(study, "out", "--resume --set run.fidelity=fluid").exit_code == 0);
    struct Bad {
        const char* set;
        const char* message;
    };
    for (const Bad& bad : {Bad{"vm.rom=1", "unknown key \"vm.rom\""},
                           Bad{"vm.ram", "expected PATH=VALUE such as vm.ram=8GiB"},
                           Bad{"vm.vcpus=3", "vm.vcpus stands in set and varies too"}}) {
        const Ended ended = folder.sweep(study, "bad", std::string("--set ") + bad.set);
        INFO(ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.err.find(bad.message) != std::string::npos);
    }
}

TEST_CASE("a study stops when a figure is known well enough", "[cli][sweep]") {
    StudyFolder folder;
    const Ended one = folder.sweep(stopping, "one", "--jobs 1 --json");
    INFO(one.out << one.err);
    CHECK(one.exit_code == 0);
    const json summary = json::parse(one.out);
    const std::size_t runs = lines(folder.csv("one")) - 1;
    CHECK(runs >= 16);
    CHECK(runs < 80);
    CHECK(runs % 8 == 0);
    CHECK(summary["ok"] == runs);
    REQUIRE(summary["points"].size() == 2);
    for (const json& point : summary["points"]) {
        CHECK(point["figure"] == "downtime_ps");
        CHECK(point["n"].get<std::size_t>() % 8 == 0);
        const double median = point["p50"];
        CHECK(point["lower"].get<double>() >= median * 0.6);
        CHECK(point["upper"].get<double>() <= median * 1.4);
        CHECK(point["p90"] <= point["p99"]);
        CHECK(point["mean"].is_number());
    }
    // The same whatever the jobs, and in parts.
    folder.sweep(stopping, "two", "--jobs 2");
    CHECK(folder.csv("two") == folder.csv("one"));
    folder.sweep(stopping, "parts", "--points 40:80");
    folder.sweep(stopping, "parts", "--resume");
    CHECK(folder.csv("parts") == folder.csv("one"));
    const Ended again = folder.sweep(stopping, "parts", "--resume --json");
    CHECK(again.exit_code == 0);
    CHECK(json::parse(again.out)["points"] == summary["points"]);
    CHECK(folder.sweep(stopping, "bad", "--points 3:80").err.find("expected multiples of seeds") !=
          std::string::npos);
}

TEST_CASE("a figure that is never known well takes all seeds", "[cli][sweep]") {
    StudyFolder folder;
    std::string study = stopping;
    study.replace(study.find("40%"), 3, "0.0001%");
    const Ended ended = folder.sweep(study, "out");
    CHECK(lines(folder.csv("out")) == 81);
    CHECK(ended.out.find("80 of at most 80 runs done") != std::string::npos);
}

TEST_CASE("hypercubes in a study", "[cli][sweep]") {
    StudyFolder folder;
    const std::string study =
        "[set]\nrun.fidelity = \"fluid\"\n[hypercube]\nsamples = 20\nchannel.bandwidth = {from = "
        "\"1Gbit/s\", to = \"100Gbit/s\", scale = \"log\"}\nvmm.downtime_limit = {from = \"1ms\", "
        "to = \"300ms\", step = \"1ms\"}\ncarry.msix = [\"vmm\", \"none\"]\n";
    const Ended ended = folder.sweep(study, "one");
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    folder.sweep(study, "two", "--jobs 1");
    CHECK(folder.csv("one") == folder.csv("two"));
    CHECK(lines(folder.csv("one")) == 21);
    CHECK(folder.sweep(study + "seed = 2\n", "one", "--resume").exit_code == 2);
}

TEST_CASE("what is no hypercube or no stop says where", "[cli][sweep][bad]") {
    StudyFolder folder;
    struct Bad {
        const char* text;
        const char* message;
    };
    for (const Bad& bad : {
             Bad{"[hypercube]\nvm.ram = [\"1GiB\"]\n", "expected samples = N"},
             Bad{"[hypercube]\nsamples = 0\n", "line 3: samples: expected a whole number, 1 to"},
             Bad{"[hypercube]\nsamples = 9\n", "no range; expected KEY = {from = A, to = B}"},
             Bad{"[hypercube]\nsamples = 9\nvm.rom = [1]\n", "line 4: unknown key \"vm.rom\""},
             Bad{"[hypercube]\nsamples = 9\nvm.ram = {from = \"1GiB\"}\n",
                 "study.toml:4:10: vm.ram: expected a range such as"},
             Bad{"[hypercube]\nsamples = 9\nvm.ram = {from = \"1GiB\", to = \"1ms\"}\n",
                 "study.toml:4:31: vm.ram: to is of another kind than from"},
             Bad{"[hypercube]\nsamples = 9\nvm.ram = {from = \"1KiB\", to = \"1GiB\"}\n",
                 "study.toml:4:18: vm.ram: \"1KiB\" is out of range; expected \"16MiB\" to"},
             Bad{"[hypercube]\nsamples = 9\nvm.ram = {from = \"2GiB\", to = \"1GiB\"}\n",
                 "to is not more than from"},
             Bad{"[hypercube]\nsamples = 9\nvm.pause = {from = \"0s\", to = \"1s\", scale = "
                 "\"log\"}\n",
                 "a logarithmic range does not begin at 0"},
             Bad{"[hypercube]\nsamples = 9\nvm.pause = {from = \"0s\", to = \"1s\", scale = "
                 "\"cubic\"}\n",
                 "expected \"linear\" or \"log\""},
             Bad{"[hypercube]\nsamples = 9\nvm.vcpus = [1, 0]\n", "0 is out of range"},
             Bad{"[hypercube]\nsamples = 9\nvm.vcpus = 1\n", "expected a range such as"},
             Bad{"[hypercube]\nsamples = 9\nvm.vcpus = [1, 2]\n[grid]\nvm.vcpus = [3]\n",
                 "vm.vcpus varies twice; expected it in one of points, hypercube and grid"},
             Bad{"[stop]\nfigure = \"downtime\"\n",
                 "stop.figure: \"downtime\" is no column of numbers; did you mean "
                 "\"downtime_ps\"?"},
             Bad{"[stop]\nfigure = \"outcome\"\n", "is no column of numbers"},
             Bad{"[stop]\nfigure = \"downtime_ps\"\nat_least = 2\n", "stop.at_least: 2 is out"},
         }) {
        const Ended ended = folder.sweep(bad.text, "out");
        INFO(bad.text << ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.err.find(bad.message) != std::string::npos);
    }
}
