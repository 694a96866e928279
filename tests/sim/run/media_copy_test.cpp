#include <fmt/format.h>

#include <cmath>
#include <map>

#include "sim/run/media_run.hpp"
#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

namespace lmsim::tests {

namespace {

using nlohmann::json;

const std::string base = std::string(media_vm) + "capacity = \"64MiB\"\n";

constexpr const char* writes = R"([w]
rw=randwrite
norandommap=1
bs=4k
iodepth=4
rate_iops=4000
time_based=1
runtime=1000
)";

Run small() {
    Run run;
    run.scenario = base;
    run.jobs = {{writes, {}}};
    return run;
}

const json& media_of(const Seen& seen) {
    REQUIRE(seen.result["media"].size() == 1);
    return seen.result["media"][0];
}

/// It ends well, and both sides have the same blocks.
void check_copied(const Seen& seen) {
    INFO(seen.result["reason"]);
    CHECK(seen.result["outcome"] == "completed");
    check_conserved(seen.result);
    CHECK(seen.result["conservation"]["media_mismatch"] == 0);
    CHECK(media_of(seen)["converged"] == true);
}

}  // namespace

TEST_CASE("a local namespace is made and copied, and what changes meanwhile, too", "[media]") {
    const Seen seen = run_in_child(small());
    check_copied(seen);
    const json& media = media_of(seen);
    CHECK(media["rounds"].size() >= 2);
    const json& ns = media["namespaces"][0];
    CHECK(ns["nsid"] == 1);
    CHECK(ns["allocated_bytes"] == 64 << 20);
    CHECK(ns["copied_bytes"].get<std::uint64_t>() > 64U << 20);
    CHECK(ns["entries"].get<std::uint64_t>() > 1000);
    CHECK(ns["gaps"] == 0);
    // 64 MiB at 200 MB/s
    CHECK(media["first_copy_ps"].get<double>() / 1e12 == Approx(0.3355).epsilon(0.02));
    // attach; Get LBA Status; delete, create, format, attach
    CHECK(media["set_up_commands"] == 6);
    CHECK(media["queue_peak"].get<int>() >= 64);
    CHECK(media["queue_peak"].get<int>() < 80);
}

TEST_CASE("several VFs have their namespaces copied one after the other", "[media]") {
    Run run = small();
    run.options = {"hosts.both.device.vfs=3"};
    const Seen seen = run_in_child(run);
    check_copied(seen);
    CHECK(media_of(seen)["namespaces"].size() == 3);
}

TEST_CASE("commands for namespaces and media come by passthrough unless a VFIO driver has all",
          "[media]") {
    std::map<std::string, std::uint64_t> calls[2];
    for (const std::string where : {"vfio-nvme", "vmm-direct", "split"}) {
        Run run = small();
        run.options = {"host.architecture=" + where};
        const Seen seen = run_in_child(run);
        check_copied(seen);
        const json& host = seen.result["host"];
        calls[0][where] = host["source"]["system_calls"]["passthrough"];
        calls[1][where] = host["destination"]["system_calls"]["passthrough"];
    }
    // The source: the allocated blocks. The destination: delete, create, format, attach, identify.
    CHECK(calls[0]["vfio-nvme"] == 0);
    CHECK(calls[1]["vfio-nvme"] == 0);
    CHECK(calls[1]["split"] >= 3);
    CHECK(calls[1]["vmm-direct"] > calls[1]["split"]);
    CHECK(calls[0]["split"] >= 1);
}

TEST_CASE("what is not allocated is not copied, unless the device cannot tell", "[media]") {
    Run run = small();
    run.options = {"media_copy.used=25%"};
    const Seen known = run_in_child(run);
    check_copied(known);
    // And what the guest wrote before the log began: 4000 a second for 80 ms, one in four twice.
    CHECK(media_of(known)["namespaces"][0]["allocated_bytes"].get<double>() ==
          Approx((16 << 20) + 0.75 * 320 * 4096).epsilon(0.01));
    run.options.emplace_back("media_copy.allocated_only=false");
    const Seen unknown = run_in_child(run);
    check_copied(unknown);
    CHECK(media_of(unknown)["namespaces"][0]["allocated_bytes"] == 64 << 20);
    // Blocks without data are written, but not sent.
    CHECK(media_of(unknown)["data_bytes"].get<double>() <
          0.6 * media_of(unknown)["bytes"].get<double>());
    // They may go at another rate than the sample's: all is exact.
    run.options.emplace_back("run.fidelity=hybrid");
    const Seen exact = run_in_child(run);
    CHECK(exact.result["hybrid"]["note"].get<std::string>().find("allocated_only") !=
          std::string::npos);
}

TEST_CASE("what the guest first writes during the set-up is copied, too", "[media]") {
    for (const char* mode : {"copy", "mirror"}) {
        Run run = small();
        run.options = {"media_copy.used=25%", fmt::format("media_copy.mode={}", mode),
                       fmt::format("hosts.src.driver.log_user_data={}", mode[0] == 'c'),
                       "hosts.both.device.admin.format=400ms"};
        const Seen seen = run_in_child(run);
        check_copied(seen);
        CHECK(media_of(seen)["namespaces"][0]["allocated_bytes"] > 20 << 20);
    }
}

TEST_CASE("RAM waits for the media, or goes beside them", "[media]") {
    Run run = small();
    run.options = {"media_copy.start_ram=0s"};
    const Seen first = run_in_child(run);
    check_copied(first);
    run.options = {"media_copy.order=parallel"};
    const Seen beside = run_in_child(run);
    check_copied(beside);
    // RAM is there long before the media: what it takes is not waited for.
    CHECK(beside.result["total_time_ps"].get<double>() <
          first.result["total_time_ps"].get<double>());
    CHECK(media_of(beside)["ready_ps"].get<double>() < media_of(first)["ready_ps"].get<double>());
}

