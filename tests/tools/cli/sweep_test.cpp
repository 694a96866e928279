#include <signal.h>

#include <nlohmann/json.hpp>

#include "sim/scenario/toml.hpp"
#include "tests/catch.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/tools/cli/small.hpp"
#include "tools/runs/result_table.hpp"

using lmsim::tests::check_golden;
using lmsim::tests::Ended;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;
using nlohmann::json;

namespace {

/// The small scenario with a study of 2 x 3 points and 2 seeds, one of them broken.
struct SmallStudy : Small {
    std::string study = write("study.toml",
                              "name = \"small\"\nscenario = \"small.toml\"\nseeds = 2\n"
                              "[set]\nvmm.downtime_limit = \"200ms\"\n"
                              "[grid]\n\"channel.bandwidth\" = [\"1Gbit/s\", \"25Gbit/s\"]\n"
                              "hosts.both.link.mps = [\"256B\", \"300B\", \"512B\"]\n");

    std::string sweep(const std::string& out, const std::string& more = "") const {
        return "sweep " + study + " --out " + file(out) + " " + more;
    }
};

/// "1, 2, ..., COUNT"
std::string numbers(int count) {
    std::string text = "1";
    for (int i = 2; i <= count; ++i) text += ", " + std::to_string(i);
    return text;
}

/// Runs that have a row by now.
std::size_t rows(const std::string& path) {
    const auto table = lmsim::runs::ResultTable::open(path);
    return table && !table.value().fingerprint().empty() ? table.value().tally().all() : 0;
}

/// Starts a sweep, kills it when it has `least` rows or more, and tells how many there were.
std::size_t kill_at(const SmallStudy& folder, const std::string& out, std::size_t least) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const std::string log = folder.file("log");
        const std::string directory = folder.file(out);
        if (std::freopen(log.c_str(), "w", stdout) == nullptr) _exit(1);
        execl(LMSIM_BINARY_DIR "/lmsim", "lmsim", "sweep", folder.study.c_str(), "--out",
              directory.c_str(), "--resume", "--jobs", "2", nullptr);
        _exit(1);
    }
    const std::string path = folder.file(out) + "/results.sqlite";
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (std::filesystem::exists(path) && rows(path) >= least) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            break;
        }
        usleep(2'000);
    }
    return rows(path);
}

}  // namespace

TEST_CASE("a sweep does all points, and a broken one is an error of its own", "[cli][sweep]") {
    const SmallStudy folder;
    const Ended ended = run_lmsim(folder, folder.sweep("out"));
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 1);
    CHECK(ended.out.find("small: 12 of 12 runs done: 8 well, 0 not as expected, 4 without a "
                         "result\n  run 2: ") == 0);
    const std::string csv = read_file(folder.file("out/results.csv"));
    CHECK(csv.find("point,channel.bandwidth,hosts.both.link.mps,seed,status,error,outcome,") == 0);
    CHECK(csv.find("\n0,1Gbit/s,256B,1,ok,,completed,") != std::string::npos);
    CHECK(csv.find("\n3,1Gbit/s,300B,2,error,") != std::string::npos);
    CHECK(csv.find("\n11,25Gbit/s,512B,2,ok,,completed,") != std::string::npos);
    const json alone = json::parse(
        run_lmsim(folder, "run " + folder.scenario +
                              " --set vmm.downtime_limit=200ms --set channel.bandwidth=1Gbit/s "
                              "--set hosts.both.link.mps=256B --json")
            .out);
    const std::string row = csv.substr(csv.find("\n0,"), 400);
    CHECK(row.find("," + alone["downtime"]["total_ps"].dump() + ",") != std::string::npos);
    const json summary = json::parse(run_lmsim(folder, folder.sweep("out", "--resume --json")).out);
    CHECK(summary["schema"] == "lmsim/sweep/1");
    CHECK(summary["runs"] == 12);
    CHECK(summary["ok"] == 8);
    CHECK(summary["errors"] == 4);
    CHECK(summary["failed"][0]["point"] == 2);
}

TEST_CASE("a sweep gives the same table whatever the jobs, and if it is killed again and again",
          "[cli][sweep]") {
    const SmallStudy folder;
    run_lmsim(folder, folder.sweep("one", "--jobs 1"));
    run_lmsim(folder, folder.sweep("four", "--jobs 4"));
    const std::string whole = read_file(folder.file("one/results.csv"));
    CHECK(whole == read_file(folder.file("four/results.csv")));
    std::size_t before = 0;
    for (const std::size_t least : {1U, 4U, 9U}) {
        const std::size_t now = kill_at(folder, "killed", least);
        CHECK(now >= least);
        CHECK(now >= before);  // nothing that was there is lost
        before = now;
    }
    const Ended csv = run_lmsim(folder, folder.sweep("killed", "--csv"));
    CHECK(csv.exit_code == 0);
    const Ended ended = run_lmsim(folder, folder.sweep("killed", "--resume"));
    CHECK(ended.exit_code == 1);
    CHECK(read_file(folder.file("killed/results.csv")) == whole);
}

