#include "sim/run/run_watch.hpp"

#include <set>

#include "tests/catch.hpp"
#include "tests/sim/metrics/pipe.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

namespace lmsim::tests {

namespace {

using sim::Ps;
using sim::RunWatch;
using sim::Standing;
using sim::metrics::LiveLine;

constexpr Ps watch_ms = 1'000'000'000;
std::int64_t watch_ns = 0;
std::int64_t watch_clock() { return watch_ns; }

/// What the migration was said to be at, without numbers.
std::string without_numbers(std::string text) {
    std::string plain;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            plain += c;
        } else if (plain.empty() || plain.back() != '#') {
            plain += '#';
        }
    }
    return plain;
}

/// All that the run said at its looks.
std::set<std::string> said_by(Run run) {
    run.watch = [](const sim::Simulation& simulation, nlohmann::json& more) {
        const Standing standing = simulation.standing();
        const std::string what =
            standing.migration.empty() ? std::string(standing.stage) : standing.migration;
        more["said"][without_numbers(what)] = 1;
    };
    const Seen seen = run_in_child(run);
    std::set<std::string> said;
    for (const auto& [what, one] : seen.more["said"].items()) {
        said.insert(what);
    }
    return said;
}

bool some_begin_with(const std::set<std::string>& said, const std::string& begin) {
    const auto found = said.lower_bound(begin);
    return found != said.end() && found->compare(0, begin.size(), begin) == 0;
}

}  // namespace

TEST_CASE("a run that is watched says how far it is and when it will be over", "[watch]") {
    const Pipe pipe;
    watch_ns = 0;
    LiveLine line(pipe.ends[1], false, true, watch_clock);
    RunWatch watch(line, [] { return sim::RunForecast{800 * watch_ms, 100 * watch_ms}; });
    Standing standing;
    standing.now = 100 * watch_ms;
    standing.events = 2'000'000;
    standing.stage = "warm-up";
    standing.migration_begins = 100 * watch_ms;
    const auto look = [&] { watch.look([&standing] { return standing; }); };
    look();
    CHECK(pipe.text().empty());
    watch_ns = 10'000'000'000;
    look();
    CHECK(pipe.text() ==
          "10 %, about 1 min 30 s to go, warm-up, 100 ms simulated, 0.01 x real time, 200 k "
          "events/s\n");
    standing.now = 300 * watch_ms;
    standing.events = 8'000'000;
    standing.stage = "migration";
    standing.migration = "pre-copy round 2: 1.20 GiB left";
    watch_ns = 20'000'000'000;
    look();
    CHECK(pipe.text() ==
          "30 %, about 35 s to go, pre-copy round 2: 1.20 GiB left, 300 ms simulated, 0.02 x real "
          "time, 600 k events/s\n");
    // It takes longer than was forecast: nobody knows.
    standing.now = 1001 * watch_ms;
    watch_ns = 30'000'000'000;
    look();
    CHECK(pipe.text() == "pre-copy round 2: 1.20 GiB left, 1.00 s simulated, 0.0701 x real time\n");
    // Once the cool-down began the end is known.
    standing.stage = "cool-down";
    standing.migration.clear();
    standing.moved = 1;
    standing.cooled_down = 1100 * watch_ms;
    CHECK(watch.expected_end(standing) == 1100 * watch_ms);
    standing.now = 1100 * watch_ms;
    CHECK(watch.expected_end(standing) == 0);
    watch_ns = 40'000'000'000;
    standing.events = 80'000'000;
    watch.end(standing, false);
    CHECK(pipe.text() ==
          "1.10 s simulated, over after 40 s, 0.0275 x real time, 2.00 M events/s\n");
}

TEST_CASE("a watched run that is cut short says so", "[watch]") {
    const Pipe pipe;
    watch_ns = 0;
    LiveLine line(pipe.ends[1], false, true, watch_clock);
    RunWatch watch(line, [] { return sim::RunForecast{}; });
    Standing standing;
    standing.now = 5 * watch_ms;
    watch_ns = 100'000'000;
    watch.end(standing, true);
    CHECK(pipe.text() == "5.00 ms simulated, interrupted after 1 s, 0.05 x real time\n");
}

TEST_CASE("a watched run forecasts only for a line that is shown, and once", "[watch]") {
    const Pipe pipe;
    watch_ns = 0;
    LiveLine line(pipe.ends[1], true, false, watch_clock);
    int asked = 0;
    RunWatch watch(line, [&asked] {
        ++asked;
        return sim::RunForecast{};
    });
    const auto look = [&watch] { watch.look([] { return Standing{}; }); };
    look();
    CHECK(asked == 0);
    for (watch_ns = 1'000'000'000; watch_ns < 3'000'000'000; watch_ns += 1'000'000'000) {
        look();
    }
    CHECK(asked == 1);
}

