#include "sim/run/architecture.hpp"

#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

namespace lmsim::tests {

namespace {

using nlohmann::json;

/// A VM with one VF whose changes are logged and whose memory is tracked, where that can be.
json result_with(const std::vector<std::string>& options) {
    Run run;
    run.scenario = std::string(logging_vm) + "track_memory = true\n[host]\nbest_effort = true\n";
    run.jobs = {{random_writes, {}}};
    run.options = options;
    json result = run_in_child(run).result;
    CHECK(result["outcome"] == "completed");
    check_conserved(result);
    CHECK(result["guest"]["after"]["iops"] > 0);
    return result;
}

json result_of(const char* architecture) {
    return result_with({std::string("host.architecture=") + architecture});
}

std::uint64_t count(const json& result, const char* path) {
    return result["host"].at(json::json_pointer(path)).get<std::uint64_t>();
}

}  // namespace

TEST_CASE("a VFIO driver: the VMM calls for states and data, the driver sends the commands") {
    const json result = result_of("vfio-nvme");
    CHECK(result["host"]["architecture"] == "vfio-nvme");
    CHECK(result["host"]["cdq"] == "driver");
    CHECK(count(result, "/source/system_calls/passthrough") == 0);
    CHECK(count(result, "/source/system_calls/cdq") == 0);
    CHECK(count(result, "/source/system_calls/data") == 2);  // the state, and its end
    CHECK(count(result, "/destination/system_calls/data") == 1);
    const auto state = result["bytes"]["device_state"].get<std::uint64_t>();
    CHECK(count(result, "/destination/copied_in") == state);
    // A bitmap of 4096 pages with each report.
    const auto reports = result["tracking"]["reports"].get<std::uint64_t>();
    CHECK(count(result, "/source/copied_out") == state + reports * 512);
    CHECK(count(result, "/source/pinned_pages") == 0);
    CHECK(count(result, "/source/wake_ups/commands") == count(result, "/source/admin/commands"));
    CHECK(count(result, "/source/wake_ups/events") == 0);
    CHECK(result["host"]["left_out"].empty());
}

TEST_CASE("a VMM without a VFIO driver: the same state, a system call for each command") {
    const json vfio = result_of("vfio-nvme");
    const json direct = result_of("vmm-direct");
    CHECK(direct["host"]["cdq"] == "user");
    CHECK(direct["bytes"]["device_state"] == vfio["bytes"]["device_state"]);
    for (const char* side : {"/source", "/destination"}) {
        const std::string path = side;
        CHECK(count(direct, (path + "/system_calls/data").c_str()) == 0);
        CHECK(count(direct, (path + "/copied_out").c_str()) == 0);
        CHECK(count(direct, (path + "/copied_in").c_str()) == 0);
        CHECK(count(direct, (path + "/pinned_pages").c_str()) > 0);
        // Every command is a call: by passthrough, or to make and delete the queue.
        CHECK(count(direct, (path + "/system_calls/passthrough").c_str()) +
                  count(direct, (path + "/system_calls/cdq").c_str()) ==
              count(direct, (path + "/admin/commands").c_str()));
    }
    CHECK(count(direct, "/destination/system_calls/total") >
          count(direct, "/destination/system_calls/passthrough"));  // interrupts stay VFIO's
    CHECK(count(direct, "/destination/admin/commands") ==
          count(vfio, "/destination/admin/commands"));
    CHECK(count(direct, "/source/wake_ups/events") == direct["cdq"]["tail_events"]);
}

TEST_CASE("split: the VMM and who reads the log tell each other") {
    const json split = result_of("split");
    CHECK(split["host"]["cdq"] == "kernel");
    CHECK(split["bytes"]["device_state"] == result_of("vfio-nvme")["bytes"]["device_state"]);
    // The log is to begin, has begun, is read to its end.
    CHECK(count(split, "/source/wake_ups/messages") == 3);
    CHECK(count(split, "/source/system_calls/data") == 2);
    CHECK(count(split, "/source/system_calls/cdq") > 2);
}

TEST_CASE("the vendor commands of 2022 go without log and tracking, and the result says so") {
    const json result = result_of("vendor-2022");
    CHECK(result["host"]["architecture"] == "vendor-2022");
    CHECK(result["host"]["cdq"] == "none");
    CHECK(result["cdq"]["entries"] == 0);
    CHECK(result["tracking"]["reports"] == 0);
    REQUIRE(result["host"]["left_out"].size() == 2);
    CHECK(result["host"]["left_out"][0]["key"] == "hosts.both.driver.log_user_data");
    CHECK(count(result, "/source/system_calls/passthrough") == 0);
    bool no_log = false;
    for (const json& lack : result["host"]["cannot"]) {
        no_log = no_log || lack["what"] == "a log of user data changes";
    }
    CHECK(no_log);
}

TEST_CASE("a program's queue costs calls for its heads, the kernel's one read() and a copy") {
    const json driver = result_with({"host.cdq=driver"});
    const json user = result_with({"host.cdq=user"});
    const json kernel = result_with({"host.cdq=kernel"});
    for (const json* result : {&driver, &user, &kernel}) {
        CHECK((*result)["cdq"]["lost"] == 0);
        CHECK((*result)["cdq"]["entries"] > 100);
    }
    const auto heads = user["cdq"]["head_updates"].get<std::uint64_t>();
    CHECK(count(user, "/source/system_calls/passthrough") > heads);
    CHECK(count(user, "/source/system_calls/cdq") == 2);
    CHECK(count(user, "/source/pinned_pages") == 2);  // 256 entries of 32 bytes
    CHECK(count(kernel, "/source/system_calls/passthrough") <
          count(user, "/source/system_calls/passthrough"));
    CHECK(count(kernel, "/source/pinned_pages") == 0);
    const auto entries = kernel["cdq"]["entries"].get<std::uint64_t>();
    CHECK(count(kernel, "/source/system_calls/cdq") >= 2 + entries / 40);
    const auto others = kernel["bytes"]["device_state"].get<std::uint64_t>() +
                        kernel["tracking"]["reports"].get<std::uint64_t>() * 512;
    CHECK(count(kernel, "/source/copied_out") == others + entries * 32);
}

TEST_CASE("a reset amid the read of a state ends a VFIO driver's file; a VMM alone goes on") {
    for (const std::string where : {"vfio-nvme", "vmm-direct", "split"}) {
        Run run;
        run.file = LMSIM_SOURCE_DIR "/scenarios/questions/no-interlock.toml";
        run.options = {"host.architecture=" + where};
        const json result = run_in_child(run).result;
        const std::string reason = result["reason"];
        INFO(where << ": " << reason);
        const bool alone = where == "vmm-direct";
        bool fell = false;
        for (const json& one : result["broken_invariants"]) {
            fell = fell || one["id"] == "INV-STATE-01";
        }
        CHECK(fell == alone);
        CHECK(result["outcome"] == (alone ? "completed" : "failed"));
        CHECK((reason.find("ENODEV") != std::string::npos) == !alone);
    }
}

}  // namespace lmsim::tests
