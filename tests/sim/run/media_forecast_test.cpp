#include "sim/run/media_run.hpp"
#include "tests/catch.hpp"

// What a forecast says of jobs and namespaces, before anything runs.

using namespace lmsim::sim;

namespace {

/// VFs of a data namespace (1 GiB) and a scratch one (256 MiB); both are local.
Scenario two_namespaces() {
    Scenario scenario;
    scenario.hosts.src.device.vfs = scenario.hosts.dst.device.vfs = 2;
    scenario.namespaces.resize(2);
    scenario.namespaces[0].size = 1_GiB;
    scenario.namespaces[1].size = 256_MiB;
    scenario.media_copy.mode = MediaCopyMode::Copy;
    return scenario;
}

Workload workload_of(const Scenario& scenario, const std::string& text,
                     const WorkloadParams& params = {}) {
    Workload workload;
    fio::JobFile jobs = fio::parse_job_file("q.fio", text);
    place_jobs(jobs, scenario, params, "w", {1}, workload);
    return workload;
}

constexpr const char* writes =
    "[data]\nfilename=/dev/nvme0n1\nrw=randwrite\nbs=4k\nnorandommap\nrate_iops=1000\n"
    "[scratch]\nfilename=/dev/nvme0n2\nrw=randwrite\nbs=8k\nnorandommap\nrate_iops=500\n"
    "[other]\nrw=randread\n";

}  // namespace

TEST_CASE("a job works with the namespace that it names, or the workload does", "[media]") {
    const Scenario scenario = two_namespaces();
    const Workload named = workload_of(scenario, writes);
    REQUIRE(named.sources.size() == 3);
    CHECK(named.sources[0].source->name() == "data");
    CHECK(named.sources[0].number == 0);
    CHECK(named.sources[1].source->name() == "other");
    CHECK(named.sources[1].number == 0);
    CHECK(named.sources[2].source->name() == "scratch");
    CHECK(named.sources[2].number == 1);
    CHECK(named.sources[2].source->write_pattern().size == 256 << 20);
    WorkloadParams params;
    params.number = 2;
    for (const PlacedSource& placed : workload_of(scenario, writes, params).sources) {
        CHECK(placed.number == 1);
    }
    CHECK_THROWS_WITH(workload_of(scenario, "[a]\nfilename=/dev/nvme0n3\n"),
                      Catch::Contains("job \"a\" names namespace 3; expected 1 to 2"));
    // Where there is one, its name is as good as any.
    CHECK(workload_of(Scenario{}, "[a]\nfilename=/dev/nvme0n3\n").sources[0].number == 0);
}

TEST_CASE("a forecast counts each writer where it is, and its entries of the log", "[media]") {
    Scenario scenario = two_namespaces();
    const MediaPlan both = plan_media(scenario, workload_of(scenario, writes));
    const std::uint64_t each = (1280 << 20) / 4096;
    CHECK(both.plan.granules == 2 * each);
    CHECK(both.local == 4);
    REQUIRE(both.plan.allocated.size() == 4);
    CHECK(both.plan.allocated[3].first == each + (1 << 30) / 4096);
    REQUIRE(both.plan.writers.size() == 2);
    CHECK(both.plan.writers[0].first == each);
    CHECK(both.plan.writers[1].first == each + (1 << 30) / 4096);
    CHECK(both.plan.writers[1].granules == (256 << 20) / 4096);
    CHECK(both.plan.writers[1].per_write == 2);
    CHECK(both.plan.entries_milli_per_s == std::vector<std::uint64_t>{0, 1'500'000});
    scenario.namespaces[0].shared = true;
    const MediaPlan one = plan_media(scenario, workload_of(scenario, writes));
    CHECK(one.plan.granules == 2 * (256U << 20) / 4096);
    REQUIRE(one.plan.writers.size() == 1);
    CHECK(one.plan.writers[0].first == (256 << 20) / 4096);
    CHECK(one.plan.entries_milli_per_s == std::vector<std::uint64_t>{0, 1'500'000});
    CHECK(one.shared == 2);
    CHECK(one.shared_entries_per_s == 1000);
}

TEST_CASE("writes that are not uniform are counted as if they were, and it is said", "[media]") {
    const Scenario scenario = two_namespaces();
    const auto plan = [&](const std::string& how) {
        return plan_media(scenario, workload_of(scenario, "[a]\nrate_iops=700\nbs=4k\n" + how));
    };
    const MediaPlan skewed = plan("rw=randwrite\nrandom_distribution=zipf:1.2\n");
    REQUIRE(skewed.plan.writers.size() == 1);
    CHECK_FALSE(skewed.plan.writers[0].each_once);
    CHECK(skewed.plan.entries_milli_per_s[1] == 700'000);
    CHECK(skewed.note.find("the most that it can change") != std::string::npos);
    const MediaPlan trims = plan("rw=randtrim\n");
    CHECK(trims.plan.entries_milli_per_s[1] == 700'000);
    CHECK_FALSE(trims.note.empty());
    const MediaPlan sequential = plan("rw=write\n");
    CHECK(sequential.plan.writers[0].each_once);
    CHECK(sequential.note == "job a writes in sequence");
    CHECK(plan("rw=randwrite\n").note.empty());
    CHECK(plan("rw=randread\n").plan.writers.empty());
}
