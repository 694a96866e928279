#pragma once

#include <array>
#include <string>
#include <vector>

#include "sim/scenario/device_params.hpp"

namespace lmsim::sim {

/// The PCIe link that all functions share, and the memory behind it. The prices of transaction
/// layer packets include framing and link CRC.
struct LinkParams {
    static constexpr const char* pcie_bench = "pcie-bench (SIGCOMM 2018)";

    std::uint32_t generation = param(&generation, "generation", 4, between(3, 5),
                                     "PCIe generation (128b/130b encoding)", estimate);
    std::uint32_t lanes = param(&lanes, "lanes", 4, one_of({1, 2, 4, 8, 16}), "lanes", estimate);
    Bytes mps = param(&mps, "mps", 256_B, one_of({128_B, 256_B, 512_B, 1024_B, 2048_B, 4096_B}),
                      "Max_Payload_Size", estimate);
    Bytes mrrs = param(&mrrs, "mrrs", 512_B, one_of({128_B, 256_B, 512_B, 1024_B, 2048_B, 4096_B}),
                       "Max_Read_Request_Size", "PCIe Base 5.0, 7.5.3.4: default 512 bytes");
    Time latency = param(&latency, "latency", 150_ns, between(0_s, 1_ms), "one way", estimate);
    Time memory =
        param(&memory, "memory", 250_ns, between(0_s, 1_ms), "host memory access for a DMA read",
              "pcie-bench (SIGCOMM 2018): 547 ns for a DMA read of 64 B, less the link");
    Bytes tlp_write = param(&tlp_write, "tlp_write", 24_B, between(0_B, 256_B),
                            "overhead of a memory write", pcie_bench);
    Bytes tlp_read = param(&tlp_read, "tlp_read", 24_B, between(0_B, 256_B),
                           "size of a memory read request", pcie_bench);
    Bytes tlp_completion = param(&tlp_completion, "tlp_completion", 20_B, between(0_B, 256_B),
                                 "overhead of a completion with data", pcie_bench);
    Share dllp_share =
        param(&dllp_share, "dllp_share", 8_percent, between(0_percent, 90_percent),
              "share of the link that acknowledgements and flow control take", pcie_bench);
};

/// In which order a host gets its VFs going.
enum class BringUp : std::uint8_t { AssignFirst, EnableFirst };
template <>
struct EnumNames<BringUp> {
    static constexpr std::array names{"assign-first", "enable-first"};
};

/// The host's drivers: what the VMM's calls cost and what the device can do.
struct DriverParams {
    Time ioctl = param(&ioctl, "ioctl", 2_us, between(0_s, 1_s),
                       "CPU time of one call into the kernel", estimate);
    Time submit = param(&submit, "submit", 1_us, between(0_s, 1_s),
                        "CPU time to submit one admin command", estimate);
    Time irq = param(&irq, "irq", 3_us, between(0_s, 1_s),
                     "from the PF's interrupt to the waiting thread", estimate);
    Time msix = param(&msix, "msix", 5_us, between(0_s, 1_s),
                      "CPU time to give one MSI-X vector its way into the VM "
                      "(VFIO_DEVICE_SET_IRQS and a route of KVM)",
                      estimate);
    Time admin_timeout = param(&admin_timeout, "admin_timeout", 60_s, between(1_us, 100000_s),
                               "after which an admin command is given up",
                               "Linux 7.3 drivers/nvme/host/core.c, admin_timeout");
    bool p2p = param(&p2p, "p2p", true,
                     "the VFs can stop peer-to-peer DMA first (VFIO_MIGRATION_P2P)", estimate);
    bool pre_copy =
        param(&pre_copy, "pre_copy", false,
              "the VFs can send state while they run (VFIO_MIGRATION_PRE_COPY)", estimate);
    Bandwidth copy_rate =
        param(&copy_rate, "copy_rate", 10_GB_per_s, between(1_Mbit_per_s, 10000_Gbit_per_s),
              "speed of read() and write() on a data_fd", estimate);
    BringUp bring_up =
        param(&bring_up, "bring_up", BringUp::AssignFirst,
              "assign-first: the VFs get their resources and come online; enable-first: the host's "
              "own driver binds to them before that (sriov_drivers_autoprobe) and waits for CAP.TO",
              choice);
    bool log_user_data =
        param(&log_user_data, "log_user_data", false,
              "the user data changes of the VFs are logged while they migrate", choice);
    bool track_memory =
        param(&track_memory, "track_memory", false,
              "what the VFs write to memory comes from the device's tracking (VFIO DMA logging); "
              "else the VMM knows it by itself",
              choice);
    ProfileName profile =
        param(&profile, "profile", ProfileName{},
              "the dialect that the drivers speak; empty: the scenario's", choice);
    UserDataLogParams user_data = group(&user_data, "user_data", "the log of user data changes");
    MemoryTrackParams memory = group(&memory, "memory", "the tracking of memory");
};

/// Who plays one function.
struct PortParams {
    std::string backend = param(&backend, "backend", "model", one_of<std::string>({"model"}),
                                "what stands behind the function's port", choice);
};

/// The physical function, whose profile is that of the whole device.
struct PfParams : PortParams {
    ProfileName profile =
        param(&profile, "profile", ProfileName{},
              "the dialect that the device speaks; empty: the scenario's", choice);
};

/// One side of the migration.
struct HostParams {
    DeviceParams device = group(&device, "device", "the NVM subsystem");
    LinkParams link = group(&link, "link", "the PCIe link of the device");
    DriverParams driver = group(&driver, "driver", "the host's drivers");
    PfParams pf = group(&pf, "pf", "the physical function");
    std::vector<PortParams> vf = list(&vf, "vf", 256, "single VFs, in the order of their index");
};

/// The two hosts: `[hosts]` of a scenario.
struct HostsParams {
    HostParams src = group(&src, "src", "the host that the VM leaves");
    HostParams dst = group(&dst, "dst", "the host that the VM goes to");
    Alias both = alias("both", {"src", "dst"}, "both hosts alike");
};

}  // namespace lmsim::sim
