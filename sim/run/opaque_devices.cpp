#include "sim/run/opaque_devices.hpp"

#include <fmt/format.h>

namespace lmsim::sim {

namespace {

void set_dma(OpaqueTiming& timing, const OpaqueDmaParams& dma, Bytes ram) {
    timing.log_ops = dma.log;
    timing.dma_rate = dma.rate;
    timing.dma_pages = dma.working_set.count / page_size;
    timing.log_granule = dma.granule.count / page_size;
    const auto report = static_cast<Int128>(dma.report.ps) * ram.count;
    timing.log_report = static_cast<Ps>(report / (Int128{1} << 30));
    timing.log_report_granule = dma.report_granule.ps;
    timing.log_switch = Distribution(dma.log_switch);
}

OpaqueTiming timing_of(const OpaqueParams& device, Bytes ram) {
    OpaqueTiming timing;
    timing.features =
        static_cast<std::uint8_t>(vfio::STOP_COPY_FLAG | (device.p2p ? vfio::P2P_FLAG : 0) |
                                  (device.pre_copy ? vfio::PRE_COPY_FLAG : 0));
    set_dma(timing, device.dma, ram);
    timing.loads_at_write = device.load == LoadAt::Write;
    timing.zero_ends_precopy = device.end == PrecopyEnd::Zero;
    timing.short_reads = device.short_reads;
    const OpaqueStateParams& state = device.state;
    timing.stop = state.stop.count;
    timing.initial = state.initial.count;
    timing.dirty = state.dirty.count;
    timing.dirty_rate = state.dirty_rate;
    timing.look = state.look.ps;
    timing.chunk = state.chunk.count;
    timing.ahead = state.ahead;
    timing.save_rate = state.save_rate;
    timing.load_rate = state.load_rate;
    timing.copy_rate = state.copy_rate;
    const OpaqueTimeParams& time = device.time;
    timing.ioctl = time.ioctl.ps;
    timing.poll = time.poll.ps;
    timing.poll_limit = time.poll_limit.ps;
    timing.interrupts = time.interrupts.ps;
    timing.quiesce = Distribution(time.quiesce);
    timing.suspend = Distribution(time.suspend);
    timing.open = Distribution(time.open);
    timing.close = Distribution(time.close);
    timing.save = Distribution(time.save);
    timing.load = Distribution(time.load);
    timing.allocate = Distribution(time.allocate);
    timing.restore = Distribution(time.restore);
    timing.resume = Distribution(time.resume);
    timing.start = Distribution(time.start);
    timing.reset = Distribution(time.reset);
    return timing;
}

}  // namespace

std::vector<OpaqueTiming> opaque_devices(const Scenario& scenario) {
    std::vector<OpaqueTiming> all;
    for (const auto& [kind, device] : scenario.devices.by_name()) {
        if (device->count == 0) {
            continue;  // tables of distributions take time, and most runs have no such device
        }
        OpaqueTiming timing = timing_of(*device, scenario.vm.ram);
        for (std::uint32_t i = 0; i < device->count; ++i) {
            timing.name = fmt::format("{} {}", kind, i);
            all.push_back(timing);
        }
    }
    return all;
}

std::uint32_t device_count(const Scenario& scenario) {
    std::uint32_t count = scenario.hosts.src.device.vfs;
    for (const auto& one : scenario.devices.by_name()) {
        count += one.second->count;
    }
    return count;
}

std::string device_name(const Scenario& scenario, std::uint32_t number) {
    const std::uint32_t vfs = scenario.hosts.src.device.vfs;
    return number < vfs ? fmt::format("VF {}", number)
                        : opaque_devices(scenario)[number - vfs].name;
}

trace::DeviceNames device_names(const Scenario& scenario) {
    trace::DeviceNames names;
    auto number = static_cast<trace::Device>(all_vfs(scenario, scenario.hosts.src.device));
    for (std::uint32_t vm = 0; vm < scenario.vms.count; ++vm) {
        for (const OpaqueTiming& device : opaque_devices(scenario)) {
            names.add(number++, vm == 0 ? device.name : fmt::format("vm{} {}", vm, device.name));
        }
    }
    return names;
}

}  // namespace lmsim::sim
