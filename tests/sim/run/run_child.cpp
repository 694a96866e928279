#include "tests/sim/run/run_child.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "sim/fluid/estimate.hpp"
#include "tests/catch.hpp"

// Where the build counts coverage: a child that leaves by _exit() has to write its counts itself.
extern "C" [[gnu::weak]] void __gcov_dump();

namespace lmsim::tests {

namespace {

using nlohmann::json;
using namespace sim;

constexpr int failed = 3;

LoadedScenario load(const Run& run) {
    LoadedScenario loaded =
        run.file.empty() ? load_scenario_text(run.scenario, "run.toml", run.options, run.seed)
                         : load_scenario(run.file, run.options, run.seed);
    INFO(loaded.error_text());
    REQUIRE(loaded.ok());
    return loaded;
}

/// In the child; ends it if a file of the workload is wrong.
sim::Workload workload_of(const Run& run, const LoadedScenario& loaded) {
    if (!run.file.empty()) {
        std::vector<Diagnostic> errors;
        sim::Workload workload = load_workload(loaded, errors);
        for (const Diagnostic& error : errors) {
            std::fprintf(stderr, "%s\n", error.text().c_str());
            _exit(failed);
        }
        return workload;
    }
    sim::Workload workload;
    const Scenario& scenario = loaded.scenario;
    const DeviceParams& device = scenario.hosts.src.device;
    for (std::size_t i = 0; i < run.jobs.size(); ++i) {
        const Jobs& jobs = run.jobs[i];
        fio::JobFile file = fio::parse_job_file("run.fio", jobs.text);
        std::vector<std::uint16_t> vfs = jobs.vfs;
        for (std::uint16_t vf = 0; jobs.vfs.empty() && vf < device.vfs; ++vf) {
            vfs.push_back(vf);
        }
        for (std::size_t each = 0; each < vfs.size() * scenario.vms.count; ++each) {
            const std::uint16_t vf = vfs[each % vfs.size()];
            const auto vm = static_cast<std::uint16_t>(each / vfs.size());
            const std::string stream = "jobs" + std::to_string(i) + ".vf" + std::to_string(vf);
            place_jobs(file, scenario, {}, stream, {vf, vm}, workload);
        }
    }
    return workload;
}

/// What the scenario says, unless the test says otherwise.
Dialects dialects_of(const Run& run, LoadedScenario& loaded) {
    if (run.rules != spec::Rules()) {
        return Dialects::all(run.rules);
    }
    const Dialects dialects = load_dialects(loaded);
    if (!loaded.ok()) {
        std::fprintf(stderr, "%s", loaded.error_text().c_str());
        _exit(failed);
    }
    return dialects;
}

void tell(json& told, std::FILE* to) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    told["peak_kib"] = usage.ru_maxrss;
    const std::string text = told.dump();
    std::fwrite(text.data(), 1, text.size(), to);
    std::fflush(to);
}

/// In the child: runs and tells.
void run_here(const Run& run, LoadedScenario loaded, std::FILE* to) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    const Dialects dialects = dialects_of(run, loaded);
    const Scenario& scenario = loaded.scenario;
    sim::Workload workload = workload_of(run, loaded);
    const std::string refused = check_memory(scenario, workload);
    if (!refused.empty()) {
        std::fprintf(stderr, "%s\n", refused.c_str());
        _exit(failed);
    }
    json told;
    told["more"] = json::object();
    if (scenario.run.fidelity == Fidelity::Fluid) {
        told["result"] =
            json::parse(metrics::result_json(fluid_result(scenario, workload, dialects)));
        return tell(told, to);
    }
    RunOptions options;
    options.stride = run.stride;
    options.dialects = dialects;
    options.sink = run.sink;
    options.media = run.media;
    const Simulation* running = nullptr;
    if (run.watch) {
        options.progress = [&](Ps, std::string_view) { run.watch(*running, told["more"]); };
    }
    const auto simulation = std::make_unique<Simulation>(scenario, workload, options);
    running = simulation.get();
    simulation->run();
    told["result"] = json::parse(metrics::result_json(simulation->result()));
    if (run.look) {
        run.look(*simulation, told["more"]);
    }
    tell(told, to);
}

std::string read_all(int from) {
    std::string text;
    char piece[65536];
    for (ssize_t got = read(from, piece, sizeof piece); got > 0;
         got = read(from, piece, sizeof piece)) {
        text.append(piece, static_cast<std::size_t>(got));
    }
    return text;
}

}  // namespace

Scenario scenario_of(const Run& run) { return load(run).scenario; }

Seen run_in_child(const Run& run) {
    const LoadedScenario loaded = load(run);
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    std::fflush(nullptr);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        close(ends[0]);
        run_here(run, loaded, fdopen(ends[1], "w"));
        if (__gcov_dump != nullptr) {
            __gcov_dump();
        }
        _exit(0);
    }
    close(ends[1]);
    const std::string text = read_all(ends[0]);
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    INFO("the run's process ended with status " << status);
    REQUIRE(status == 0);
    const json told = json::parse(text);
    return {told["result"], told["more"], told["peak_kib"].get<long>()};
}

void check_conserved(const json& result) {
    INFO(result["reason"].get<std::string>());
    CHECK(result["commands"]["submitted"] == result["commands"]["completed"]);
    CHECK(result["commands"]["lost"] == 0);
    CHECK(result["commands"]["duplicated"] == 0);
    CHECK(result["conservation"]["suspended_activity"] == 0);
    CHECK(result["conservation"]["state_mismatch"] == 0);
    CHECK(result["conservation"]["page_mismatch"] == 0);
    CHECK(result["broken_invariants"].empty());
    std::int64_t sum = 0;
    for (const json& part : result["downtime"]["parts"]) {
        sum += part["ps"].get<std::int64_t>();
    }
    CHECK(result["downtime"]["total_ps"] == sum);
    CHECK(result["littles_law"]["error"].get<double>() < 1e-9);
}

std::int64_t part_ps(const json& result, const std::string& name) {
    std::int64_t sum = 0;
    for (const json& part : result["downtime"]["parts"]) {
        sum += part["name"] == name ? part["ps"].get<std::int64_t>() : 0;
    }
    return sum;
}

}  // namespace lmsim::tests
