#include <filesystem>
#include <regex>

#include "sim/run/dialects.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

namespace fs = std::filesystem;

/// Scenarios, and not worlds of the explorer, studies or published figures.
std::vector<std::string> scenario_files() {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(LMSIM_SOURCE_DIR "/scenarios")) {
        const std::string file = entry.path().string();
        const bool other = file.find("/explore/") != std::string::npos ||
                           file.find("/studies/") != std::string::npos ||
                           file.find(".rows.toml") != std::string::npos;
        if (entry.path().extension() == ".toml" && !other) {
            files.push_back(file);
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// The effective scenario as `lmsim run --out` leaves it, without the origins.
std::string effective(LoadedScenario loaded) {
    load_dialects(loaded);
    CHECK(loaded.error_text().empty());
    return std::regex_replace(effective_toml(loaded), std::regex("  # .*\n"), "\n");
}

void check_read_again(const std::string& file, const std::vector<std::string>& options = {}) {
    CAPTURE(file, options);
    const std::string toml = effective(load_scenario(file, options));
    // A run leaves it in another folder than that of its scenario.
    CHECK(effective(load_scenario_text(toml, "/elsewhere/config.toml")) == toml);
}

}  // namespace

TEST_CASE("what a run says of itself can be read again: every scenario", "[run][scenario]") {
    const std::vector<std::string> files = scenario_files();
    CHECK(files.size() > 50);
    for (const std::string& file : files) {
        check_read_again(file);
    }
}

TEST_CASE("what a run says of itself can be read again: what refuses stated parameters",
          "[run][scenario]") {
    const std::string file = LMSIM_SOURCE_DIR "/scenarios/quickstart.toml";
    for (const std::string engine :
         {"qemu-8.2", "qemu-10.0", "qemu-10.1", "qemu-11.1", "cloud-hypervisor"}) {
        check_read_again(file, {"vmm.engine=" + engine});
    }
    for (const std::string architecture : {"vfio-nvme", "vmm-direct", "split", "vendor-2022"}) {
        check_read_again(file, {"host.architecture=" + architecture, "host.best_effort=true",
                                "hosts.both.device.vfs=1"});
    }
    for (const std::string by : {"known", "auto", "device", "iommu", "none"}) {
        check_read_again(file, {"vmm.tracking.by=" + by, "hosts.both.driver.track_memory=true"});
    }
    check_read_again(file, {"channel.streams=4", "vmm.multifd.device_state=on"});
    check_read_again(file, {"vmm.throttle.on=true"});
    check_read_again(file, {"vmm.engine=cloud-hypervisor", "vmm.cloud.timeout=10s"});
    for (const std::string profile : {"rfc-2025", "vendor-2022", "self-describing", "tp4193"}) {
        check_read_again(file, {"profile=" + profile, "hosts.both.device.vfs=1"});
    }
}
