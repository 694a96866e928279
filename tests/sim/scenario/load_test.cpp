#include "sim/scenario/load.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/catch.hpp"
#include "tests/sim/scenario/errors.hpp"

using namespace lmsim::sim;

namespace {

constexpr const char* good = R"(
name = "quick"
seed = 3
[vm]
ram = "8GiB"
dirty.rate = "1k/s"
[hosts.both.device]
vfs = 2
queue_pairs = 4
media.read = {min = "50us", p50 = "80us", max = "1ms"}
[hosts.src.device]
queue_pairs = 16
[hosts.dst.link]
lanes = 8
[carry]
msix = "none"
[[workload]]
fio = "mixed.fio"
[[workload]]
iolog = "/log/recorded.log"
vf = [1]
start = "1.5ms"
)";

}  // namespace

TEST_CASE("an empty file is the default scenario", "[scenario]") {
    const LoadedScenario loaded = load_scenario_text("", "q.toml");
    CHECK(loaded.error_text().empty());
    CHECK(loaded.scenario.vm.vcpus == 4);
    CHECK(loaded.scenario.vm.ram == 4_GiB);
    CHECK(loaded.scenario.hosts.src.device.vfs == 4);
    CHECK(loaded.scenario.channel.bandwidth == 25_Gbit_per_s);
    CHECK(loaded.origins.empty());
}

TEST_CASE("a file sets what it names", "[scenario]") {
    const LoadedScenario loaded = load_scenario_text(good, "dir/q.toml");
    REQUIRE(loaded.error_text().empty());
    const Scenario& scenario = loaded.scenario;
    CHECK(scenario.name == "quick");
    CHECK(scenario.seed == 3);
    CHECK(scenario.vm.ram == 8_GiB);
    CHECK(scenario.vm.dirty.rate == 1000_per_s);
    CHECK(scenario.hosts.src.device.vfs == 2);
    CHECK(scenario.hosts.dst.device.vfs == 2);
    CHECK(scenario.hosts.src.device.queue_pairs == 16);
    CHECK(scenario.hosts.dst.device.queue_pairs == 4);
    CHECK(scenario.hosts.dst.device.media.read.highest() == 1_ms);
    CHECK(scenario.hosts.src.link.lanes == 4);
    CHECK(scenario.hosts.dst.link.lanes == 8);
    CHECK(scenario.carry.msix == MsixCarrier::None);
    REQUIRE(scenario.workloads.size() == 2);
    CHECK(scenario.workloads[0].fio.path == "dir/mixed.fio");
    CHECK(scenario.workloads[0].vf.all);
    CHECK(scenario.workloads[1].iolog.path == "/log/recorded.log");
    CHECK(scenario.workloads[1].vf.indices == std::vector<std::uint32_t>{1});
    CHECK(scenario.workloads[1].start == 1500_us);
    CHECK(loaded.where("hosts.dst.device.vfs").text() == "dir/q.toml:8:1");
    CHECK(loaded.where("workload[1].iolog").text() == "dir/q.toml:20:1");
    CHECK(loaded.where("vm.pause").text() == "dir/q.toml");
}

TEST_CASE("a host's own value wins over both, whatever comes first", "[scenario]") {
    const LoadedScenario loaded =
        load_scenario_text("hosts.src.link.lanes = 1\nhosts.both.link.lanes = 2\n", "q.toml");
    CHECK(loaded.scenario.hosts.src.link.lanes == 1);
    CHECK(loaded.scenario.hosts.dst.link.lanes == 2);
}

TEST_CASE("each wrong value is named with its place and what was expected", "[scenario]") {
    CHECK(errors_of(R"(name = 42
[vm]
vcpu = 4
ram = 4096
pause = "11s"
resume = "11 sec"
irq_latency = true
[vm.dirty]
hot_share = "120%"
working_set = 1.5
[expect]
outcome = "complete"
[hosts.src]
mdts = "1MiB"
device.vfs = 3
[hosts.both.device]
max_vfs = 4000
media.read = {p50 = "80us", p99 = "20us"}
media.write = {p50 = "80us", p995 = "90us"}
[hosts.dst.link]
lanes = 3
mps = "200B"
)") == R"(q.toml:1:8: name: expected a string, not a whole number
q.toml:3:1: unknown key "vm.vcpu"; did you mean "vm.vcpus"?
q.toml:4:7: vm.ram: the bare number 4096 has no unit; expected a size such as "4KiB"
q.toml:5:9: vm.pause: "11s" is out of range; expected "0s" to "10s"
q.toml:6:10: vm.resume: "11 sec": no space between number and unit; expected a time such as "10us"
q.toml:7:15: vm.irq_latency: expected a time such as "10us", not a boolean
q.toml:9:13: vm.dirty.hot_share: "120%" is out of range; expected "0%" to "100%"
q.toml:10:15: vm.dirty.working_set: the bare number 1.5 has no unit; expected a size such as "4KiB"
q.toml:12:11: expect.outcome: "complete" is not one of completed, failed, cancelled,)"
       R"( not-converged, or "none"; did you mean "completed"?
q.toml:14:1: unknown key "hosts.src.mdts"; did you mean "hosts.src.device.mdts"?
q.toml:15:8: hosts.src.device.vfs cannot differ between the two; write hosts.both.device.vfs
q.toml:17:11: hosts.both.device.max_vfs: 4000 is out of range; expected 1 to 256
q.toml:18:14: hosts.both.device.media.read: the distribution p99 = "20us" is below p50 = "80us"
q.toml:19:15: hosts.both.device.media.write: unknown point "p995"; did you mean)"
       R"( "p95"? (points: min, p1, p5, p10, p25, p50, p75, p90, p95, p99, p999,)"
       R"( p9999, p99999, max)
q.toml:21:9: hosts.dst.link.lanes: 3 is out of range; expected one of 1, 2, 4, 8, 16
q.toml:22:7: hosts.dst.link.mps: "200B" is out of range; expected one of "128B",)"
       R"( "256B", "512B", "1KiB", "2KiB", "4KiB"
)");
}