TEST_CASE("a study that has changed refuses to go on, or starts anew as told", "[cli][sweep]") {
    const SmallStudy folder;
    CHECK(run_lmsim(folder, folder.sweep("out")).exit_code == 1);
    const std::string first = read_file(folder.file("out/results.csv"));
    const Ended again = run_lmsim(folder, folder.sweep("out"));
    CHECK(again.exit_code == 2);
    CHECK(again.err.find("has 12 of the 12 runs of this study; expected --resume") !=
          std::string::npos);
    // A name and a comment are no change; a value of the scenario is, and so is a fio file.
    folder.write("study.toml", "# new\n" + read_file(folder.study) + "");
    CHECK(run_lmsim(folder, folder.sweep("out", "--resume")).exit_code == 1);
    CHECK(read_file(folder.file("out/results.csv")) == first);
    const std::string job = read_file(folder.file("job.fio"));
    folder.write("job.fio", job + "thinktime=1\n");
    const Ended fio = run_lmsim(folder, folder.sweep("out", "--resume"));
    CHECK(fio.exit_code == 2);
    CHECK(fio.err.find("has 12 runs of another study, or of this one before it or its scenario "
                       "changed; expected --anew") != std::string::npos);
    folder.write("job.fio", job);
    folder.write("small.toml", read_file(folder.scenario) + "[channel]\nrtt = \"1ms\"\n");
    CHECK(run_lmsim(folder, folder.sweep("out", "--resume")).exit_code == 2);
    CHECK(read_file(folder.file("out/results.csv")) == first);
    CHECK(run_lmsim(folder, folder.sweep("out", "--anew")).exit_code == 1);
    CHECK(read_file(folder.file("out/results.csv")) != first);
    CHECK(run_lmsim(folder, folder.sweep("out", "--anew --resume")).exit_code == 2);
}

TEST_CASE("a part of a study has the numbers and the rows of the whole", "[cli][sweep]") {
    const SmallStudy folder;
    run_lmsim(folder, folder.sweep("whole"));
    const Ended part = run_lmsim(folder, folder.sweep("part", "--points 5:8"));
    INFO(part.out << part.err);
    CHECK(part.exit_code == 0);
    CHECK(part.out.find("small: 3 of 3 runs done: 3 well") == 0);
    const Ended broken = run_lmsim(folder, folder.sweep("part", "--points 2:6 --resume --json"));
    CHECK(broken.exit_code == 1);
    const json summary = json::parse(broken.out);
    CHECK(summary["runs"] == 4);
    CHECK(summary["ok"] == 2);
    CHECK(summary["failed"].size() == 2);
    CHECK(rows(folder.file("part/results.sqlite")) == 6);
    run_lmsim(folder, folder.sweep("part", "--resume"));
    CHECK(read_file(folder.file("part/results.csv")) ==
          read_file(folder.file("whole/results.csv")));
    for (const char* bad :
         {"3", "3:", ":3", "3:3", "4:3", "0:13", "-1:3", "0:3x", "a:b", "0:3:4"}) {
        INFO(bad);
        const Ended ended = run_lmsim(folder, folder.sweep("bad", std::string("--points=") + bad));
        CHECK(ended.exit_code == 2);
        CHECK(ended.err.find("expected FIRST:END, 0 <= FIRST < END <= 12") != std::string::npos);
        CHECK(!std::filesystem::exists(folder.file("bad")));
    }
}

TEST_CASE("single points, alone and with a grid", "[cli][sweep]") {
    const Small folder;
    const std::string study = folder.write(
        "points.toml",
        "scenario = \"small.toml\"\n"
        "[[points]]\nvm.pause = \"1ms\"\nhosts.both.driver.p2p = true\n"
        "[[points]]\nvm.pause = \"2ms\"\nhosts.both.driver.p2p = false\n"
        "[grid]\nhosts.both.device.admin.suspend = [\"1ms\", {min = \"1ms\", max = \"2ms\"}]\n");
    const Ended ended = run_lmsim(folder, "sweep " + study + " --out " + folder.file("out"));
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    const std::string csv = read_file(folder.file("out/results.csv"));
    CHECK(csv.find("point,vm.pause,hosts.both.driver.p2p,hosts.both.device.admin.suspend,seed,") ==
          0);
    CHECK(csv.find("\n1,1ms,true,\"{min = \"\"1ms\"\", max = \"\"2ms\"\"}\",1,ok,") !=
          std::string::npos);
    CHECK(csv.find("\n2,2ms,false,1ms,1,ok,") != std::string::npos);
}

