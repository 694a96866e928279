#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "sim/trace/output_file.hpp"
#include "tests/catch.hpp"
#include "tests/sim/fluid/error_study.hpp"
#include "tests/sim/fluid/random_scenario.hpp"
#include "tests/sim/run/run_child.hpp"

namespace lmsim::tests {

namespace {

using nlohmann::json;

json result_of(const RandomScenario& from, const std::string& fidelity) {
    Run run;
    run.scenario = from.scenario;
    run.jobs = {{from.jobs, {}}};
    run.options = {"run.fidelity=" + fidelity};
    return run_in_child(run).result;
}

Answer answer_of(const json& result) {
    const bool completed = result["outcome"] == "completed";
    return {result["outcome"], completed ? result["downtime"]["total_ps"].get<std::int64_t>() : 0,
            completed ? result["total_time_ps"].get<std::int64_t>() : 0};
}

double error(const json& is, const json& should) {
    const auto expected = should.get<double>();
    return expected == 0 ? (is == should ? 0 : 1) : std::abs(is.get<double>() / expected - 1);
}

/// docs/fidelity-errors.md, where the environment says that it is to be written.
void write_study(const std::vector<ErrorRow>& rows) {
    const char* const folder = std::getenv("LMSIM_HYBRID_STUDY");
    if (folder != nullptr) {
        const std::string docs = folder;
        CHECK(sim::trace::write_file(docs + "/fidelity-errors.md", error_page(rows)) == "");
        CHECK(sim::trace::write_file(docs + "/pictures/fidelity-errors.svg", error_picture(rows)) ==
              "");
    }
}

/// How many scenarios: a few, or as many as the environment says (a night has 200).
std::uint64_t scenarios() {
    const char* wanted = std::getenv("LMSIM_HYBRID_SCENARIOS");
    return wanted == nullptr ? 6 : std::strtoull(wanted, nullptr, 10);
}

// A guest whose I/O has 100 times as much time as in the other tests.
constexpr const char* steady = R"(
[run]
warm_up = "60ms"
cool_down = "60ms"
[vm]
ram = "512MiB"
ram_used = "512MiB"
[vm.dirty]
rate = "5000/s"
working_set = "64MiB"
[vmm]
max_bandwidth = "128MiB/s"
[hosts.both.device]
vfs = 2
queue_pairs = 4
)";

constexpr const char* reads = R"(
[reads]
rw=randread
bs=4k
iodepth=8
numjobs=4
size=1g
time_based
runtime=1h
)";

Run steady_run() {
    Run run;
    run.scenario = steady;
    run.jobs = {{reads, {}}};
    return run;
}

}  // namespace

TEST_CASE("hybrid runs of random scenarios are as exact ones within the bounds", "[rows-off]") {
    std::vector<double> downtimes;
    std::vector<ErrorRow> rows;
    std::vector<std::uint64_t> numbers(scenarios());
    std::iota(numbers.begin(), numbers.end(), 1);
    // The commands under way when it stops would take 0.3 or 0.9 ms, had they other latencies.
    if (numbers.size() < 81) {
        numbers.push_back(81);
    }
    for (const std::uint64_t number : numbers) {
        const RandomScenario scenario = random_scenario(number);
        const json exact = result_of(scenario, "exact");
        const json hybrid = result_of(scenario, "hybrid");
        INFO(scenario.scenario << scenario.jobs);
        check_conserved(hybrid);
        CHECK(hybrid["outcome"] == exact["outcome"]);
        rows.push_back(
            {number, answer_of(exact), answer_of(hybrid), answer_of(result_of(scenario, "fluid"))});
        if (exact["outcome"] != "completed") {
            continue;
        }
        CHECK(error(hybrid["total_time_ps"], exact["total_time_ps"]) < 0.01);
        const double downtime =
            error(hybrid["downtime"]["total_ps"], exact["downtime"]["total_ps"]);
        CHECK(downtime < 0.05);
        downtimes.push_back(downtime);
    }
    REQUIRE(!downtimes.empty());
    std::sort(downtimes.begin(), downtimes.end());
    CHECK(downtimes[downtimes.size() / 2] < 0.01);
    write_study(rows);
}

