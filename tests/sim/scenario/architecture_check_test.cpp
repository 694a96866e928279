#include "sim/scenario/architecture_check.hpp"

#include "sim/run/dialects.hpp"
#include "tests/catch.hpp"
#include "tests/sim/scenario/errors.hpp"

namespace {

/// With what only the dialects tell.
std::string all_errors_of(const std::string& text) {
    lmsim::sim::LoadedScenario loaded = lmsim::sim::load_scenario_text(text, "q.toml", {});
    if (loaded.ok()) {
        lmsim::sim::load_dialects(loaded);
    }
    return loaded.error_text();
}

const std::string one_vf = "hosts.both.device.vfs = 1\n";

}  // namespace

TEST_CASE("every architecture takes a plain scenario", "[scenario]") {
    for (const char* name : {"vfio-nvme", "vmm-direct", "split", "vendor-2022"}) {
        CHECK(all_errors_of(one_vf + "host.architecture = \"" + name + "\"\n").empty());
    }
}

TEST_CASE("what the commands of 2022 cannot do is refused with the reason", "[scenario]") {
    const std::string vendor = one_vf + "host.architecture = \"vendor-2022\"\n";
    CHECK(errors_of(vendor + "hosts.both.driver.track_memory = true") ==
          "q.toml:3:19: hosts.both.driver.track_memory: vendor-2022 cannot have memory tracked by "
          "the device: the five commands know no tracking: IOMMU or nothing; host.best_effort = "
          "true leaves it out\n");
    CHECK(errors_of(vendor + "hosts.src.driver.log_user_data = true") ==
          "q.toml:3:18: hosts.src.driver.log_user_data: vendor-2022 cannot have a log of user data "
          "changes: the commands of 2022 know no Controller Data Queue; host.best_effort = true "
          "leaves it out\n");
    CHECK(errors_of(vendor + "host.cdq = \"user\"") ==
          "q.toml:3:6: host.cdq: the commands of 2022 know no Controller Data Queue; expected "
          "auto\n");
    CHECK(errors_of("host.architecture = \"vendor-2022\"\nhosts.both.device.vfs = 2\n")
              .find("hosts.both.device.vfs: vendor-2022 cannot have several VFs of one VM: its "
                    "driver has STOP_COPY alone") != std::string::npos);
    CHECK(errors_of(vendor + "host.best_effort = true\nvmm.tracking.by = \"auto\"\n"
                             "hosts.both.driver.track_memory = true\n")
              .find("vendor-2022 cannot have memory tracked by the device") != std::string::npos);
    CHECK(all_errors_of(vendor + "host.best_effort = true\nhosts.both.driver.track_memory = true\n"
                                 "hosts.both.driver.log_user_data = true\n")
              .empty());
}

TEST_CASE("without a driver of the VF no driver keeps its queue", "[scenario]") {
    CHECK(errors_of("host = { architecture = \"vmm-direct\", cdq = \"driver\" }") ==
          "q.toml:1:39: host.cdq: vmm-direct has no driver of the VF that could keep the queue for "
          "itself; expected user, kernel or auto\n");
    CHECK(errors_of("host = { architecture = \"vmm-direct\", cdq = \"kernel\" }").empty());
    CHECK(errors_of("host.cdq = \"kernel\"").empty());
}

TEST_CASE("an architecture goes with its dialect", "[scenario]") {
    CHECK(all_errors_of(one_vf + "profile = \"ratified\"\nhost.architecture = \"vendor-2022\"\n")
              .find("host.architecture: vendor-2022 needs the commands of 2022, which driver or "
                    "device of hosts.src do not speak; expected the profile \"vendor-2022\"") !=
          std::string::npos);
    CHECK(all_errors_of(one_vf + "profile = \"vendor-2022\"\nhost.architecture = \"split\"\n")
              .find("split sends the standard's commands, and the driver of hosts.src speaks those "
                    "of 2022") != std::string::npos);
    CHECK(all_errors_of(one_vf + "profile = \"vendor-2022\"\n").empty());
    CHECK(all_errors_of(one_vf + "profile = \"cdq-rfc-2026\"\nhost.cdq = \"kernel\"\n")
              .find("host.cdq: the dialect of hosts.src gives the queues to a program "
                    "(HO-CIO-01); expected user or auto") != std::string::npos);
}