TEST_CASE("a watched run of several VMs goes by those that have moved", "[watch]") {
    const Pipe pipe;
    watch_ns = 0;
    LiveLine line(pipe.ends[1], true, true, watch_clock);
    RunWatch watch(line, [] { return sim::RunForecast{200 * watch_ms, 50 * watch_ms}; });
    Standing standing;
    standing.stage = "migration";
    standing.migration = "setup";
    standing.vms = 5;
    standing.vm = 1;
    standing.under_way = 1;
    standing.now = 100 * watch_ms;
    CHECK(watch.expected_end(standing) == 0);  // the guests boot
    standing.migration_begins = 50 * watch_ms;
    CHECK(watch.expected_end(standing) == 1100 * watch_ms);
    standing.now = 350 * watch_ms;
    standing.moved = 1;
    standing.vm = 2;
    CHECK(watch.expected_end(standing) == 1600 * watch_ms);
    watch.look([&standing] { return standing; });
    CHECK_THAT(pipe.text(), Catch::Contains("21 %, VM 2 of 5: setup, 350 ms simulated"));
    standing.under_way = 3;
    watch_ns = 1'000'000'000;
    watch.look([&standing] { return standing; });
    CHECK_THAT(pipe.text(), Catch::Contains("VM 2 of 5 and 2 more: setup"));
}

TEST_CASE("what a migration is at has the names of traces and results", "[watch]") {
    Run run;
    run.scenario = std::string(small_vm) + R"(
rate = "20000/s"
[channel]
bandwidth = "5Gbit/s"
[hosts.both.device]
queue_pairs = 1
vfs = 2
[hosts.both.device.admin]
suspend = "30ms"
get_state = "20ms"
set_state = "20ms"
resume = "30ms"
)";
    run.jobs = {{"[a]\nrw=randread\nbs=4k\niodepth=4\nsize=64m\ntime_based\nruntime=1h\n", {}}};
    const std::set<std::string> said = said_by(run);
    CAPTURE(nlohmann::json(said).dump());
    CHECK(some_begin_with(said, "boot"));
    CHECK(some_begin_with(said, "pre-copy round #: #"));
    CHECK(said.count("switchover: suspend of VF # on the source") == 1);
    CHECK(said.count("switchover: state-read of VF # on the source") == 1);
    CHECK(said.count("switchover: state-load of VF # on the destination") == 1);
    CHECK(some_begin_with(said, "switchover: resume of VF # on the destination") !=
          some_begin_with(said, "handover: resume of VF # on the destination"));
}

TEST_CASE("a watched copy of media says its round and how much of it is done", "[watch]") {
    Run run;
    run.scenario = std::string(media_vm) + "capacity = \"64MiB\"\n";
    run.jobs = {
        {"[w]\nrw=randwrite\nbs=4k\niodepth=4\nrate_iops=4000\ntime_based=1\nruntime=1000\n", {}}};
    const std::set<std::string> said = said_by(run);
    CAPTURE(nlohmann::json(said).dump());
    CHECK(said.count("media copy setup") == 1);
    CHECK(some_begin_with(said, "media copy round #: # %, #"));
}

TEST_CASE("the forecast of a watched run is near what comes, or unknown", "[watch]") {
    Run run;
    run.scenario = R"(
run = {warm_up = "3ms", cool_down = "3ms"}
vm = {ram = "2GiB", ram_used = "1GiB", dirty = {rate = "1000/s", working_set = "512MiB"}}
hosts.both.device = {vfs = 1, queue_pairs = 1}
)";
    run.jobs = {
        {"[a]\nrw=randread\nbs=4k\nrate_iops=1000\nsize=64m\ntime_based\nruntime=1h\n", {}}};
    const sim::Workload workload;
    const sim::Dialects dialects;
    const sim::RunForecast forecast = sim::forecast_run(scenario_of(run), workload, dialects);
    const auto total = run_in_child(run).result["total_time_ps"].get<Ps>();
    CHECK(forecast.migration > total / 2);
    CHECK(forecast.migration < total * 2);
    CHECK(forecast.cool_down == 3 * watch_ms);
    sim::Scenario without = scenario_of(run);
    without.run.migrate = false;
    CHECK(sim::forecast_run(without, workload, dialects).migration == 0);
    sim::Scenario hopeless = scenario_of(run);
    hopeless.vm.dirty.rate = sim::Rate{10'000'000'000};
    hopeless.vmm.downtime_limit = sim::Time{watch_ms};
    CHECK(sim::forecast_run(hopeless, workload, dialects).migration == 0);
}

}  // namespace lmsim::tests