TEST_CASE("a log with a gap means that all is copied again", "[media]") {
    Run run = small();
    // The host takes an entry in 400 us: 2500 a second of 4000.
    run.options = {"hosts.src.driver.user_data.entry_cost=400us", "media_copy.max_time=3s"};
    const Seen seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "not-converged");
    CHECK(media_of(seen)["whole_copies"].get<int>() >= 1);
    CHECK(media_of(seen)["namespaces"][0]["gaps"].get<int>() >= 1);
    CHECK(media_of(seen)["forecast"]["verdict"] == "queue-full");
    CHECK(seen.result["conservation"]["media_mismatch"] == 0);
}

TEST_CASE("a forecast knows how long a queue a host needs that has little to spare", "[media]") {
    Run run = small();
    // 4000 entries a second, of 6667 that it can take; 64 make a batch.
    run.options = {"hosts.src.driver.user_data.entry_cost=150us"};
    const Seen seen = run_in_child(run);
    check_copied(seen);
    const json& forecast = media_of(seen)["forecast"]["queue"];
    CHECK(forecast["peak"].get<int>() > 64 / 0.6);
    CHECK(forecast["peak"].get<int>() < 64 / 0.4);
    CHECK(media_of(seen)["queue_peak"].get<double>() ==
          Approx(forecast["peak"].get<double>()).epsilon(0.02));
}

TEST_CASE("a copy after a gap ends well if the guest becomes slower", "[media]") {
    Run run = small();
    run.options = {"hosts.src.driver.user_data.entry_cost=400us"};
    std::string ends = writes;
    ends.replace(ends.find("runtime=1000"), 12, "runtime=1");
    run.jobs = {{ends, {}}};
    const Seen seen = run_in_child(run);
    check_copied(seen);
    CHECK(media_of(seen)["whole_copies"].get<int>() >= 1);
}

TEST_CASE("a guest that changes more than is copied is told so", "[media]") {
    Run run = small();
    run.options = {"media_copy.read_rate=10MB/s", "media_copy.max_rounds=3",
                   "media_copy.start_ram=10ms", "run.time_limit=100s"};
    const Seen seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "not-converged");
    CHECK(seen.result["reason"].get<std::string>().find("does not converge") != std::string::npos);
    CHECK(media_of(seen)["forecast"]["verdict"] == "too-slow");
}

TEST_CASE("a mirror has both sides write, and needs no log", "[media]") {
    Run run = small();
    run.options = {"media_copy.mode=mirror", "hosts.src.driver.log_user_data=false",
                   "channel.rtt=200us"};
    const Seen seen = run_in_child(run);
    check_copied(seen);
    CHECK(media_of(seen)["mirrored_bytes"].get<std::uint64_t>() > 0);
    const json& guest = seen.result["guest"];
    // Each write waits for the other side: at least a round trip.
    CHECK(guest["during"]["p50_ns"].get<double>() > guest["before"]["p50_ns"].get<double>() + 1e5);
}

TEST_CASE("identifiers are renewed, or a vendor carries them", "[media]") {
    Run run = small();
    const auto look = [](const sim::Simulation& simulation, json& more) {
        const auto& one = simulation.device(sim::VmmSide::Source).subsystem().ns[0];
        const auto& other = simulation.device(sim::VmmSide::Destination).subsystem().ns[0];
        more = one.nguid[0] == other.nguid[0] && one.nguid[1] == other.nguid[1];
    };
    run.look = look;
    CHECK(run_in_child(run).more == false);
    run.options = {"media_copy.identity=vendor"};
    CHECK(run_in_child(run).more == true);
}

TEST_CASE("a copy by rates is within one percent of the exact one", "[media]") {
    Run run = small();
    run.options = {"hosts.both.device.capacity=1GiB", "media_copy.read_rate=50MB/s",
                   "media_copy.sample=1s", "media_copy.start_ram=100ms"};
    const Seen exact = run_in_child(run);
    check_copied(exact);
    run.options.emplace_back("run.fidelity=hybrid");
    const Seen hybrid = run_in_child(run);
    check_copied(hybrid);
    CHECK(hybrid.result["fidelity"] == "hybrid");
    const json& a = media_of(exact);
    const json& b = media_of(hybrid);
    CHECK(b["skipped_ps"].get<double>() > 10e12);
    const auto near = [](const json& x, const json& y) {
        CHECK(x.get<double>() == Approx(y.get<double>()).epsilon(0.01));
    };
    near(hybrid.result["total_time_ps"], exact.result["total_time_ps"]);
    // What is left at the switchover may take anything up to media_copy.last_round.
    const double downtime = hybrid.result["downtime"]["total_ps"];
    const double error = downtime - exact.result["downtime"]["total_ps"].get<double>();
    CHECK(hybrid.result["error_bound"].get<double>() == Approx(20e9 / downtime));
    CHECK(std::abs(error) <= hybrid.result["error_bound"].get<double>() * downtime);
    near(b["bytes"], a["bytes"]);
    near(b["first_copy_ps"], a["first_copy_ps"]);
    CHECK(b["rounds_to_ready"] == a["rounds_to_ready"]);
    CHECK(std::abs(b["queue_peak"].get<int>() - a["queue_peak"].get<int>()) <= 2);
    near(b["namespaces"][0]["entries"], a["namespaces"][0]["entries"]);
}

}  // namespace lmsim::tests
