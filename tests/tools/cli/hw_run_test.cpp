#include <nlohmann/json.hpp>

#include <thread>

#include "tests/catch.hpp"
#include "tests/tools/cli/serving.hpp"

using Catch::Contains;
using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Serving;
using Json = nlohmann::json;

namespace {

const std::string reads = LMSIM_SOURCE_DIR "/scenarios/hardware/one-vf.toml";
const std::string writes = LMSIM_SOURCE_DIR "/scenarios/hardware/one-vf-write.toml";

/// Half as long as the scenario is meant to be.
const std::string shorter = " --set run.warm_up=150ms --set run.cool_down=150ms";

Ended hw_run(const Folder& folder, const std::string& scenario, const std::string& more) {
    return run_lmsim(folder, "hw run " + scenario + shorter + " " + more);
}

std::string device(const Serving& server) { return " --device " + server.target(); }

/// All that has to hold of a migration, whatever it took.
void check_moved(const Json& result) {
    CAPTURE(result.dump(1));
    CHECK(result["time_base"] == "wall");
    CHECK(result["outcome"] == "completed");
    CHECK(result["partial"] == false);
    CHECK(result["broken_invariants"].empty());
    CHECK(result["commands"]["lost"] == 0);
    CHECK(result["commands"]["duplicated"] == 0);
    CHECK(result["commands"]["submitted"] == result["commands"]["completed"]);
    CHECK(result["commands"]["completed"] > 100);
    CHECK(result["guest"]["before"]["iops"] > 0);
    CHECK(result["guest"]["after"]["iops"] > 0);
    CHECK(result["downtime"]["total_ps"] > 0);
    CHECK(result["bytes"]["device_state"] > 56);
}

}  // namespace

TEST_CASE("a VF moves from a served device to the model, with reads in flight", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    const Ended ended = hw_run(folder, reads, device(server) + " --json --out " + folder.file("o"));
    CAPTURE(ended.err, ended.out, server.output());
    REQUIRE(ended.exit_code == 0);
    CHECK(ended.err.empty());
    check_moved(Json::parse(ended.out));
    // A trace as ever: whoever judges it comes to the same end.
    CHECK_THAT(read_file(folder.file("o/trace.ndjson")), Contains("\"time_base\":\"wall\""));
    const Ended checked = run_lmsim(folder, "check " + folder.file("o/trace.ndjson"));
    CAPTURE(checked.err, checked.out);
    CHECK(checked.exit_code == 0);
    CHECK(read_file(folder.file("o/state/0.bin")).size() > 56);
    CHECK_THAT(read_file(folder.file("o/report.md")), Contains("wall"));
}

TEST_CASE("a device is as it was after a run, and the next run is like the first", "[cli][hw]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    for (int run = 0; run < 2; ++run) {
        const Ended ended = hw_run(folder, reads, device(server) + " --json");
        CAPTURE(run, ended.err, ended.out, server.output());
        REQUIRE(ended.exit_code == 0);
        check_moved(Json::parse(ended.out));
    }
}

TEST_CASE("a VF moves from one served device to another, with writes in flight", "[cli][hw]") {
    const Folder folder;
    const Folder there;
    const Serving source(folder, "pf,vf0");
    const Serving destination(there, "pf,vf0");
    const Ended ended =
        hw_run(folder, writes,
               device(source) + " --destination " + destination.target() + " --write --json");
    CAPTURE(ended.err, ended.out, source.output(), destination.output());
    REQUIRE(ended.exit_code == 0);
    check_moved(Json::parse(ended.out));
}

TEST_CASE("the guest of a device is not written for without --write", "[cli][hw][bad]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    const std::string before = server.output();
    const Ended ended = hw_run(folder, writes, device(server));
    CHECK(ended.exit_code == 2);
    CHECK_THAT(ended.err, Contains("writes to the namespaces of " + server.target()));
    CHECK_THAT(ended.err, Contains("--write"));
    CHECK(server.output() == before);  // nobody has opened it
    const Ended allowed = hw_run(folder, writes, device(server) + " --write --json");
    CAPTURE(allowed.err, allowed.out);
    REQUIRE(allowed.exit_code == 0);
    check_moved(Json::parse(allowed.out));
}