TEST_CASE("wrong shapes are named", "[scenario]") {
    CHECK(errors_of("vm = 1\nchannel = []\nworkload = {fio = \"a\"}\nhosts.both = \"x\"\n") ==
          R"(q.toml:1:6: vm: expected a table, not a whole number
q.toml:2:11: channel: expected a table, not an array
q.toml:3:12: workload: expected tables, each [[workload]], not a table
q.toml:4:14: hosts.both: expected a table, not the string "x"
)");
    CHECK(errors_of("[[workload]]\nfio = \"a\"\nvf = [0, 0]\nstrat = \"1s\"\n") ==
          R"(q.toml:3:6: workload[0].vf: index 0 is listed twice
q.toml:4:1: unknown key "workload[0].strat"; did you mean "workload[0].start"?
)");
    CHECK(errors_of("workload = [1]\n[vmn]\nx = 1\n[totally.elsewhere]\n") ==
          R"(q.toml:1:13: workload[0]: expected a table, not a whole number
q.toml:2:2: unknown key "vmn"; did you mean "vm"?
q.toml:4:2: unknown key "totally"
)");
    CHECK(errors_of("hosts.src.pf.backend = \"vfio:0000:17:00.1\"") ==
          "q.toml:1:24: hosts.src.pf.backend: \"vfio:0000:17:00.1\" is out of range; "
          "expected \"model\"\n");
}

TEST_CASE("text that is no TOML has a place too", "[scenario]") {
    CHECK(errors_of("a = = 1") ==
          "q.toml:1:5: this is not TOML: Error while parsing value: "
          "could not determine value type\n");
    CHECK(errors_of("[vm]\nram = \"1GiB\"\nram = \"2GiB\"\n").substr(0, 12) == "q.toml:3:7: ");
    CHECK(errors_of(std::string("\x7f"
                                "ELF\0\1",
                                6))
              .substr(0, 27) == "q.toml:1:1: this is not TOM");
    CHECK(errors_of("\"\\u001b[2J\" = 1") == "q.toml:1:1: unknown key \"\\u001B[2J\"\n");
    // toml++ 3.3 runs into its own assertion here.
    CHECK(errors_of("# head\nvm.vcpus = 1\n[=\n[vm]\n") ==
          "q.toml:3:1: this is not TOML: a key or a value is malformed in this line\n");
    CHECK(errors_of("", {"vm.ram=[="}).find("--set vm.ram=[=: vm.ram: ") == 0);
    CHECK(errors_of("name = \"\xff\"").find("q.toml:1:") == 0);
}

TEST_CASE("no more than twenty errors are shown", "[scenario]") {
    std::string text;
    std::string expected;
    for (int i = 1; i <= 100; ++i) {
        text += "zzzzzzzz" + std::to_string(i) + " = 1\n";
        if (i <= 20) {
            expected += "q.toml:" + std::to_string(i) + ":1: unknown key \"zzzzzzzz" +
                        std::to_string(i) + "\"\n";
        }
    }
    CHECK(errors_of(text) == expected + "q.toml: there are more errors than these 20\n");
}

TEST_CASE("a file that cannot be read says why", "[scenario]") {
    CHECK(load_scenario("/nowhere/q.toml").error_text() ==
          "/nowhere/q.toml: cannot be opened: No such file or directory\n");
    CHECK(load_scenario("/").error_text() == "/: this is a folder; expected a scenario file\n");
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / "lmsim_load_test.toml";
    std::ofstream(file) << std::string((1U << 20U) + 1, '#');
    CHECK(load_scenario(file.string()).error_text() ==
          file.string() + ": is larger than 1 MiB; expected a scenario file\n");
    std::ofstream(file) << good;
    CHECK(load_scenario(file.string()).ok());
    std::filesystem::remove(file);
}
