#include "sim/scenario/device_check.hpp"

#include "sim/scenario/load.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

/// What the scenario's loader says to these lines.
std::string refusal(const std::string& text, const std::vector<std::string>& options = {}) {
    const LoadedScenario loaded = load_scenario_text(text, "s.toml", options, std::nullopt);
    return loaded.ok() ? "" : loaded.error_text();
}

bool says(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("what a driver of Linux cannot do is refused, whatever the device") {
    CHECK(says(refusal("devices.hisi_acc.count = 1\nhosts.both.device.vfs = 0\n"),
               "devices.hisi_acc.p2p: the driver of hisi_acc has no VFIO_MIGRATION_P2P"));
    CHECK(says(refusal("devices.pds = { count = 1, pre_copy = true }\n"),
               "devices.pds.pre_copy: the driver of pds has no VFIO_MIGRATION_PRE_COPY"));
    for (const std::string kind : {"virtio", "hisi_acc", "qat"}) {
        CHECK(says(refusal("devices." + kind + " = { count = 1, dma = { log = true } }\n"),
                   ("the driver of " + kind + " has no DMA logging").c_str()));
    }
    CHECK(
        refusal("devices.other = { count = 1, pre_copy = true, dma = { log = true } }\n").empty());
    CHECK(refusal("devices.pds = { count = 0, pre_copy = true }\n").empty());
}

TEST_CASE("QEMU takes several devices only if all support P2P, Cloud Hypervisor any") {
    const char* two = "devices.other = { count = 1, p2p = false }\n";
    CHECK(says(refusal(two), "QEMU migrates 5 devices only if all of them support P2P"));
    CHECK(refusal(two, {"hosts.both.device.vfs=0"}).empty());
    CHECK(refusal(two, {"vmm.engine=cloud-hypervisor"}).empty());
}

TEST_CASE("a VM has 256 devices at most, of all kinds together") {
    CHECK(refusal("devices.other.count = 252\n").empty());
    CHECK(says(refusal("devices.other.count = 253\n"), "257 devices in all; expected at most 256"));
}

TEST_CASE("sizes of devices of other kinds fit together") {
    CHECK(says(refusal("devices.other = { count = 1, state = { initial = \"1MiB\", dirty = "
                       "\"2MiB\" } }\n"),
               "devices.other.state.dirty: 2MiB of it cannot change"));
    CHECK(says(refusal("devices.other = { count = 1, dma = { working_set = \"5000B\" } }\n"),
               "is not a whole number of pages"));
    CHECK(says(refusal("devices.other = { count = 1, dma = { granule = \"12KiB\" } }\n"),
               "devices.other.dma.granule: 12KiB is not a power of two"));
    CHECK(says(refusal("devices.other = { count = 2, dma = { working_set = \"1GiB\" } }\n"),
               "devices write to 2GiB together, more than vm.ram_used = 1GiB"));
}

TEST_CASE("who may track is refused with the reason") {
    const std::string by_device = "vmm.tracking.by = \"device\"\n";
    CHECK(says(refusal(by_device), "the NVMe driver does not have its device track memory"));
    CHECK(refusal(by_device, {"hosts.both.driver.track_memory=true"}).empty());
    CHECK(says(
        refusal(by_device + "devices.virtio.count = 1\n", {"hosts.both.driver.track_memory=true"}),
        "the driver of virtio cannot log what its device writes"));
    CHECK(says(refusal("vmm.tracking = { by = \"iommu\", iommu = false }\n"),
               "the IOMMU of this host cannot track"));
    CHECK(says(refusal("vmm = { engine = \"qemu-8.2\", tracking = { by = \"iommu\" } }\n"),
               "from 9.1 on, not 8.2"));
    CHECK(says(refusal("vmm = { engine = \"cloud-hypervisor\", tracking = { by = \"none\" } }\n"),
               "only if its driver logs what it writes"));
    CHECK(says(refusal("vmm.tracking.iommu_granule = \"12KiB\"\n"), "12KiB is not a power of two"));
}

TEST_CASE("the design of 2022 has no commands by which a device could track memory") {
    CHECK(says(refusal("host.architecture = \"vendor-2022\"\nhosts.both.device.vfs = "
                       "1\nhosts.both.driver.track_memory = true\nvmm.tracking.by = \"device\"\n"),
               "vendor-2022 cannot have"));
}
