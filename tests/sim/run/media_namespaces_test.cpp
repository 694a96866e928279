#include <algorithm>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

// Several namespaces of each VF: some are copied, some are reached by both hosts.

namespace lmsim::tests {

namespace {

using nlohmann::json;

/// Two namespaces of each VF.
std::string base(const std::string& first, const std::string& second) {
    return std::string(media_vm) + "[[namespace]]\n" + first + "[[namespace]]\n" + second;
}

std::string writes_to(const std::string& device, int rate = 4000) {
    return "[w]\nfilename=/dev/" + device +
           "\nrw=randwrite\nnorandommap=1\nbs=4k\niodepth=4\ntime_based=1\nruntime=1000\n"
           "rate_iops=" +
           std::to_string(rate) + "\n";
}

Run two(const std::string& first, const std::string& second, const std::string& device) {
    Run run;
    run.scenario = base(first, second);
    run.jobs = {{writes_to(device), {}}};
    return run;
}

const json& media_of(const Seen& seen) {
    REQUIRE(seen.result["media"].size() == 1);
    return seen.result["media"][0];
}

void check_copied(const Seen& seen) {
    INFO(seen.result["reason"]);
    CHECK(seen.result["outcome"] == "completed");
    check_conserved(seen.result);
    CHECK(seen.result["conservation"]["media_mismatch"] == 0);
    CHECK(media_of(seen)["converged"] == true);
}

/// NSIDs of which later rounds copied anything.
std::vector<int> copied_again(const json& media) {
    std::vector<int> nsids;
    for (std::size_t i = 1; i < media["rounds"].size(); ++i) {
        for (const json& one : media["rounds"][i]["namespaces"]) {
            nsids.push_back(one["nsid"]);
        }
    }
    std::sort(nsids.begin(), nsids.end());
    nsids.erase(std::unique(nsids.begin(), nsids.end()), nsids.end());
    return nsids;
}

void look_at_identities(const sim::Simulation& simulation, json& more) {
    const auto& source = simulation.device(sim::VmmSide::Source).subsystem();
    const auto& destination = simulation.device(sim::VmmSide::Destination).subsystem();
    more = json::array();
    for (std::size_t i = 0; i < 4; ++i) {
        more.push_back(source.ns[i].nguid[0] == destination.ns[i].nguid[0] &&
                       source.ns[i].nguid[1] == destination.ns[i].nguid[1]);
    }
}

}  // namespace

TEST_CASE("each namespace of a VF is made and copied; writes count where they are", "[media]") {
    const Seen seen = run_in_child(two("size = \"32MiB\"\n", "size = \"48MiB\"\n", "nvme0n2"));
    check_copied(seen);
    const json& media = media_of(seen);
    const json& all = media["namespaces"];
    REQUIRE(all.size() == 2);
    CHECK(all[0]["allocated_bytes"] == 32 << 20);
    CHECK(all[0]["copied_bytes"] == 32 << 20);
    CHECK(all[0]["entries"] == 0);
    CHECK(all[1]["allocated_bytes"] == 48 << 20);
    CHECK(all[1]["copied_bytes"].get<std::uint64_t>() > 48U << 20);
    CHECK(all[1]["entries"].get<std::uint64_t>() > 1000);
    CHECK(copied_again(media) == std::vector<int>{2});
    // The first round copies both: 80 MiB at 200 MB/s.
    CHECK(media["rounds"][0]["namespaces"].size() == 2);
    CHECK(media["first_copy_ps"].get<double>() / 1e12 == Approx(0.4194).epsilon(0.02));
    CHECK(media["forecast"]["time_ps"].get<double>() ==
          Approx(media["ready_ps"].get<double>()).epsilon(0.05));
    CHECK(media["forecast"]["namespaces"] == 2);
    // attach, Get LBA Status, create, format, attach of each; delete
    CHECK(media["set_up_commands"] == 11);
}

TEST_CASE("a namespace that both hosts reach stays as it is beside one that is copied", "[media]") {
    Run run =
        two("size = \"1TiB\"\nshared = true\n", "size = \"32MiB\"\nused = \"50%\"\n", "nvme0n1");
    run.look = look_at_identities;
    const Seen seen = run_in_child(run);
    check_copied(seen);
    CHECK(seen.more[0] == true);
    CHECK(seen.more[1] == false);
    const json& media = media_of(seen);
    const json& all = media["namespaces"];
    REQUIRE(all.size() == 2);
    CHECK(all[0]["shared"] == true);
    CHECK(all[0]["copied_bytes"] == 0);
    CHECK(all[1]["copied_bytes"] == 16 << 20);
    CHECK(copied_again(media).empty());
    // The log of a controller tells of all its namespaces.
    CHECK(all[0]["entries"].get<int>() > 100);
    CHECK(all[1]["entries"] == 0);
    CHECK(media["forecast"]["shared"] == 1);
    CHECK(media["forecast"]["shared_entries_per_s"] == 4000);
    CHECK(media["forecast"]["queue"]["entries_per_s"] == 4000);
    CHECK(media["forecast"]["dirty_bytes_per_s"] == 0);
    // attach, Get LBA Status; delete, create, format, attach
    CHECK(media["set_up_commands"] == 6);
}

TEST_CASE("without a copy all namespaces are found if the storage is reached", "[media]") {
    Run run = two("size = \"32MiB\"\n", "size = \"48MiB\"\n", "nvme0n2");
    run.options = {"media_copy.mode=none", "hosts.dst.device.namespace_set=1"};
    const Seen seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "completed");
    CHECK(seen.result["media"].empty());
    CHECK(seen.result["guest"]["after"]["commands"].get<int>() > 0);
    run.options[1] = "hosts.dst.device.namespace_set=2";
    CHECK(run_in_child(run).result["reason"].get<std::string>().find("namespace 1 has another") !=
          std::string::npos);
}