TEST_CASE("the page of errors has each scenario, the worst first, and whoever ended otherwise") {
    const Answer none{"not-converged", 0, 0};
    const std::vector<ErrorRow> rows = {
        {1, {"completed", 1000, 5000}, {"completed", 1010, 5000}, {"completed", 1250, 5100}},
        {2, {"completed", 2000, 6000}, {"completed", 1900, 6006}, none},
        {3, none, none, {"completed", 9, 9}},
    };
    const std::string page = error_page(rows);
    CHECK_THAT(page, Catch::Contains("| hybrid, downtime | 2 | 5 % | 5 % | 5 % |"));
    CHECK_THAT(page, Catch::Contains("| fluid, downtime | 1 | 25 % |"));
    CHECK_THAT(page, Catch::Contains("0 of them in hybrid time, 2 by closed forms"));
    CHECK_THAT(page, Catch::Contains("| 2 | 0.000 | -5.000 | not-converged |"));
    CHECK_THAT(page, Catch::Contains("| 3 | not-converged | not-converged | completed |"));
    CHECK(page.find("| 2 | 0.000") < page.find("| 1 | 0.000"));
    CHECK_THAT(error_picture(rows), Catch::StartsWith("<svg") && Catch::EndsWith("</svg>\n"));
}

TEST_CASE("steady I/O is counted and not simulated, and nothing of it is lost", "[rows-off]") {
    Run run = steady_run();
    const json exact = run_in_child(run).result;
    run.options = {"run.fidelity=hybrid"};
    run.look = [](const sim::Simulation& simulation, json& more) {
        more["events"] = simulation.events();
    };
    const Seen seen = run_in_child(run);
    const json& hybrid = seen.result;
    check_conserved(hybrid);
    CHECK(hybrid["fidelity"] == "hybrid");
    CHECK(hybrid["error_bound"] == 0.05);
    CHECK(hybrid["hybrid"]["note"] == "");
    // The VMM's own clock does not see the time for which it was held.
    CHECK(hybrid["vmm"]["downtime_ms"] == exact["vmm"]["downtime_ms"]);
    // Most of the migration's four seconds.
    CHECK(hybrid["hybrid"]["skipped_ps"].get<double>() >
          0.9 * hybrid["total_time_ps"].get<double>());
    CHECK(hybrid["hybrid"]["commands"].get<double>() >
          0.8 * exact["commands"]["completed"].get<double>());
    for (const char* window : {"before", "during", "after"}) {
        INFO(window);
        CHECK(error(hybrid["guest"][window]["iops"], exact["guest"][window]["iops"]) < 0.02);
        CHECK(error(hybrid["guest"][window]["p50_ns"], exact["guest"][window]["p50_ns"]) < 0.03);
        CHECK(error(hybrid["guest"][window]["p99_ns"], exact["guest"][window]["p99_ns"]) < 0.1);
    }
    for (const char* what : {"link_up", "link_down", "media"}) {
        INFO(what);
        CHECK(error(hybrid["utilization"]["source"][what], exact["utilization"]["source"][what]) <
              0.03);
    }
    CHECK(error(hybrid["guest"]["longest_gap_ps"], exact["guest"]["longest_gap_ps"]) < 0.05);
    // What I/O writes is sent as often as it was.
    CHECK(error(hybrid["bytes"]["total"], exact["bytes"]["total"]) < 0.01);
    CHECK(hybrid["precopy"]["rounds"] == exact["precopy"]["rounds"]);
}

TEST_CASE("a hybrid run is the same twice, and with one activation per event") {
    Run run = steady_run();
    run.options = {"run.fidelity=hybrid", "vm.ram_used=256MiB"};
    const json first = run_in_child(run).result;
    run.stride = sim::Stride::Event;
    CHECK(run_in_child(run).result == first);
}

