#include "tools/runs/point_reader.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "sim/core/own_process.hpp"
#include "sim/core/random.hpp"
#include "sim/fluid/estimate.hpp"
#include "sim/run/expectation.hpp"
#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"
#include "tools/runs/figure_row.hpp"
#include "tools/runs/figures.hpp"
#include "tools/runs/point_runner.hpp"
#include "tools/runs/runs.hpp"

using namespace lmsim;

namespace {

/// All values, without where they come from.
std::string values_of_scenario(const sim::LoadedScenario& loaded) {
    sim::LoadedScenario bare;
    bare.scenario = loaded.scenario;
    return effective_toml(bare);
}

bool same_rules(const sim::Dialects& a, const sim::Dialects& b) {
    return a.vmm == b.vmm && a.device == b.device && a.driver == b.driver;
}

void check_all_points(const runs::Study& study) {
    INFO(study.error_text());
    REQUIRE(study.ok());
    runs::PointReader reader(study);
    sim::Random random(1, "order");
    for (int i = 0; i < 150; ++i) {
        const std::size_t point = random.below(study.size());
        cli::PreparedRun& cheap = reader.read(point);
        cli::PreparedRun whole = cli::prepare(study.point(point).options);
        INFO(runs::run_command(study.point(point).options));
        CHECK(cheap.loaded.error_text() == whole.loaded.error_text());
        if (!whole.loaded.ok()) continue;
        CHECK(values_of_scenario(cheap.loaded) == values_of_scenario(whole.loaded));
        CHECK(same_rules(cheap.dialects, whole.dialects));
        REQUIRE(cheap.workload.sources.size() == whole.workload.sources.size());
        for (std::size_t s = 0; s < whole.workload.sources.size(); ++s) {
            CHECK(cheap.workload.sources[s].source->longest() ==
                  whole.workload.sources[s].source->longest());
            CHECK(cheap.workload.sources[s].source->depth() ==
                  whole.workload.sources[s].source->depth());
        }
    }
}

/// Why the two ways to the figures of a run differ, or nothing.
std::string differences(const std::string& file, const std::vector<std::string>& set) {
    const auto process = sim::in_own_process([&]() -> std::string {
        cli::PreparedRun prepared = cli::prepare({file, set, std::nullopt, {}});
        if (!prepared.loaded.ok()) return prepared.loaded.error_text();
        const bool fluid = prepared.loaded.scenario.run.fidelity == sim::Fidelity::Fluid;
        auto result = fluid ? sim::fluid_result(prepared.loaded.scenario, prepared.workload,
                                                prepared.dialects)
                            : runs::simulated(prepared);
        result.expectation = sim::judge(prepared.loaded.scenario.expect, result);
        const auto json = runs::Json::parse(sim::metrics::result_json(result));
        std::string cells;
        runs::append_figures(result, cells);
        runs::CellReader reader(cells);
        std::string text;
        for (const runs::Figure& figure : runs::figures()) {
            const runs::RowCell cell = reader.next();
            using Kind = runs::RowCell::Kind;
            const runs::Json value = cell.kind == Kind::Null      ? runs::Json()
                                     : cell.kind == Kind::Integer ? runs::Json(cell.integer)
                                     : cell.kind == Kind::Real    ? runs::Json(cell.real)
                                                               : runs::Json(std::string(cell.text));
            const runs::Json expected = value_of(figure, json);
            if (value != expected) {
                text += figure.name + ": " + value.dump() + " for " + expected.dump() + "\n";
            }
        }
        return text;
    });
    return process.ended ? process.returned : process.how + ": " + process.said;
}

}  // namespace

TEST_CASE("points that follow one another are those that are read as a whole", "[runs][points]") {
    const tests::Small folder;
    check_all_points(runs::load_study(folder.write(
        "a.toml",
        "scenario = \"small.toml\"\nseeds = 3\n[set]\nrun.fidelity = \"fluid\"\n"
        "[grid]\nhosts.both.device.vfs = [1, 2, 0]\nvmm.engine = [\"qemu-8.2\", \"qemu-11.1\", "
        "\"cloud-hypervisor\"]\nvm.ram_used = [\"32MiB\", \"128MiB\", \"3KiB\", 7]\n"
        "vmm.max_bandwidth = [\"0bit/s\", \"1Gbit/s\"]\n"
        "hosts.src.driver.p2p = [true, false]\n\"workload[0].depth\" = [0, 9]\n")));
    check_all_points(runs::load_study(folder.write(
        "b.toml",
        "scenario = \"small.toml\"\nseeds = 2\n"
        "[set]\nhosts.src.device.queue_pairs = 2\n"
        "[grid]\nhosts.both.device.queue_pairs = [1, 3]\nprofile = [\"ratified\", \"rfc-2025\", "
        "\"nobody\"]\nhost.architecture = [\"vfio-nvme\", \"vendor-2022\"]\n"
        "\"workload[1].fio\" = [\"job.fio\", \"none.fio\"]\n")));
    check_all_points(runs::load_study(folder.write(
        "c.toml",
        "scenario = \"small.toml\"\n[[points]]\nvm.pause = \"1ms\"\nvm.resume = \"2ms\"\n"
        "[[points]]\nvm.pause = \"3ms\"\nvm.resume = \"1h\"\n"
        "[hypercube]\nsamples = 40\nchannel.bandwidth = {from = \"1Gbit/s\", to = \"100Gbit/s\", "
        "scale = \"log\"}\nhosts.both.device.vfs = {from = 1, to = 64}\n"
        "hosts.dst.driver.ioctl = [\"1us\", \"2us\"]\n")));
}

TEST_CASE("figures taken from a run are those of its result.json", "[runs][points]") {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    const tests::Small folder("randrw");
    const std::vector<std::vector<std::string>> all{
        {},
        {"run.fidelity=fluid"},
        {"run.fidelity=hybrid"},
        {"run.fidelity=fluid", "vm.dirty.rate=1M/s", "vmm.downtime_limit=1ms"},
        {"run.time_limit=20ms", "expect.outcome=none"},
        {"vms.count=2", "hosts.both.device.vfs=2"},
        {"hosts.both.device.vfs=2", "hosts.src.driver.log_user_data=true"},
        {"hosts.src.driver.track_memory=true", "host.architecture=split"},
    };
    for (const auto& set : all) {
        INFO((set.empty() ? "" : set.back()));
        CHECK(differences(folder.scenario, set).empty());
    }
}
