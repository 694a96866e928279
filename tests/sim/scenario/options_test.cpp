#include "tests/catch.hpp"
#include "tests/sim/scenario/errors.hpp"

using namespace lmsim::sim;

TEST_CASE("options come after the file", "[scenario]") {
    const LoadedScenario loaded = load_scenario_text(
        "vm.ram = \"8GiB\"\nhosts.src.link.lanes = 1\n[[workload]]\nfio = \"a.fio\"\n", "d/q.toml",
        {"vm.ram=16GiB", "name=42", "description=two = words", "hosts.both.link.lanes=2",
         "workload[0].vf=[0, 2]", "workload[1].iolog=b.log", "hosts.both.device.vfs=3",
         "hosts.src.device.media.read={p50 = '80us', max = '1ms'}", "vmm.return_path=true",
         "hosts.dst.vf[1].backend=model", "expect.downtime_max=\"1s\""},
        7);
    REQUIRE(loaded.error_text().empty());
    const Scenario& scenario = loaded.scenario;
    CHECK(scenario.vm.ram == 16_GiB);
    CHECK(scenario.name == "42");
    CHECK(scenario.description == "two = words");
    CHECK(scenario.hosts.src.link.lanes == 2);
    CHECK(scenario.workloads[0].fio.path == "d/a.fio");
    CHECK(scenario.workloads[0].vf.indices == std::vector<std::uint32_t>{0, 2});
    CHECK(scenario.workloads[1].iolog.path == "b.log");
    CHECK(scenario.hosts.src.device.media.read.highest() == 1_ms);
    CHECK(scenario.hosts.dst.vf.size() == 2);
    CHECK(scenario.expect.downtime_max == 1_s);
    CHECK(scenario.seed == 7);
    CHECK(loaded.where("vm.ram").text() == "--set vm.ram=16GiB");
    CHECK(loaded.where("seed").text() == "--seed 7");
}

TEST_CASE("among options a host's own value wins over both", "[scenario]") {
    const LoadedScenario loaded = load_scenario_text(
        "", "q.toml",
        {"hosts.src.link.lanes=1", "hosts.both.link.lanes=2", "vm.vcpus=1", "vm.vcpus=2"});
    CHECK(loaded.scenario.hosts.src.link.lanes == 1);
    CHECK(loaded.scenario.hosts.dst.link.lanes == 2);
    CHECK(loaded.scenario.vm.vcpus == 2);
}

TEST_CASE("a wrong option is named instead of a file", "[scenario]") {
    CHECK(errors_of("", {"vm.ram=3"}) ==
          "--set vm.ram=3: vm.ram: the bare number 3 has no unit; "
          "expected a size such as \"4KiB\"\n");
    CHECK(errors_of("", {"vm.ram"}) == "--set vm.ram: expected PATH=VALUE such as vm.ram=8GiB\n");
    CHECK(errors_of("", {"=1"}) == "--set =1: expected PATH=VALUE such as vm.ram=8GiB\n");
    CHECK(errors_of("", {"vm..ram=1GiB"}) ==
          "--set vm..ram=1GiB: expected PATH=VALUE such as vm.ram=8GiB\n");
    CHECK(errors_of("", {"workload[x].fio=a"}) ==
          "--set workload[x].fio=a: expected PATH=VALUE such as vm.ram=8GiB\n");
    CHECK(errors_of("", {"vm.rma=1GiB"}) ==
          "--set vm.rma=1GiB: unknown key \"vm.rma\"; did you mean \"vm.ram\"?\n");
    CHECK(errors_of("", {"vn.ram=1GiB"}) ==
          "--set vn.ram=1GiB: unknown key \"vn\"; did you mean \"vm\"?\n");
    CHECK(errors_of("", {"vm.ram.x=1"}) ==
          "--set vm.ram.x=1: vm.ram has no parts; expected vm.ram=VALUE\n");
    CHECK(errors_of("", {"vm=1"}) == "--set vm=1: vm: expected a table, not a whole number\n");
    CHECK(errors_of("", {"vm[0].ram=1GiB"}) ==
          "--set vm[0].ram=1GiB: vm is no list; expected no index\n");
    CHECK(errors_of("", {"workload.fio=a"}) ==
          "--set workload.fio=a: workload is a list; expected an index: workload[0]\n");
    CHECK(errors_of("", {"workload[256].fio=a"}) ==
          "--set workload[256].fio=a: workload: index 256 is out of range; expected 0 to 255\n");
    CHECK(errors_of("", {"workload[99999].fio=a"}) ==
          "--set workload[99999].fio=a: expected PATH=VALUE such as vm.ram=8GiB\n");
    CHECK(errors_of("", {"hosts.both.device.queue_pairs=0"}) ==
          "--set hosts.both.device.queue_pairs=0: hosts.both.device.queue_pairs: "
          "0 is out of range; expected 1 to 64\n");
    CHECK(errors_of("", {"vm.ram=\x1b[2J"}) ==
          "--set vm.ram=\\u001B[2J: vm.ram: \"\\u001B[2J\" is not a size such as \"4KiB\"\n");
    // A second key smuggled in behind a line end is part of the text, not a key.
    CHECK(errors_of("", {"vm.ram='1GiB'\nx=1"}) ==
          "--set vm.ram='1GiB'\\nx=1: vm.ram: \"'1GiB'\\nx=1\" is not a size such as \"4KiB\"\n");
}

TEST_CASE("errors of the file come before those of options", "[scenario]") {
    CHECK(errors_of("vm.vcpus = 0\nvm.ram = 1\n", {"vm.pause=1"}) ==
          R"(q.toml:1:12: vm.vcpus: 0 is out of range; expected 1 to 1024
q.toml:2:10: vm.ram: the bare number 1 has no unit; expected a size such as "4KiB"
--set vm.pause=1: vm.pause: the bare number 1 has no unit; expected a time such as "10us"
)");
    CHECK(load_scenario_text("", "q.toml", {}, 1ULL << 63U).error_text() ==
          "--seed 9223372036854775808: out of range; expected 0 to 9223372036854775807\n");
}