TEST_CASE("what hybrid time cannot treat is simulated exactly, and the result says why") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"vmm.throttle.on=true", "vmm.throttle"},
        {"hosts.src.driver.log_user_data=true", "log_user_data"},
        {"hosts.src.driver.track_memory=true", "track_memory"},
    };
    for (const auto& [option, reason] : cases) {
        INFO(option);
        Run run = steady_run();
        run.options = {"vm.ram_used=80MiB", "vm.dirty.rate=0/s", "run.warm_up=5ms", option};
        const json exact = run_in_child(run).result;
        run.options.push_back("run.fidelity=hybrid");
        const json fallen_back = run_in_child(run).result;
        CHECK(fallen_back["fidelity"] == "exact");
        CHECK(fallen_back["error_bound"] == 0);
        CHECK_THAT(fallen_back["hybrid"]["note"].get<std::string>(), Catch::Contains(reason));
        CHECK(fallen_back["trace_hash"] == exact["trace_hash"]);
    }
}

TEST_CASE("a job that ends by bytes has no rates for ever") {
    Run run;
    run.scenario = steady;
    run.options = {"vm.ram_used=80MiB", "run.warm_up=5ms", "run.fidelity=hybrid"};
    run.jobs = {{"[reads]\nrw=randread\nsize=1m\n", {}}};
    const json result = run_in_child(run).result;
    CHECK(result["fidelity"] == "exact");
    CHECK_THAT(result["hybrid"]["note"].get<std::string>(), Catch::Contains("time_based"));
}

TEST_CASE("a job that ends by time ends then, and what follows is measured anew", "[rows-off]") {
    Run run = steady_run();
    run.jobs.push_back({"[more]\nrw=randwrite\niodepth=8\nsize=1g\ntime_based\nruntime=1s\n", {}});
    const json exact = run_in_child(run).result;
    run.options = {"run.fidelity=hybrid"};
    const json hybrid = run_in_child(run).result;
    check_conserved(hybrid);
    CHECK(hybrid["hybrid"]["stretches"].get<int>() >= 3);
    CHECK(error(hybrid["commands"]["completed"], exact["commands"]["completed"]) < 0.02);
    CHECK(error(hybrid["guest"]["during"]["iops"], exact["guest"]["during"]["iops"]) < 0.02);
}

TEST_CASE("rings that are hardly in use are no whole pages at each look", "[rows-off]") {
    Run run = steady_run();
    run.options = {"vm.ram=256MiB",
                   "vm.ram_used=128MiB",
                   "vm.dirty.rate=0/s",
                   "vmm.max_bandwidth=0B/s",
                   "channel.bandwidth=2Gbit/s",
                   "hosts.both.device.vfs=16",
                   "hosts.both.device.queue_pairs=16"};
    run.jobs = {
        {"[even]\nrw=randread\niodepth=2\nnumjobs=16\nrate_iops=244\nsize=1g\n"
         "norandommap\ntime_based\nruntime=1h\n",
         {}}};
    const json exact = run_in_child(run).result;
    run.options.push_back("run.fidelity=hybrid");
    const json hybrid = run_in_child(run).result;
    check_conserved(hybrid);
    CHECK(hybrid["hybrid"]["commands"].get<int>() > 0);
    CHECK(error(hybrid["downtime"]["total_ps"], exact["downtime"]["total_ps"]) < 0.03);
}

TEST_CASE("jobs at a rate do not make up for time that was skipped", "[rows-off]") {
    Run run = steady_run();
    run.jobs = {{std::string(reads) + "rate_iops=8000\n", {}}};
    const json exact = run_in_child(run).result;
    run.options = {"run.fidelity=hybrid"};
    const json hybrid = run_in_child(run).result;
    check_conserved(hybrid);
    CHECK(hybrid["hybrid"]["commands"].get<int>() > 0);
    CHECK(error(hybrid["guest"]["after"]["iops"], exact["guest"]["after"]["iops"]) < 0.02);
    CHECK(error(hybrid["commands"]["completed"], exact["commands"]["completed"]) < 0.01);
}

}  // namespace lmsim::tests
