#pragma once

#include <array>

#include "sim/core/param.hpp"
#include "sim/scenario/dirty_tracking_params.hpp"

namespace lmsim::sim {

/// The network between the two VMMs.
struct ChannelParams {
    Bandwidth bandwidth =
        param(&bandwidth, "bandwidth", 25_Gbit_per_s, between(1_Mbit_per_s, 10000_Gbit_per_s),
              "of the network, for all streams together", estimate);
    Time rtt = param(&rtt, "rtt", 50_us, between(0_s, 10_s), "round trip", estimate);
    std::uint32_t streams =
        param(&streams, "streams", 1, between(1, 255), "connections that carry pages", estimate);
    Bandwidth stream_limit =
        param(&stream_limit, "stream_limit", 15_Gbit_per_s, between(1_Mbit_per_s, 10000_Gbit_per_s),
              "what one stream's CPU can send", "P. Xu on qemu-devel, 2024-04: main channel");
    Bytes buffer =
        param(&buffer, "buffer", 0_B, between(0_B, 64_GiB),
              "that the main stream may have sent and the destination not taken; 0: no limit",
              "Linux 6.1 ip-sysctl.rst: tcp_wmem and tcp_rmem, at most 4MiB and 6MiB by default");
};

enum class Engine : std::uint8_t { Qemu_8_2, Qemu_10_0, Qemu_10_1, Qemu_11_1, CloudHypervisor };
template <>
struct EnumNames<Engine> {
    static constexpr std::array names{"qemu-8.2", "qemu-10.0", "qemu-10.1", "qemu-11.1",
                                      "cloud-hypervisor"};
};

/// Auto-converge: a guest that dirties its memory too fast is slowed down.
struct ThrottleParams {
    static constexpr const char* options = "QEMU 10.1 migration/options.c";

    bool on = param(&on, "on", false, "the VMM slows the vCPUs down (auto-converge)", options);
    Share trigger = param(&trigger, "trigger", 50_percent, between(1_percent, 100_percent),
                          "of the bytes sent in a period: more dirtied make it a bad one", options);
    Share initial = param(&initial, "initial", 20_percent, between(1_percent, 99_percent),
                          "time that vCPUs sleep after the first two bad periods", options);
    Share increment = param(&increment, "increment", 10_percent, between(1_percent, 99_percent),
                            "more of it after each two more", options);
    Share most = param(&most, "most", 99_percent, between(1_percent, 99_percent),
                       "never more of it", options);
    bool tail_slow =
        param(&tail_slow, "tail_slow", false, "steps become smaller where less would do", options);
};

enum class MultifdState : std::uint8_t { Off, On, Auto };
template <>
struct EnumNames<MultifdState> {
    static constexpr std::array names{"off", "on", "auto"};
};

/// State of VFIO devices on the channels that carry pages, with a thread for each device.
struct MultifdParams {
    static constexpr const char* transfer = "QEMU 10.1 hw/vfio/migration-multifd.c";

    MultifdState device_state =
        param(&device_state, "device_state", MultifdState::Off,
              "the state of stopped devices takes these channels; auto: where the engine can and "
              "there are several (as QEMU 10.0 and later do by themselves)",
              transfer);
    std::uint32_t channels =
        param(&channels, "channels", 0, between(0, 255),
              "that carry device state; 0: those of the pages, channel.streams", transfer);
    Time channel_cost = param(&channel_cost, "channel_cost", 0_s, between(0_s, 1_s),
                              "for each channel when the last pages are flushed",
                              "estimate: at most 3 ms; M. Szmigiero on qemu-devel, 2024-11-17");
    Time copy_cost =
        param(&copy_cost, "copy_cost", 0_s, between(0_s, 1_s),
              "to copy one MiB of device state for a channel, one at a time", estimate);
    Bytes queue_cap = param(
        &queue_cap, "queue_cap", 0_B, between(0_B, 1024_GiB),
        "that the destination may have waiting for one device, more fails; 0: no limit", transfer);
    bool config_late =
        param(&config_late, "config_late", false,
              "the configuration space waits for all else (QEMU: true on Arm alone)", transfer);
};

/// What VFIO devices cost the VMM besides the calls themselves: memory slots, interrupt routes,
/// page pinning.
struct VfioCostParams {
    static constexpr const char* why =
        "estimate: nothing published tells it; docs/decisions.md 4 has what was fitted";

    Time first_stop = param(&first_stop, "first_stop", 0_s, between(0_s, 10_s),
                            "to stop the first device, once", why);
    Time first_start = param(&first_start, "first_start", 0_s, between(0_s, 10_s),
                             "to start the first device, once", why);
    Time stop = param(&stop, "stop", 0_s, between(0_s, 10_s), "to stop each device", why);
    Time start = param(&start, "start", 0_s, between(0_s, 10_s), "to start each device", why);
    Share growth = param(&growth, "growth", 0_percent, between(0_percent, 1000_percent),
                         "of stop and start more for each device that came before", why);
    Time setup = param(&setup, "setup", 0_s, between(0_s, 10_s),
                       "to set up each device on the source while the VM runs", why);
    Share setup_growth =
        param(&setup_growth, "setup_growth", 0_percent, between(0_percent, 1000_percent),
              "of setup more for each device that came before", why);
};

enum class TimeoutStrategy : std::uint8_t { Cancel, Ignore };
template <>
struct EnumNames<TimeoutStrategy> {
    static constexpr std::array names{"cancel", "ignore"};
};

/// What Cloud Hypervisor alone lets its user choose.
struct CloudParams {
    static constexpr const char* options = "Cloud Hypervisor 2026-08 vmm/src/api/mod.rs";