TEST_CASE("a device that cannot migrate does I/O, and the run says why it ends there",
          "[cli][hw][bad]") {
    const Folder folder;
    // Its HMLMS stands where nobody looks.
    const std::string profile =
        folder.write("no-lm.toml",
                     "name = \"no-lm\"\ntitle = \"none\"\nbase = \"ratified\"\n"
                     "[documents]\nP = \"a test\"\n[rows]\n\"ID-CTRL-15\" = { place = \"byte 2816 "
                     "bit 0\", source = \"P\", assumed = true }\n");
    const Serving server(folder, "pf,vf0", {"--profile", profile});
    const Ended ended = hw_run(folder, reads, device(server) + " --json");
    CAPTURE(ended.err, ended.out, server.output());
    CHECK(ended.exit_code == 1);
    const Json result = Json::parse(ended.out);
    CHECK(result["outcome"] == "failed");
    CHECK_THAT(result["reason"].get<std::string>(),
               Contains("the migration did not begin: the PF has no Host Managed Live Migration"));
    CHECK(result["commands"]["completed"] > 100);
    CHECK(result["commands"]["lost"] == 0);
    CHECK(result["broken_invariants"].empty());
    // Without a migration there is nothing that it lacks.
    const Ended stays = hw_run(folder, reads, device(server) + " --set run.migrate=false --json");
    CAPTURE(stays.err, stays.out);
    CHECK(stays.exit_code == 0);
}

TEST_CASE("a device that dies in the middle of a run is said to be gone", "[cli][hw][bad]") {
    const Folder folder;
    Serving server(folder, "pf,vf0");
    std::thread killer([&server] {
        ::usleep(600'000);
        server.end(SIGKILL);
    });
    const Ended ended =
        run_lmsim(folder, "hw run " + reads + device(server) +
                              " --set run.warm_up=20s --json --out " + folder.file("o"));
    killer.join();
    CAPTURE(ended.err, ended.out);
    CHECK(ended.exit_code == 4);
    CHECK_THAT(ended.err, Contains("lmsim hw run: ") && Contains(server.socket()));
    const Json result = Json::parse(ended.out);
    CHECK(result["partial"] == true);
    CHECK(result["outcome"] == "failed");
    CHECK(result["time_base"] == "wall");
    CHECK(Json::parse(read_file(folder.file("o/result.json"))) == result);
}

TEST_CASE("a run on a device ends with SIGINT, and with what it has", "[cli][hw][bad]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    const Ended ended =
        run_lmsim(folder, "hw run " + reads + device(server) + " --set run.warm_up=20s --json",
                  "timeout -s INT 1.5");
    CAPTURE(ended.err, ended.out);
    CHECK(ended.exit_code != 0);
    const Json result = Json::parse(ended.out);
    CHECK(result["partial"] == true);
    const Ended again = hw_run(folder, reads, device(server) + " --json");
    CAPTURE(again.err, again.out);
    CHECK(again.exit_code == 0);
}

TEST_CASE("what a device does not have is said before anything begins", "[cli][hw][bad]") {
    struct Case {
        const char* more;
        int exit_code;
        const char* message;
    };
    const Case cases[] = {
        {"--set hosts.both.device.vfs=2", 4, "has 1 VF, and hosts.both.device.vfs is 2"},
        {"--set hosts.both.device.capacity=1TiB", 1,
         "VF 0: namespace 1 has 536870912 bytes; the scenario's has 1099511627776"},
        {"--set hosts.both.device.block=4KiB", 1, "namespace 1 has blocks of 512 bytes"},
        {"--set hosts.both.device.queue_pairs=9", 1, "VF 0 grants 4 I/O queue pairs"},
        {"--set hosts.both.device.queue_size=1024", 1, "Create I/O Completion Queue 1"},
        {"--set vm.ram=64TiB", 4, "this machine has"},
        {"--set vms.count=2", 2, "one VM here"},
        {"--set run.fidelity=hybrid", 2, "time is the clock's"},
        {"--destination vfio-user:/nowhere/d", 4, "no socket /nowhere/d.pf"},
        {"--trace steps --out nowhere", 2, "logs no steps"},
    };
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    for (const Case& one : cases) {
        const Ended ended = hw_run(folder, reads, device(server) + " " + one.more);
        CAPTURE(one.more, ended.err, ended.out);
        CHECK(ended.exit_code == one.exit_code);
        CHECK_THAT(ended.err + ended.out, Contains(one.message));
    }
    const Ended none = hw_run(folder, reads, "--device vfio-user:/nowhere/d");
    CHECK(none.exit_code == 4);
    CHECK_THAT(none.err, Contains("no socket /nowhere/d.pf"));
}