TEST_CASE("what is no study says where and what was expected", "[cli][sweep][bad]") {
    struct Case {
        std::string text;
        const char* message;
    };
    const Small folder;
    for (const Case& bad : {
             Case{"", "bad.toml: names no scenario"},
             Case{"scenario = \"none.toml\"\n", "none.toml: cannot be opened"},
             Case{"scenario = \"small.toml\"\nseed = 3\n", "did you mean \"seeds\""},
             Case{"scenario = \"small.toml\"\nseeds = 0\n", "bad.toml:2:9: seeds: 0 is out"},
             Case{"scenario = \"small.toml\"\n[grid]\nvm.rom = [1]\n", "line 3: unknown key"},
             Case{"scenario = \"small.toml\"\n[grid]\nvm.ram = \"1GiB\"\n",
                  "line 3: vm.ram: expected a list of values, not the string"},
             Case{"scenario = \"small.toml\"\n[grid]\nvm.ram = []\n", "expected a list of values"},
             Case{"scenario = \"small.toml\"\n[grid]\nvm.vcpus = [1, 1]\n", "1 stands twice"},
             Case{"scenario = \"small.toml\"\n[grid]\nseed = [1, 2]\n", "expected seeds = N"},
             Case{"scenario = \"small.toml\"\n[set]\nvm.vcpus = 1\n[grid]\nvm.vcpus = [1, 2]\n",
                  "stands in set and varies too"},
             Case{"scenario = \"small.toml\"\n[[points]]\nvm.vcpus = 1\n[[points]]\n",
                  "a point has other keys"},
             Case{"scenario = \"small.toml\"\nseeds = 100000\n[grid]\nvm.vcpus = [" +
                      numbers(11000) + "]\n",
                  "1100000000 runs; expected at most 1000000000"},
             Case{"scenario = \n", "bad.toml:1:"},
             Case{"scenario = \"bad.toml\"\n", "unknown key \"scenario\""},
         }) {
        const std::string study = folder.write("bad.toml", bad.text);
        const Ended ended = run_lmsim(folder, "sweep " + study + " --out " + folder.file("out"));
        INFO(bad.text << ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.err.find(bad.message) != std::string::npos);
        CHECK(!std::filesystem::exists(folder.file("out")));
    }
    CHECK(run_lmsim(folder, "sweep none.toml").err.find("none.toml: cannot be opened") == 0);
    const Ended csv = run_lmsim(folder, "sweep x.toml --csv --out " + folder.file("out"));
    CHECK(csv.exit_code == 2);
    CHECK(csv.err.find("no such file; --csv is for a sweep that has begun") != std::string::npos);
}

TEST_CASE("a table that is none is left alone", "[cli][sweep][bad]") {
    const SmallStudy folder;
    std::filesystem::create_directory(folder.file("out"));
    folder.write("out/results.sqlite", "this is no database, and long enough to be none\n");
    const Ended ended = run_lmsim(folder, folder.sweep("out", "--resume"));
    CHECK(ended.exit_code == 2);
    CHECK(ended.err.find("results.sqlite: file is not a database") != std::string::npos);
    CHECK(read_file(folder.file("out/results.sqlite")).find("this is no database") == 0);
    const Ended held = run_lmsim(folder, folder.sweep("small.toml/x"));
    CHECK(held.exit_code == 2);
    CHECK(held.err.find("--out ") == 0);
}

TEST_CASE("docs and schema of study files say what the program reads", "[cli][sweep]") {
    check_golden("docs/study-files.md", lmsim::runs::study_docs());
    check_golden("docs/schema/study.schema.json", lmsim::runs::study_schema());
}

TEST_CASE("the studies that come with the program are sound", "[cli][sweep]") {
    for (const auto& entry :
         std::filesystem::directory_iterator(LMSIM_SOURCE_DIR "/scenarios/studies")) {
        const lmsim::runs::Study study = lmsim::runs::load_study(entry.path().string());
        INFO(entry.path() << study.error_text());
        CHECK(study.ok());
        CHECK(study.size() > 1);
        // Of a large one the corners, and some between.
        const std::size_t stride = study.size() / 64 + 1;
        for (std::size_t i = 0; i < study.size(); i += stride) {
            const auto loaded = lmsim::cli::prepare(study.point(i).options).loaded;
            INFO(loaded.error_text());
            CHECK(loaded.ok());
        }
    }
}