TEST_CASE("two VFs of two namespaces each", "[media]") {
    Run run = two("size = \"16MiB\"\n", "size = \"24MiB\"\n", "nvme0n2");
    run.options = {"hosts.both.device.vfs=2"};
    run.jobs[0].vfs = {1};
    const Seen seen = run_in_child(run);
    check_copied(seen);
    const json& all = media_of(seen)["namespaces"];
    REQUIRE(all.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(all[i]["nsid"] == i + 1);
        CHECK(all[i]["vf"] == i / 2);
        CHECK(all[i]["allocated_bytes"] == (i % 2 == 0 ? 16 << 20 : 24 << 20));
    }
    CHECK(copied_again(media_of(seen)) == std::vector<int>{4});
}

TEST_CASE("a gap of a VF's log has all its namespaces copied again, and no other's", "[media]") {
    Run run = two("size = \"16MiB\"\n", "size = \"24MiB\"\n", "nvme0n2");
    // The host takes an entry in 400 us: 2500 a second of 4000, for a second.
    run.options = {"hosts.both.device.vfs=2", "hosts.src.driver.user_data.entry_cost=400us"};
    std::string ends = writes_to("nvme0n2");
    ends.replace(ends.find("runtime=1000"), 12, "runtime=1");
    run.jobs = {{ends, {1}}};
    const Seen seen = run_in_child(run);
    check_copied(seen);
    const json& all = media_of(seen)["namespaces"];
    const int gaps = all[3]["gaps"];
    CHECK(gaps >= 1);
    CHECK(all[2]["gaps"] == gaps);
    CHECK(all[0]["gaps"] == 0);
    CHECK(all[1]["gaps"] == 0);
    CHECK(media_of(seen)["whole_copies"] == 2 * gaps);
    CHECK(all[0]["copied_bytes"] == 16 << 20);
    CHECK(all[2]["copied_bytes"].get<int>() > 16 << 20);
    CHECK(media_of(seen)["forecast"]["verdict"] == "queue-full");
}

TEST_CASE("writes to a namespace that nobody copies fill the queue all the same", "[media]") {
    Run run = two("size = \"1GiB\"\nshared = true\n", "size = \"32MiB\"\n", "nvme0n1");
    run.options = {"hosts.src.driver.user_data.entry_cost=400us", "media_copy.max_time=3s"};
    const Seen seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "not-converged");
    CHECK(media_of(seen)["namespaces"][1]["gaps"].get<int>() >= 1);
    CHECK(media_of(seen)["forecast"]["verdict"] == "queue-full");
}

TEST_CASE("a mirror writes to both sides what is local, and nothing else", "[media]") {
    for (const char* device : {"nvme0n1", "nvme0n2"}) {
        Run run = two("size = \"1GiB\"\nshared = true\n", "size = \"32MiB\"\n", device);
        run.options = {"media_copy.mode=mirror", "hosts.src.driver.log_user_data=false"};
        const Seen seen = run_in_child(run);
        check_copied(seen);
        const bool local = std::string(device) == "nvme0n2";
        CHECK((media_of(seen)["mirrored_bytes"] != 0) == local);
    }
}

TEST_CASE("several namespaces by rates are within one percent of the exact ones", "[media]") {
    Run run = two("size = \"384MiB\"\n", "size = \"640MiB\"\n", "nvme0n1");
    run.jobs.push_back({writes_to("nvme0n2", 1000), {}});
    run.options = {"media_copy.read_rate=50MB/s", "media_copy.sample=1s",
                   "media_copy.start_ram=100ms", "media_copy.outstanding=4"};
    const Seen exact = run_in_child(run);
    check_copied(exact);
    run.options.emplace_back("run.fidelity=hybrid");
    const Seen hybrid = run_in_child(run);
    check_copied(hybrid);
    CHECK(media_of(hybrid)["skipped_ps"].get<double>() > 10e12);
    const auto near = [](const json& x, const json& y, double error) {
        CHECK(x.get<double>() == Approx(y.get<double>()).epsilon(error));
    };
    near(hybrid.result["total_time_ps"], exact.result["total_time_ps"], 0.01);
    near(media_of(hybrid)["bytes"], media_of(exact)["bytes"], 0.01);
    for (std::size_t i = 0; i < 2; ++i) {
        const json& a = media_of(exact)["namespaces"][i];
        const json& b = media_of(hybrid)["namespaces"][i];
        near(b["copied_bytes"], a["copied_bytes"], 0.01);
        near(b["entries"], a["entries"], 0.02);
        CHECK(b["allocated_bytes"] == a["allocated_bytes"]);
        near(media_of(hybrid)["rounds"][1]["namespaces"][i]["bytes"],
             media_of(exact)["rounds"][1]["namespaces"][i]["bytes"], 0.03);
    }
}

}  // namespace lmsim::tests
