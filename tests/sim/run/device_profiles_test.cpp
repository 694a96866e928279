#include "tests/catch.hpp"
#include "tests/sim/run/other_devices.hpp"

using namespace lmsim::tests;

namespace {

std::string include(const std::string& profile) {
    return "include=[\"" LMSIM_SOURCE_DIR "/scenarios/devices/" + profile + ".toml\"]";
}

Seen vf_with(const std::string& profile) {
    Run run;
    run.scenario = vm_without_vfs;
    run.options = {include(profile), "hosts.both.device.vfs=1", "hosts.both.device.queue_pairs=1",
                   "hosts.both.device.queue_size=16"};
    run.jobs = {{"[r]\nrw=randrw\nbs=4k\niodepth=4\nsize=8m\ntime_based\nruntime=1h\n", {}}};
    return run_in_child(run);
}

}  // namespace

TEST_CASE("a VM moves with each kind of device as its profile says, tracked as QEMU chooses") {
    const std::pair<const char*, const char*> kinds[] = {{"mlx5", "device"},
                                                         {"virtio", "iommu"},
                                                         {"hisi_acc", "iommu"},
                                                         {"pds", "device"},
                                                         {"qat", "iommu"}};
    for (const auto& [kind, tracker] : kinds) {
        INFO(kind);
        const Seen seen =
            run_in_child(other_device(kind, "", {include(kind), "vmm.tracking.by=auto"}));
        CHECK(seen.result["outcome"] == "completed");
        check_conserved(seen.result);
        CHECK(seen.result["dirty_tracking"]["by"] == tracker);
        const auto& device = seen.result["devices"][0];
        CHECK(device["loaded_bytes"] == device["precopy_bytes"].get<std::uint64_t>() +
                                            device["stop_bytes"].get<std::uint64_t>());
    }
}

TEST_CASE("a VF of each kind of NVMe device moves, but for one whose state is version 0 alone") {
    for (const char* kind : {"nvme-vendor", "nvme-precopy", "nvme-dpu", "nvme-ssd"}) {
        INFO(kind);
        const Seen seen = vf_with(kind);
        CHECK(seen.result["outcome"] == "completed");
        check_conserved(seen.result);
        CHECK(seen.result["downtime"]["ended"] == true);
    }
    const Seen seen = vf_with("nvme-v0");
    CHECK(seen.result["downtime"]["ended"] == false);
    const std::string reason = seen.result["reason"];
    CHECK(reason.find("VF 0 does not work there: its controller is not enabled") !=
          std::string::npos);
}
