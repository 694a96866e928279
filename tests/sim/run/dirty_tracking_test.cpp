#include "tests/catch.hpp"
#include "tests/sim/run/other_devices.hpp"

using namespace lmsim::tests;

namespace {

constexpr std::int64_t ms = 1'000'000'000;

/// A device that writes 4000 pages of 16 MiB in a second.
Seen tracked(std::vector<std::string> options, const std::string& kind = "mlx5") {
    options.push_back("channel.bandwidth=1Gbit/s");
    options.push_back("vmm.avail_switchover_bandwidth=1Gbit/s");
    return run_in_child(
        other_device(kind, "dma = { rate = \"4000/s\", working_set = \"16MiB\" }\n", options));
}

const nlohmann::json& by(const Seen& seen) { return seen.result["dirty_tracking"]["by"]; }

std::uint64_t ram_bytes(const Seen& seen) { return seen.result["bytes"]["ram"]; }

void check_completed(const Seen& seen) {
    INFO(seen.result["reason"]);
    CHECK(seen.result["outcome"] == "completed");
    check_conserved(seen.result);
}

}  // namespace

TEST_CASE("what devices write arrives, whoever tracks it") {
    for (const char* who : {"known", "device", "iommu"}) {
        INFO(who);
        const Seen seen =
            tracked({std::string("vmm.tracking.by=") + who, "devices.mlx5.dma.log=true"});
        check_completed(seen);
        CHECK(by(seen) == (who == std::string("known") ? "vmm" : who));
        CHECK(ram_bytes(seen) > std::uint64_t{48} << 20);
    }
}

TEST_CASE("QEMU takes the devices' logs if all have one, else the IOMMU's") {
    const std::vector<std::string> all = {"vmm.tracking.by=auto", "devices.mlx5.dma.log=true"};
    CHECK(by(tracked(all)) == "device");
    std::vector<std::string> mixed = all;
    mixed.push_back("devices.virtio.count=1");
    const Seen seen = tracked(mixed);
    check_completed(seen);
    CHECK(by(seen) == "iommu");
    const std::string why = seen.result["dirty_tracking"]["why"];
    CHECK(why.find("virtio 0") != std::string::npos);
}

TEST_CASE("QEMU 8.2 does not ask the IOMMU, and blocks a device without a log") {
    const Seen newer = tracked({"vmm.tracking.by=auto"}, "virtio");
    check_completed(newer);
    CHECK(by(newer) == "iommu");
    const Seen older = tracked({"vmm.tracking.by=auto", "vmm.engine=qemu-8.2"}, "virtio");
    CHECK(older.result["outcome"] == "failed");
    const std::string reason = older.result["reason"];
    CHECK(reason.find("the migration did not begin") != std::string::npos);
    CHECK(reason.find("enable_migration") != std::string::npos);
}

TEST_CASE("nobody tracks: all memory counts as written at all times, if QEMU is told to go on") {
    const std::vector<std::string> nobody = {"vmm.tracking.by=auto", "vmm.tracking.iommu=false"};
    CHECK(tracked(nobody, "virtio").result["outcome"] == "failed");
    std::vector<std::string> on = nobody;
    on.push_back("vmm.tracking.enable_migration=on");
    on.push_back("vmm.downtime_limit=2000ms");
    const Seen seen = tracked(on, "virtio");
    check_completed(seen);
    CHECK(by(seen) == "nobody");
    // 48 MiB with content go while the VM stands still, at 125 MB/s.
    CHECK(total_ps(seen) > 402 * ms);
}

TEST_CASE("nobody tracks, and what is always dirty does not fit the downtime") {
    const Seen seen = tracked({"vmm.tracking.by=none", "run.time_limit=5s"});
    CHECK(seen.result["outcome"] == "not-converged");
}

TEST_CASE("an IOMMU that maps huge pages finds huge pages written") {
    const std::vector<std::string> options = {"vmm.tracking.by=iommu", "vmm.downtime_limit=50ms",
                                              "run.time_limit=3s"};
    check_completed(tracked(options));
    std::vector<std::string> in_huge_pages = options;
    in_huge_pages.push_back("vmm.tracking.iommu_granule=2MiB");
    // 16 MiB are written within each round: 134 ms of the channel.
    const Seen huge = tracked(in_huge_pages);
    CHECK(huge.result["outcome"] == "not-converged");
    const auto& tracking = huge.result["dirty_tracking"];
    CHECK(tracking["granules"] > 0);
    CHECK(tracking["pages"] == 512 * tracking["granules"].get<std::uint64_t>());
}

TEST_CASE("each cost of tracking is time of the VMM") {
    const auto time = [](const std::string& option, const char* who = "iommu") {
        const Seen seen =
            tracked({std::string("vmm.tracking.by=") + who, "devices.mlx5.dma.log=true", option});
        return seen.result["dirty_tracking"]["ps"].get<std::int64_t>();
    };
    const std::int64_t none = time("vmm.tracking.iommu_switch=0s");
    CHECK(none == 0);
    CHECK(time("vmm.tracking.iommu_switch=16ms") == ms);  // 64 MiB of a GiB, once
    CHECK(time("vmm.tracking.iommu_report=16ms") >= 2 * ms);
    CHECK(time("vmm.tracking.iommu_report_granule=10us") > 0);
    const std::int64_t device = time("devices.mlx5.dma.report=0s", "device");
    CHECK(time("devices.mlx5.dma.report=160ms", "device") > device + 10 * ms);
    CHECK(time("devices.mlx5.dma.report_granule=1ms", "device") > device + ms);
    CHECK(time("devices.mlx5.dma.log_switch=11ms", "device") > device + 9 * ms);
}
