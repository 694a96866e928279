#include "sim/run/vm.hpp"

#include <fmt/format.h>

#include "sim/run/convert.hpp"
#include "sim/run/opaque_devices.hpp"
#include "sim/run/simulation.hpp"
#include "sim/run/tracking.hpp"
#include "sim/run/vm_trace.hpp"

namespace lmsim::sim {

namespace {

/// Only where there are several: the trace of one VM is as ever.
std::unique_ptr<trace::TraceSink> renaming(trace::TraceSink* sink, std::uint16_t number,
                                           const Scenario& scenario) {
    if (sink == nullptr || scenario.vms.count == 1) {
        return nullptr;
    }
    const std::uint32_t vfs = scenario.hosts.src.device.vfs;
    const VmTrace::Layout layout{scenario.vms.count, vfs, device_count(scenario) - vfs};
    return std::make_unique<VmTrace>(*sink, number, layout);
}

}  // namespace

std::uint64_t driver_pages(const Scenario& scenario, const Workload& workload) {
    const DeviceParams& device = scenario.hosts.src.device;
    const std::uint64_t rings =
        (std::uint64_t{64} * device.queue_size + page_size - 1) / page_size +
        (std::uint64_t{16} * completion_entries(device) + page_size - 1) / page_size;
    std::uint64_t pages = device.vfs * (rings * device.queue_pairs + 3);
    for (const PlacedSource& placed : workload.sources) {
        if (placed.vm != 0) {
            continue;  // all VMs have the same jobs
        }
        const std::uint64_t longest = placed.source->longest();
        const std::uint64_t lists =
            longest <= 2 * page_size ? 0 : (longest + device.mdts.count - 1) / device.mdts.count;
        const std::uint64_t buffer = (longest + page_size - 1) / page_size;
        pages += placed.source->depth() * (buffer + lists);
    }
    return pages;
}

std::vector<VfioDevice*> Vm::Side::devices() {
    std::vector<VfioDevice*> all;
    for (NvmeVf& vf : vfs) all.push_back(&vf);
    for (const auto& other : others) all.push_back(other.get());
    return all;
}

Vm::Vm(std::uint16_t index, const Scenario& scenario, trace::TraceSink* to,
       std::array<Memory*, 2> given)
    : number(index),
      first_vf(static_cast<std::uint16_t>(index * scenario.hosts.src.device.vfs)),
      renamed(renaming(to, index, scenario)),
      sink(renamed ? renamed.get() : to),
      sides{Side(pages_of(scenario.vm.ram), given[0]), Side(pages_of(scenario.vm.ram), given[1])},
      monitor(sink),
      meter(static_cast<std::uint16_t>(scenario.hosts.src.device.vfs),
            static_cast<std::uint16_t>(device_count(scenario)), sink) {}

std::string Vm::named(const char* what) const {
    return number == 0 ? what : fmt::format("vm{}_{}", number, what);
}

void Vm::add_devices(VmmSide side, Kernel& kernel, const Scenario& scenario,
                     const Dialects& dialects) {
    const bool source = side == VmmSide::Source;
    auto device = static_cast<std::uint16_t>(scenario.hosts.src.device.vfs);
    for (const OpaqueTiming& timing : opaque_devices(scenario)) {
        const std::string name = fmt::format("{}_device{}", source ? "src" : "dst", device);
        at(side).others.push_back(std::make_unique<OpaqueDevice>(
            named(name.c_str()).c_str(), kernel, timing, device, source,
            dialects.driver[static_cast<std::size_t>(side)], scenario.seed));
        ++device;
    }
}

void Vm::build_guest(Kernel& kernel, const Scenario& scenario, Workload& workload) {
    const DeviceParams& device = scenario.hosts.src.device;
    Memory& memory = at(VmmSide::Source).memory;
    // What the guest uses has content from the start; the rest are zero pages. Before its drivers
    // clear their rings: from here on the memory knows which of its pages still hold zeros.
    memory.fill(pages_of(scenario.vm.ram_used));
    // Of memory that is given something may be in use.
    const std::uint64_t first = memory.allocated_pages() + driver_pages(scenario, workload);
    PageWriter writer(writer_params(scenario, first),
                      Random(scenario.seed, named("guest") + ".pages"));
    guest = std::make_unique<Guest>(named("guest").c_str(), kernel, guest_timing(scenario), memory,
                                    std::move(writer));
    for (DevicePort* port : at(VmmSide::Source).ports) {
        guest->add_vf(*port, static_cast<std::uint16_t>(device.queue_pairs), device.queue_size,
                      device.mdts.count, completion_entries(device));
    }
    for (PlacedSource& placed : workload.sources) {
        if (placed.vm == number) {
            guest->add_source(placed.vf, *placed.source, placed.start.ps, placed.number);
        }
    }
    guest->lay_out();
    LMSIM_ASSERT(memory.allocated_pages() <= first);
    at(VmmSide::Destination).memory.lay_out_like(memory);
}

/// Behind the rest of the source, and only where somebody needs it: other runs are the same as
/// ever. Devices of other kinds write to the end of the memory with content.
DirtyTracking* Vm::build_tracking(Kernel& kernel, const Scenario& scenario, HostDriver& driver) {
    Side& source = at(VmmSide::Source);
    std::vector<OpaqueDevice*> others;
    std::uint64_t end = pages_of(scenario.vm.ram_used);
    for (const auto& other : source.others) {
        end -= other->timing().dma_pages;
        other->attach(source.memory, end);
        others.push_back(other.get());
    }
    const std::optional<DirtyTrackingTiming> timing = tracking_timing(scenario);
    if (timing) {
        tracking = std::make_unique<DirtyTracking>(named("src_tracking").c_str(), kernel, *timing,
                                                   driver, number, others, source.memory);
    }
    return tracking.get();
}

void Vm::build_vmms(Kernel& kernel, const Scenario& scenario, const Dialects& dialects,
                    std::array<HostDriver*, 2> drivers, Network* network) {
    const auto host = [&](VmmSide which) {
        Side& side = at(which);
        return VmmHost{drivers[static_cast<std::size_t>(which)],
                       &side.memory,
                       side.ports,
                       side.devices(),
                       nullptr,
                       number};
    };
    VmmHost from = host(VmmSide::Source);
    from.tracking = build_tracking(kernel, scenario, *from.driver);
    Channel channel = make_channel(scenario);
    channel.network = network;
    vmms = std::make_unique<VmmPair>(named("vmm").c_str(), kernel, vmm_timing(scenario), channel,
                                     vmm_config(scenario), dialects.vmm, *guest, from,
                                     host(VmmSide::Destination));
}

void Vm::watch(const Kernel& kernel, const RunOptions& options) {
    guest->set_observer(&meter);
    meter.on_vcpus_stop([this] { return guest->outstanding() != 0; });
    meter.watch_channel(vmms->channel());
    vmms->set_observer(&meter);
    vmms->set_trace(sink);
    vmms->set_step_log(options.steps);
    for (const VmmSide side : {VmmSide::Source, VmmSide::Destination}) {
        const bool source = side == VmmSide::Source;
        const metrics::Side where = source ? metrics::Side::Source : metrics::Side::Destination;
        for (const auto& other : at(side).others) {
            other->set_observer(&meter.opaque(side));
            other->set_trace(sink, where);
            other->set_step_log(options.steps, where);
        }
    }
    monitor.tell(0, observe(check::What::VmRuns, metrics::Side::Source));
    meter.set_monitor(&monitor);
    meter.on_stream_loaded([this, &kernel] {
        if (!guest->paused()) {
            return;  // the source has taken it back: nobody begins with what has arrived here
        }
        const std::uint64_t differ =
            at(VmmSide::Source).memory.differences(at(VmmSide::Destination).memory);
        page_mismatch += differ;
        monitor.tell(kernel.now(), observe(check::What::MemoryArrived, metrics::Side::Destination,
                                           check::no_vf, differ));
    });
}

}  // namespace lmsim::sim
