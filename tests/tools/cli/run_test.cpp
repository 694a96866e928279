#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;

namespace {

bool says(const Ended& ended, const std::string& text) {
    return ended.err.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("run writes a run directory whose files agree", "[cli][run]") {
    const Small folder;
    const Ended ended =
        run_lmsim(folder, "run " + folder.scenario + " --out " + folder.file("out"));
    CAPTURE(ended.err, ended.out);
    REQUIRE(ended.exit_code == 0);
    CHECK(ended.err.empty());
    CHECK(ended.out.find("the guest stood still for") != std::string::npos);
    const auto result = nlohmann::json::parse(read_file(folder.file("out/result.json")));
    const auto manifest = nlohmann::json::parse(read_file(folder.file("out/manifest.json")));
    CHECK(result["outcome"] == "completed");
    CHECK(result["trace_hash"] == manifest["trace_hash"]);
    CHECK(result["commands"]["lost"] == 0);
    CHECK(read_file(folder.file("out/state/0.bin")).size() > 48);
    CHECK(read_file(folder.file("out/trace.ndjson")).find("\"kind\":\"command\"") !=
          std::string::npos);
    // The effective configuration gives the same run again.
    const Ended again = run_lmsim(folder, "run " + folder.file("out/config.toml") + " --json");
    REQUIRE(again.exit_code == 0);
    CHECK(nlohmann::json::parse(again.out)["trace_hash"] == result["trace_hash"]);
}

TEST_CASE("step and port logs are written on request and change nothing", "[cli][run]") {
    const Small folder;
    const std::string run = "run " + folder.scenario + " --out ";
    REQUIRE(run_lmsim(folder, run + folder.file("a") + " --trace steps,ports").exit_code == 0);
    REQUIRE(run_lmsim(folder, run + folder.file("b") + " --no-trace").exit_code == 0);
    CHECK(read_file(folder.file("a/steps.ndjson")).find("\"part\":\"vfio_nvme\"") !=
          std::string::npos);
    CHECK(read_file(folder.file("a/ports.ndjson")).find("\"port\":\"dst.vf0\"") !=
          std::string::npos);
    CHECK(!std::filesystem::exists(folder.file("b/trace.ndjson")));
    CHECK(nlohmann::json::parse(read_file(folder.file("a/result.json")))["trace_hash"] ==
          nlohmann::json::parse(read_file(folder.file("b/result.json")))["trace_hash"]);
}

TEST_CASE("bad input is one message, exit code 2 and no run directory", "[cli][run][bad]") {
    struct Case {
        const char* what;
        const char* arguments;
        const char* message;
    };
    const Case cases[] = {
        {"unknown key", "--set vm.vcpu=4", "vm.vcpus"},
        {"bare number", "--set vm.ram=4096", "vm.ram"},
        {"bad unit", "--set channel.bandwidth=25Gbot/s", "channel.bandwidth"},
        {"out of range", "--set hosts.both.device.vfs=300", "300"},
        {"more VFs than the device has",
         "--set hosts.both.device.vfs=8 "
         "--set hosts.both.device.max_vfs=4",
         "max_vfs"},
        {"MPS no power of two", "--set hosts.both.link.mps=300B", "mps"},
        {"no I/O queue", "--set hosts.both.device.queue_pairs=0", "queue_pairs"},
        {"too few vectors", "--set hosts.both.device.msix_vectors=1", "msix_vectors"},
        {"missing fio file", "--set workload[0].fio=none.fio", "none.fio"},
        {"memory too small", "--set vm.ram_used=4MiB", "ram_used"},
        {"seed", "--seed -3", "seed"},
        {"unknown option", "--frob", "--frob"},
    };
    for (const Case& bad : cases) {
        const Small folder;
        const Ended ended = run_lmsim(folder, "run " + folder.scenario + " --out " +
                                                  folder.file("out") + " " + bad.arguments);
        CAPTURE(bad.what, ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(says(ended, bad.message));
        CHECK(!std::filesystem::exists(folder.file("out")));
    }
}

TEST_CASE("bad fio files are named with their line", "[cli][run][bad]") {
    struct Case {
        const char* what;
        std::string text;
        const char* message;
    };
    const Case cases[] = {
        {"empty", "", "job.fio"},
        {"truncated", "[j]\nrw=", "job.fio:2"},
        {"binary", std::string("[j]\n\0\1\2\n", 8), "job.fio"},
        {"unknown key", "[j]\nrw=read\niodpeth=4\n", "iodepth"},
        {"not supported", "[j]\nrw=read\nverify=crc32c\n", "job.fio:3"},
    };
    for (const Case& bad : cases) {
        const Small folder;
        folder.write("job.fio", bad.text);
        const Ended ended =
            run_lmsim(folder, "run " + folder.scenario + " --out " + folder.file("out"));
        CAPTURE(bad.what, ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(says(ended, bad.message));
        CHECK(!std::filesystem::exists(folder.file("out")));
    }
    const Small folder;
    const std::string log = folder.write("x.log", "fio version 7 iolog\n");
    const Ended ended = run_lmsim(folder, "run " + folder.scenario + " --set workload[0].fio= " +
                                              "--set workload[0].iolog=" + log);
    CAPTURE(ended.err);
    CHECK(ended.exit_code == 2);
}

TEST_CASE("an output directory with something in it is left alone", "[cli][run][bad]") {
    const Small folder;
    std::filesystem::create_directory(folder.file("out"));
    folder.write("out/precious", "mine");
    const Ended full = run_lmsim(folder, "run " + folder.scenario + " --out " + folder.file("out"));
    CHECK(full.exit_code == 2);
    CHECK(says(full, "not empty"));
    CHECK(read_file(folder.file("out/precious")) == "mine");
    const Ended unwritable = run_lmsim(folder, "run " + folder.scenario + " --out /proc/lmsim");
    CHECK(unwritable.exit_code == 2);
    CHECK(says(unwritable, "/proc/lmsim"));
    const Ended file =
        run_lmsim(folder, "run " + folder.scenario + " --out " + folder.file("small.toml"));
    CHECK(file.exit_code == 2);
}

TEST_CASE("a migration that cannot converge is a result, and exit code 1 if it was not expected",
          "[cli][run]") {
    const Small folder;
    const std::string hot = "run " + folder.scenario +
                            " --json --set vm.dirty.rate=2M/s --set vm.dirty.working_set=16MiB"
                            " --set vm.dirty.hot=16MiB --set channel.bandwidth=100Mbit/s"
                            " --set vmm.downtime_limit=10ms --set run.time_limit=3s ";
    const Ended unexpected = run_lmsim(folder, hot);
    CAPTURE(unexpected.err);
    CHECK(unexpected.exit_code == 1);
    const auto result = nlohmann::json::parse(unexpected.out);
    CHECK(result["outcome"] == "not-converged");
    CHECK(!result["reason"].get<std::string>().empty());
    CHECK(run_lmsim(folder, hot + "--set expect.outcome=not-converged").exit_code == 0);
}

TEST_CASE("a downtime above the expected one is exit code 1", "[cli][run]") {
    const Small folder;
    const std::string run = "run " + folder.scenario + " --set expect.downtime_max=";
    CHECK(run_lmsim(folder, run + "1us").exit_code == 1);
    CHECK(run_lmsim(folder, run + "10s").exit_code == 0);
}

TEST_CASE("an interruption leaves a complete result that says it is partial", "[cli][run]") {
    const Small folder;
    const Ended ended =
        run_lmsim(folder,
                  "run " + folder.scenario + " --no-trace --out " + folder.file("out") +
                      " --set run.warm_up=500s --set run.time_limit=1000s",
                  "timeout --preserve-status -s INT 1");
    CAPTURE(ended.err, ended.out);
    CHECK(ended.exit_code == 130);
    const auto result = nlohmann::json::parse(read_file(folder.file("out/result.json")));
    CHECK(result["partial"] == true);
    CHECK(std::filesystem::exists(folder.file("out/manifest.json")));
    CHECK(read_file(folder.file("out/report.md")).find("PARTIAL") != std::string::npos);
}

TEST_CASE("one activation of the kernel per event gives the same trace hash", "[cli][run]") {
    const Small folder;
    const Ended fast = run_lmsim(folder, "run " + folder.scenario + " --json");
    const Ended slow = run_lmsim(folder, "run " + folder.scenario + " --json --per-event");
    REQUIRE(fast.exit_code == 0);
    REQUIRE(slow.exit_code == 0);
    CHECK(nlohmann::json::parse(fast.out)["trace_hash"] ==
          nlohmann::json::parse(slow.out)["trace_hash"]);
}
