#pragma once

#include <array>
#include <utility>

#include "sim/core/param.hpp"

namespace lmsim::sim {

/// When a driver gives the device what was written to it.
enum class LoadAt : std::uint8_t { Write, Stop };
template <>
struct EnumNames<LoadAt> {
    static constexpr std::array names{"write", "stop"};
};

/// What a read() in PRE_COPY answers that finds no more data.
enum class PrecopyEnd : std::uint8_t { Enomsg, Zero };
template <>
struct EnumNames<PrecopyEnd> {
    static constexpr std::array names{"enomsg", "zero"};
};

/// Bytes of such a device's state, and what becomes of them in time.
struct OpaqueStateParams {
    Bytes stop = param(&stop, "stop", 1_MiB, between(1_B, 1_TiB),
                       "state that only a stopped device can give", estimate);
    Bytes initial = param(&initial, "initial", 0_B, between(0_B, 1_TiB),
                          "state that a running device can give; without PRE_COPY it comes with "
                          "the rest",
                          estimate);
    Bytes dirty = param(&dirty, "dirty", 0_B, between(0_B, 1_TiB),
                        "of what was given while it ran: changes again, at most", estimate);
    Bandwidth dirty_rate = param(&dirty_rate, "dirty_rate", 0_bit_per_s,
                                 between(0_bit_per_s, 10000_Gbit_per_s), "how fast", estimate);
    Time look = param(&look, "look", 0_s, between(0_s, 100_s),
                      "the driver asks the device for changes at most so often; 0s: whenever it is "
                      "asked itself",
                      "estimate; virtio: 1s, Linux 7.3 drivers/vfio/pci/virtio/migrate.c");
    Bytes chunk = param(&chunk, "chunk", 0_B, between(0_B, 1_TiB),
                        "what the driver has the device save and load at a time; 0: a whole image",
                        "estimate; mlx5: 8MiB, cover letter of its chunk mode, 2023-09-11");
    std::uint32_t ahead =
        param(&ahead, "ahead", 2, between(1, 64), "chunks that the driver saves before it is asked",
              "mlx5: 2, cover letter of its chunk mode, 2023-09-11");
    Bandwidth save_rate =
        param(&save_rate, "save_rate", 10_GB_per_s, between(1_Mbit_per_s, 10000_Gbit_per_s),
              "speed at which the device saves", estimate);
    Bandwidth load_rate =
        param(&load_rate, "load_rate", 10_GB_per_s, between(1_Mbit_per_s, 10000_Gbit_per_s),
              "speed at which the device loads", estimate);
    Bandwidth copy_rate =
        param(&copy_rate, "copy_rate", 10_GB_per_s, between(1_Mbit_per_s, 10000_Gbit_per_s),
              "speed of read() and write() on a data_fd", estimate);
};

/// What each step of such a device takes. A driver without P2P quiesces and suspends at once.
struct OpaqueTimeParams {
    Time ioctl = param(&ioctl, "ioctl", 2_us, between(0_s, 1_s),
                       "CPU time of one call into the kernel", estimate);
    Quantiles quiesce = param(&quiesce, "quiesce", fixed(100_us), between(0_s, 100_s),
                              "RUNNING to RUNNING_P2P, or the same in PRE_COPY", estimate);
    Quantiles suspend = param(&suspend, "suspend", fixed(100_us), between(0_s, 100_s),
                              "RUNNING_P2P to STOP, or PRE_COPY_P2P to STOP_COPY", estimate);
    Time poll = param(&poll, "poll", 0_s, between(0_s, 100_s),
                      "the driver looks so often whether the device has quiesced or suspended; 0s: "
                      "it is told",
                      "estimate; pds: 1ms, Linux 7.3 drivers/vfio/pci/pds/cmds.c");
    Time poll_limit = param(&poll_limit, "poll_limit", 5_s, between(0_s, 1000_s),
                            "after which a driver that looks gives up (ETIMEDOUT)",
                            "Linux 7.3 drivers/vfio/pci/pds/cmds.c");
    Quantiles open = param(&open, "open", fixed(50_us), between(0_s, 100_s),
                           "to begin to save or to resume", estimate);
    Quantiles close = param(&close, "close", fixed(50_us), between(0_s, 100_s),
                            "to end to save or to resume", estimate);
    Quantiles save = param(&save, "save", fixed(50_us), between(0_s, 100_s),
                           "one command to save, besides the bytes", estimate);
    Quantiles load = param(&load, "load", fixed(50_us), between(0_s, 100_s),
                           "one command to load, besides the bytes", estimate);
    Quantiles allocate = param(&allocate, "allocate", fixed(0_s), between(0_s, 100_s),
                               "resources for the state on the destination, when its first bytes "
                               "come",
                               "estimate; A. Horon, 2023: 1480ms for 300 MB of mlx5");
    Quantiles restore = param(&restore, "restore", fixed(0_s), between(0_s, 100_s),
                              "to build what the state describes, once all of it is loaded",
                              "estimate; E. Ufimtseva on qemu-devel, 2024-07-26: to load 4.5 MB of "
                              "a VF took 144ms, to save them 2ms");
    Quantiles resume = param(&resume, "resume", fixed(100_us), between(0_s, 100_s),
                             "STOP to RUNNING_P2P", estimate);
    Quantiles start = param(&start, "start", fixed(100_us), between(0_s, 100_s),
                            "RUNNING_P2P to RUNNING", estimate);
    Time interrupts =
        param(&interrupts, "interrupts", 100_us, between(0_s, 100_s),
              "to load its config space and give its vectors their way into the VM", estimate);
    Quantiles reset = param(&reset, "reset", fixed(100_ms), between(0_s, 100_s),
                            "function level reset", "PCIe Base 5.0, 6.6.2: software waits 100 ms");
};

/// What such a device writes to the guest's memory, and how its driver can log that.
struct OpaqueDmaParams {
    Rate rate = param(&rate, "rate", 0_per_s, between(0_per_s, 1000000000_per_s),
                      "pages that the running device writes", estimate);
    Bytes working_set = param(&working_set, "working_set", 1_MiB, between(4_KiB, 64_TiB),
                              "memory that it writes to", estimate);
    bool log = param(&log, "log", false, "the driver can log that (VFIO DMA logging)",
                     "estimate; mlx5 and pds can, virtio, hisi_acc and qat cannot");
    Bytes granule = param(&granule, "granule", 4_KiB, between(4_KiB, 1_GiB),
                          "of such a log, a power of two", estimate);
    Quantiles log_switch = param(&log_switch, "log_switch", fixed(1_ms), between(0_s, 100_s),
                                 "to begin or to end such a log", estimate);
    Time report = param(&report, "report", 100_us, between(0_s, 10_s),
                        "to read such a log, for each GiB of guest memory", estimate);
    Time report_granule = param(&report_granule, "report_granule", 20_ns, between(0_s, 1_ms),
                                "the same, for each granule that was written", estimate);
};

/// Devices of another kind than NVMe, all alike: what their driver lets the VMM see and how long it
/// takes. The VMM numbers them after the NVMe VFs.
struct OpaqueParams {
    std::uint32_t count =
        param(&count, "count", 0, between(0, 256), "so many of them, all alike", choice);
    bool p2p = param(&p2p, "p2p", true, "VFIO_MIGRATION_P2P", estimate);
    bool pre_copy = param(&pre_copy, "pre_copy", false, "VFIO_MIGRATION_PRE_COPY", estimate);
    LoadAt load = param(&load, "load", LoadAt::Write,
                        "the device gets its state with each write(), or when it leaves RESUMING",
                        "estimate; mlx5 and virtio: write, hisi_acc, pds and qat: stop");
    PrecopyEnd end = param(&end, "end", PrecopyEnd::Enomsg,
                           "what a read() in PRE_COPY answers that finds no more data",
                           "linux/vfio.h: ENOMSG; hisi_acc and qat answer 0");
    bool short_reads = param(&short_reads, "short_reads", false,
                             "a read() ends where a chunk or an image ends", estimate);
    OpaqueStateParams state = group(&state, "state", "bytes of its state");
    OpaqueTimeParams time = group(&time, "time", "what its steps take");
    OpaqueDmaParams dma = group(&dma, "dma", "what it writes to the guest's memory");
};

/// By kind: whose driver they have (Linux 7.3 drivers/vfio/pci). The numbers of each kind are in
/// scenarios/devices; the driver's name alone gives none.
struct OtherDevicesParams {
    OpaqueParams mlx5 = group(&mlx5, "mlx5", "ConnectX VFs");
    OpaqueParams virtio = group(&virtio, "virtio", "VFs of virtio-net");
    OpaqueParams hisi_acc = group(&hisi_acc, "hisi_acc", "VFs of HiSilicon accelerators");
    OpaqueParams pds = group(&pds, "pds", "VFs of AMD Pensando");
    OpaqueParams qat = group(&qat, "qat", "VFs of QuickAssist");
    OpaqueParams other = group(&other, "other", "any other kind");

    /// All of them with their names, in the order in which the VMM numbers them.
    std::array<std::pair<const char*, const OpaqueParams*>, 6> by_name() const {
        return {{{"mlx5", &mlx5},
                 {"virtio", &virtio},
                 {"hisi_acc", &hisi_acc},
                 {"pds", &pds},
                 {"qat", &qat},
                 {"other", &other}}};
    }
};

}  // namespace lmsim::sim