    Time timeout = param(&timeout, "timeout", 3600_s, between(1_s, 1000000_s),
                         "of the rounds over memory", options);
    TimeoutStrategy timeout_strategy =
        param(&timeout_strategy, "timeout_strategy", TimeoutStrategy::Cancel,
              "when that is over: cancel the migration, or ignore what is left and pause", options);
    std::uint32_t order =
        param(&order, "order", 0, between(0, 1000000),
              "which of the orders of devices its hash map has; 0: as numbered", options);
};

/// The VMM: how it decides and what its own work costs.
struct VmmParams {
    static constexpr const char* options = "QEMU 10.1 migration/options.c";

    Engine engine = param(&engine, "engine", Engine::Qemu_10_1, "whose algorithm decides", choice);
    Time downtime_limit = param(&downtime_limit, "downtime_limit", 300_ms, between(0_s, 2000_s),
                                "downtime that the switchover may be expected to take", options);
    Bandwidth max_bandwidth = param(
        &max_bandwidth, "max_bandwidth", 0_bit_per_s, between(0_bit_per_s, 10000_Gbit_per_s),
        "what pre-copy may use of the network; 0: all of it (QEMU itself starts with 128MiB/s)",
        estimate);
    Bandwidth avail_switchover_bandwidth =
        param(&avail_switchover_bandwidth, "avail_switchover_bandwidth", 0_bit_per_s,
              between(0_bit_per_s, 10000_Gbit_per_s),
              "what the switchover is assumed to get; 0: what pre-copy got", options);
    bool return_path =
        param(&return_path, "return_path", true, "the destination answers the source", choice);
    bool switchover_ack = param(&switchover_ack, "switchover_ack", true,
                                "the destination agrees to the switchover first", choice);
    bool managed = param(
        &managed, "managed", false,
        "if the connection breaks once the destination has all of the VM, then whoever manages "
        "both hosts asks it what became of the VM; by itself the source would start it there",
        choice);
    ThrottleParams throttle = group(&throttle, "throttle", "vCPUs that are slowed down");
    MultifdParams multifd = group(&multifd, "multifd", "device state on channels of its own");
    VfioCostParams vfio = group(&vfio, "vfio", "what VFIO devices cost the VMM");
    CloudParams cloud = group(&cloud, "cloud", "of Cloud Hypervisor alone");
    DirtyTrackingParams tracking =
        group(&tracking, "tracking", "who tells it what devices wrote to the guest's memory");
    Time bitmap_sync = param(&bitmap_sync, "bitmap_sync", 1_ms, between(0_s, 1_s),
                             "to collect the dirty bitmap, for each GiB of guest memory", estimate);
    Bytes clear_log = param(
        &clear_log, "clear_log", 0_B, between(0_B, 64_TiB),
        "the dirty log of so much memory is cleared just before its first page is sent in a round, "
        "so that what was written up to then is not sent again; 0B: when it is read, all at once",
        "QEMU 8.2 migration/ram.c: 1GiB (x-clear-bitmap-shift = 18), with KVM's manual protection");
    Time zero_page =
        param(&zero_page, "zero_page", 150_ns, between(0_s, 1_ms),
              "to find that a page is zero and say so",
              "estimate: QEMU 8.2 moves an idle guest of 192 GiB in 8.8 s, 3.5 GiB of it sent");
    Time page_cost = param(&page_cost, "page_cost", 200_ns, between(0_s, 1_ms),
                           "CPU time for each page sent, besides the channel", estimate);
    Time block_flush = param(&block_flush, "block_flush", 1_ms, between(0_s, 600_s),
                             "to drain and flush the VMM's own block devices", estimate);
};

enum class StateCarrier : std::uint8_t { Vendor, None };
template <>
struct EnumNames<StateCarrier> {
    static constexpr std::array names{"vendor", "none"};
};
enum class MsixCarrier : std::uint8_t { Vmm, None };
template <>
struct EnumNames<MsixCarrier> {
    static constexpr std::array names{"vmm", "none"};
};
enum class DoorbellCarrier : std::uint8_t { Vfio, None };
template <>
struct EnumNames<DoorbellCarrier> {
    static constexpr std::array names{"vfio", "none"};
};

/// Who carries what the standard's version 0 of the controller state does not.
struct CarryParams {
    static constexpr const char* v0 = "NVMe Base 2.3: not part of NVMe Controller State version 0";

    StateCarrier admin_queue = param(&admin_queue, "admin_queue", StateCarrier::Vendor,
                                     "the VF's own admin queue: AQA, ASQ, ACQ, positions", v0);
    StateCarrier registers = param(&registers, "registers", StateCarrier::Vendor,
                                   "the controller properties: CC, CSTS", v0);
    StateCarrier features =
        param(&features, "features", StateCarrier::Vendor, "the values of Set Features", v0);
    StateCarrier aer = param(&aer, "aer", StateCarrier::Vendor,
                             "outstanding Asynchronous Event Requests and pending events", v0);
    MsixCarrier msix = param(&msix, "msix", MsixCarrier::Vmm, "the MSI-X table and its masks", v0);
    DoorbellCarrier doorbells = param(&doorbells, "doorbells", DoorbellCarrier::Vfio,
                                      "doorbells that rang while the VF stood still", v0);
};

}  // namespace lmsim::sim
