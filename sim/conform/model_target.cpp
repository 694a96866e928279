#include "sim/conform/model_target.hpp"

#include <algorithm>

#include "sim/core/kernel.hpp"
#include "sim/core/reports.hpp"
#include "sim/device/device_port.hpp"

namespace lmsim::sim::conform {

namespace {

constexpr std::uint64_t memory_pages = 16384;  // 64 MiB
constexpr std::uint64_t unallocated_blocks = 1U << 16;
constexpr std::uint64_t trackable_pages = 24;  // a limit that cases can reach
constexpr Ps slice = 1000 * ps_per_us;  // how far the device runs before its host looks again

/// Any times will do, as long as different kinds of work take different times.
DeviceTiming timing(const nvme::Config& config, std::uint16_t vfs) {
    DeviceTiming device;
    device.vfs = vfs;
    device.config = config;
    device.pcie.set_rate(16, 4, 0);
    device.link_latency = ps_per_us / 4;
    device.memory_latency = ps_per_us / 4;
    device.channels = 4;
    device.enable = 100 * ps_per_us;
    device.function_reset = 200 * ps_per_us;
    device.media_read = Distribution(fixed(Time{80 * ps_per_us}));
    device.media_write = Distribution(fixed(Time{20 * ps_per_us}));
    device.media_flush = Distribution(fixed(Time{10 * ps_per_us}));
    device.identify = Distribution(fixed(Time{5 * ps_per_us}));
    device.features = Distribution(fixed(Time{3 * ps_per_us}));
    device.create_queue = Distribution(fixed(Time{7 * ps_per_us}));
    device.suspend = Distribution(fixed(Time{50 * ps_per_us}));
    device.resume = Distribution(fixed(Time{30 * ps_per_us}));
    device.get_state = Distribution(fixed(Time{11 * ps_per_us}));
    device.set_state = Distribution(fixed(Time{13 * ps_per_us}));
    return device;
}

class ModelTarget : public Target {
  public:
    ModelTarget(const spec::Rules& rules, const nvme::Config& config, std::uint16_t vfs)
        : vfs_(vfs),
          trackable_(config.granules_per_mc),
          memory_(memory_pages),
          device_("device", kernel_, timing(config, vfs), rules, 1) {
        for (std::uint16_t i = 0; i < functions(); ++i) {
            device_.attach(i, memory_);
        }
    }

    std::string name() const override { return "model"; }
    std::uint16_t functions() const override { return static_cast<std::uint16_t>(vfs_ + 1); }
    DevicePort& port(std::uint16_t function) override { return device_.port(function); }

    std::uint64_t trackable() const override { return trackable_; }
    std::uint64_t no_memory() const override { return (memory_pages + 16) * page_size; }

    bool wait(const std::function<bool()>& done, Ps limit) override {
        const Ps end = kernel_.now() + limit;
        while (!done()) {
            if (kernel_.queue().empty() || kernel_.now() >= end) {
                return false;  // nothing happens any more, or not by then
            }
            run(std::min(slice, end - kernel_.now()));
        }
        return true;
    }

  private:
    void run(Ps time) {
        kernel_.wake();
        // A pending event of SystemC is the horizon up to which the kernel's process runs.
        const sc_core::sc_time length =
            sc_core::sc_time::from_value(static_cast<std::uint64_t>(time));
        horizon_.notify(length);
        sc_core::sc_start(length);
        kernel_.wake();
    }

    std::uint16_t vfs_;
    std::uint64_t trackable_;
    Kernel kernel_{"kernel"};
    sc_core::sc_event horizon_;
    Memory memory_;
    NvmeDevice device_;
};

}  // namespace

nvme::Config case_limits() {
    nvme::Config config;
    config.queue_pairs = 4;
    config.queue_size = 256;
    config.contexts = 64;
    config.blocks = 1U << 20;
    config.capacity = (config.blocks + unallocated_blocks) * 512;
    config.flexible_vqs = case_vfs * (config.queue_pairs + 1);
    config.flexible_vis = case_vfs * (config.queue_pairs + 1);
    config.mcudmq = 2;
    config.mcdqpc = 700;
    config.mcmr = 16;
    config.nmcmr = 20;
    config.tracked_ranges = 8;
    config.granules_per_mc = trackable_pages;
    config.power_of_two_ranges = true;
    config.track_allocation = true;
    return config;
}

std::unique_ptr<Target> make_model_target(const spec::Rules& rules) {
    return make_model_target(rules, case_limits(), case_vfs);
}

std::unique_ptr<Target> make_model_target(const spec::Rules& rules, const nvme::Config& config,
                                          std::uint16_t vfs) {
    install_report_handler();
    return std::make_unique<ModelTarget>(rules, config, vfs);
}

}  // namespace lmsim::sim::conform
