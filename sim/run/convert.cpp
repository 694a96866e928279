#include "sim/run/convert.hpp"

#include <algorithm>

#include "model/host/vmm/cloud_decisions.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/vendor_area.hpp"
#include "sim/host/media_setup.hpp"
#include "sim/run/architecture.hpp"
#include "sim/run/opaque_devices.hpp"
#include "sim/run/tracking.hpp"
#include "sim/scenario/namespaces.hpp"

namespace lmsim::sim {

namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

std::uint32_t log2(std::uint64_t power) {
    return static_cast<std::uint32_t>(__builtin_ctzll(power));
}

std::uint8_t granularity(Bytes granule) {
    return static_cast<std::uint8_t>(log2(granule.count / page_size));
}

/// Those that each VF has, where the scenario lists them.
void list_namespaces(const Scenario& scenario, nvme::Config& config) {
    config.vf_namespaces = 0;
    for (const VfNamespace& one : vf_namespaces(scenario)) {
        const std::uint32_t n = config.vf_namespaces++;
        config.vf_blocks[n] = one.size.count / scenario.hosts.src.device.block.count;
        config.vf_reachable |= one.shared ? 1U << n : 0;
    }
}

nvme::Config model_config(const Scenario& scenario, const DeviceParams& device) {
    nvme::Config config;
    config.queue_pairs = device.queue_pairs;
    config.vectors = msix_vectors(device);
    config.vfs_online = false;  // the host's driver brings them online
    config.private_namespaces = device.private_namespaces;
    if (!scenario.namespaces.empty()) {
        list_namespaces(scenario, config);
    }
    config.nguid_seed = device.namespace_set;
    config.ready_timeout = static_cast<std::uint8_t>(device.ready_timeout.ps / (500_ms).ps);
    config.template_number = static_cast<std::uint8_t>(device.exported_template);
    config.queue_size = device.queue_size;
    config.contexts = device.contexts;
    config.mdts = log2(device.mdts.count / page_size);
    config.vendor_bytes = static_cast<std::uint32_t>(device.vendor_bytes.count);
    config.blocks = device.capacity.count / device.block.count;
    config.block_bytes = static_cast<std::uint32_t>(device.block.count);
    const CarryParams& carry = scenario.carry;
    config.carry_registers = carry.registers == StateCarrier::Vendor;
    config.carry_admin_queue = carry.admin_queue == StateCarrier::Vendor;
    config.carry_features = carry.features == StateCarrier::Vendor;
    config.carry_aer = carry.aer == StateCarrier::Vendor;
    const TrackingParams& tracking = device.tracking;
    config.cdq_merge = tracking.merge;
    config.mcudmq = static_cast<std::uint16_t>(tracking.controller_queues);
    config.mnsudmq = static_cast<std::uint16_t>(tracking.subsystem_queues);
    config.mcmr = static_cast<std::uint16_t>(tracking.queue_ranges);
    config.nmcmr = static_cast<std::uint16_t>(tracking.subsystem_ranges);
    config.mcdqpc = static_cast<std::uint16_t>(tracking.queue_prps);
    config.track_allocation = scenario.media_copy.mode != MediaCopyMode::None;
    if (&device == &scenario.hosts.dst.device) {
        config.capacity = scenario.media_copy.destination_capacity.count;
    }
    config.track_memory = tracking.memory;
    config.power_of_two_ranges = tracking.power_of_two;
    config.tracked_ranges = tracking.descriptors;
    config.subsystem_ranges = tracking.subsystem_descriptors;
    config.finest_granule = granularity(tracking.finest);
    config.coarsest_granule = granularity(tracking.coarsest);
    config.granules_per_mc = tracking.granules;
    return config;
}

PcieCost pcie_cost(const LinkParams& link) {
    PcieCost cost;
    cost.mps = link.mps.count;
    cost.read_request_max = link.mrrs.count;
    cost.write_header = link.tlp_write.count;
    cost.read_header = link.tlp_read.count;
    cost.completion_header = link.tlp_completion.count;
    cost.set_rate(std::uint64_t{1} << link.generation, link.lanes, link.dllp_share.ppm);
    return cost;
}

std::optional<Distribution> own(const std::optional<Quantiles>& quantiles) {
    return quantiles ? std::optional<Distribution>(*quantiles) : std::nullopt;
}

}  // namespace

DeviceTiming device_timing(const Scenario& scenario, const HostParams& host) {
    const DeviceParams& device = host.device;
    DeviceTiming timing;
    timing.config = model_config(scenario, device);
    timing.vfs = static_cast<std::uint16_t>(all_vfs(scenario, device));
    timing.pcie = pcie_cost(host.link);
    timing.lanes = host.link.lanes;
    timing.link_latency = host.link.latency.ps;
    timing.memory_latency = host.link.memory.ps;
    timing.channels = device.media.channels;
    timing.admin_parallel = device.admin.parallel;
    timing.state_rate = device.state_rate;
    timing.enable = device.enable.ps;
    if (device.disable) {
        timing.disable = device.disable->ps;
    }
    timing.function_reset = device.reset.ps;
    timing.media_read = Distribution(device.media.read);
    timing.media_write = Distribution(device.media.write);
    timing.media_flush = Distribution(device.media.flush);
    for (const MediaSizeParams& size : device.media.sizes) {
        timing.sizes.push_back({size.bytes.count,
                                Distribution(size.read.value_or(device.media.read)),
                                Distribution(size.write.value_or(device.media.write))});
    }
    timing.dies = die_media_timing(device);
    timing.identify = Distribution(device.admin.identify);
    timing.features = Distribution(device.admin.features);
    timing.create_queue = Distribution(device.admin.create_queue);
    timing.set_features = own(device.admin.set_features);
    timing.create_sq = own(device.admin.create_sq);
    timing.delete_sq = own(device.admin.delete_sq);
    timing.delete_cq = own(device.admin.delete_cq);
    timing.suspend = Distribution(device.admin.suspend);
    timing.resume = Distribution(device.admin.resume);
    timing.get_state = Distribution(device.admin.get_state);
    timing.set_state = Distribution(device.admin.set_state);
    timing.cdq = Distribution(device.admin.cdq);
    timing.delete_cdq = own(device.admin.delete_cdq);
    timing.track_send = Distribution(device.admin.track_send);
    timing.track_receive = Distribution(device.admin.track_receive);
    timing.virtualization = Distribution(device.admin.virtualization);
    timing.namespaces = Distribution(device.admin.namespaces);
    timing.format = Distribution(device.admin.format);
    timing.lba_status = Distribution(device.admin.lba_status);
    timing.user_data_cost = device.tracking.user_data_cost.ps;
    timing.memory_cost = device.tracking.memory_cost.ps;
    return timing;
}

std::uint64_t largest_state(const DeviceParams& device, const spec::Rules& rules) {
    wire::StateShape shape;
    shape.sqs = static_cast<std::uint16_t>(device.queue_pairs);
    shape.cqs = shape.sqs;
    shape.vendor_bytes = wire::vendor_area_max + device.vendor_bytes.count;
    shape.aers = wire::VendorArea::max_aers;
    return wire::state_size(shape, rules);
}

namespace {

UserDataLogTiming user_data_timing(const HostParams& host) {
    const UserDataLogParams& params = host.driver.user_data;
    UserDataLogTiming timing;
    timing.on = host.driver.log_user_data;
    timing.entries = params.entries;
    timing.batch = params.batch;
    timing.poll = params.poll.ps;
    timing.entry_cost = params.entry_cost.ps;
    timing.contiguous = params.contiguous;
    timing.dudmq = params.delete_at_suspend;
    return timing;
}

MemoryTrackTiming memory_timing(const Scenario& scenario, const HostParams& host) {
    MemoryTrackTiming timing;
    timing.on = nvme_tracks_memory(scenario, host);
    timing.wanted = granularity(std::max(host.driver.memory.granule, host.device.tracking.finest));
    timing.coarsest = granularity(host.device.tracking.coarsest);
    timing.power_of_two = host.device.tracking.power_of_two;
    timing.report = host.driver.memory.report.count;
    timing.memory = scenario.vm.ram.count;
    return timing;
}

}  // namespace

HostTiming host_timing(const Scenario& scenario, const HostParams& host, const Dialects& dialects) {
    HostTiming timing;
    timing.ioctl = host.driver.ioctl.ps;
    timing.submit = host.driver.submit.ps;
    timing.irq = host.driver.irq.ps;
    timing.admin_timeout = host.driver.admin_timeout.ps;
    timing.ready_poll = scenario.vm.ready_poll.ps;
    timing.copy_rate = host.driver.copy_rate;
    timing.admin_depth = static_cast<std::uint16_t>(host.device.admin.depth);
    timing.reserved_aer = static_cast<std::uint16_t>(host.device.admin.reserved_aer);
    timing.features =
        static_cast<std::uint8_t>(vfio::STOP_COPY_FLAG | (host.driver.p2p ? vfio::P2P_FLAG : 0) |
                                  (host.driver.pre_copy ? vfio::PRE_COPY_FLAG : 0));
    timing.probes_vfs = host.driver.bring_up == BringUp::EnableFirst;
    timing.mdts = host.device.mdts.count;
    // Both sides must hold what either can send.
    timing.state_limit = std::max(largest_state(scenario.hosts.src.device, dialects.device[0]),
                                  largest_state(scenario.hosts.dst.device, dialects.device[1]));
    timing.user_data = user_data_timing(host);
    const UserDataLogParams& log = host.driver.user_data;
    timing.program = {host.driver.ioctl.ps, log.pin.ps, log.wake.ps,
                      log.abi == ProgramAbi::I386 ? host::CdqAbi::I386 : host::CdqAbi::Lp64};
    timing.memory = memory_timing(scenario, host);
    timing.vms = static_cast<std::uint16_t>(scenario.vms.count);
    apply_architecture(scenario, dialects.driver[&host == &scenario.hosts.dst ? 1 : 0], timing);
    return timing;
}

std::uint64_t host_pages(const Scenario& scenario, const HostParams& host,
                         const Dialects& dialects) {
    const std::uint64_t state = host_timing(scenario, host, dialects).state_limit / page_size + 2;
    const std::uint64_t rings = std::uint64_t{80} * host.device.admin.depth / page_size + 2;
    const HostTiming timing = host_timing(scenario, host, dialects);
    std::uint64_t logs = timing.user_data.on ? UserDataLog::memory_bytes(timing.user_data) : 0;
    logs += timing.memory.on ? MemoryTracker::memory_bytes(timing.memory) : 0;
    const bool media = scenario.media_copy.mode != MediaCopyMode::None;
    const std::uint64_t setup = media ? MediaSetup::memory_bytes / page_size : 0;
    return all_vfs(scenario, host.device) * (state + logs / page_size) + rings + 2 + setup;
}

GuestTiming guest_timing(const Scenario& scenario) {
    GuestTiming timing;
    timing.vcpus = scenario.vm.vcpus;
    timing.irq_latency = scenario.vm.irq_latency.ps;
    timing.submit_cost = scenario.vm.submit_cost.ps;
    if (scenario.media_copy.mode == MediaCopyMode::Mirror) {
        timing.submit_cost += scenario.media_copy.mirror_cost.ps;
    }
    timing.complete_cost = scenario.vm.complete_cost.ps;
    timing.ready_poll = scenario.vm.ready_poll.ps;
    timing.block_size = scenario.hosts.src.device.block.count;
    timing.writes_end = scenario.vm.dirty.until.ps;
    return timing;
}

std::string vmm_name(Engine engine) {
    constexpr const char* names[] = {"QEMU 8.2", "QEMU 10.0", "QEMU 10.1", "QEMU 11.1",
                                     "Cloud Hypervisor"};
    return names[static_cast<std::size_t>(engine)];
}

std::uint32_t multifd_channels(const Scenario& scenario) {
    const std::uint32_t stated = scenario.vmm.multifd.channels;
    return stated != 0 ? stated : scenario.channel.streams;
}

PageWriter::Params writer_params(const Scenario& scenario, std::uint64_t first_page) {
    PageWriter::Params params;
    params.rate = scenario.vm.dirty.rate;
    params.first_page = first_page;
    params.working_set =
        std::max<std::uint64_t>(1, scenario.vm.dirty.working_set.count / page_size);
    params.hot =
        std::min<std::uint64_t>(scenario.vm.dirty.hot.count / page_size, params.working_set);
    params.hot_share = scenario.vm.dirty.hot_share;
    params.sequential = scenario.vm.dirty.pattern == DirtyPattern::Sequential;
    params.log_fault = scenario.vm.dirty.log_fault.ps;
    params.writers = scenario.vm.dirty.writers != 0 ? scenario.vm.dirty.writers : scenario.vm.vcpus;
    return params;
}

VmmTiming vmm_timing(const Scenario& scenario) {
    VmmTiming timing;
    timing.pause = scenario.vm.pause.ps;
    timing.resume = scenario.vm.resume.ps;
    timing.block_flush = scenario.vmm.block_flush.ps;
    const Int128 sync = static_cast<Int128>(scenario.vmm.bitmap_sync.ps) * scenario.vm.ram.count;
    timing.bitmap_sync = static_cast<Ps>(sync / static_cast<Int128>(gib));
    timing.page = scenario.vmm.page_cost.ps;
    timing.zero_page = scenario.vmm.zero_page.ps;
    timing.device_save = scenario.vm.devices.save.ps;
    timing.device_load = scenario.vm.devices.load.ps;
    timing.device_bytes = scenario.vm.devices.bytes.count;
    timing.clear_log = scenario.vmm.clear_log.count / page_size;
    timing.managed = scenario.vmm.managed;
    timing.carry_msix = scenario.carry.msix == MsixCarrier::Vmm;
    const VfioCostParams& vfio = scenario.vmm.vfio;
    timing.setup = {0, vfio.setup.ps, vfio.setup_growth};
    timing.stop = {vfio.first_stop.ps, vfio.stop.ps, vfio.growth};
    timing.start = {vfio.first_start.ps, vfio.start.ps, vfio.growth};
    timing.multifd_channels = multifd_channels(scenario);
    timing.multifd_channel = scenario.vmm.multifd.channel_cost.ps;
    timing.multifd_copy = scenario.vmm.multifd.copy_cost.ps;
    return timing;
}

Channel make_channel(const Scenario& scenario) {
    Channel channel;
    channel.bandwidth = scenario.channel.bandwidth;
    channel.stream_limit = scenario.channel.stream_limit;
    channel.streams = scenario.channel.streams;
    channel.one_way = scenario.channel.rtt.ps / 2;
    channel.buffer = scenario.channel.buffer.count;
    return channel;
}

namespace {

void cloud_config(const CloudParams& params, host::vmm::Config& config) {
    config.engine = host::vmm::Engine::CloudHypervisor;
    config.return_path = true;  // each request is answered
    config.timeout_ms = static_cast<std::uint64_t>(params.timeout.ps / ps_per_ms);
    config.ignore_timeout = params.timeout_strategy == TimeoutStrategy::Ignore;
    host::vmm::cloud_order(params.order, config.order, config.devices);
}

/// Since QEMU 10.0, by itself where there are several channels.
bool device_multifd(const Scenario& scenario) {
    const MultifdState wanted = scenario.vmm.multifd.device_state;
    const bool can =
        scenario.vmm.engine != Engine::Qemu_8_2 && scenario.vmm.engine != Engine::CloudHypervisor;
    const bool by_itself = can && multifd_channels(scenario) > 1;
    return wanted == MultifdState::On || (wanted == MultifdState::Auto && by_itself);
}

host::vmm::Throttle vmm_throttle(const ThrottleParams& params) {
    const auto percent = [](Share share) { return static_cast<std::uint8_t>(share.ppm / 10'000); };
    host::vmm::Throttle throttle;
    throttle.on = params.on;
    throttle.trigger = percent(params.trigger);
    throttle.initial = percent(params.initial);
    throttle.increment = percent(params.increment);
    throttle.most = percent(params.most);
    throttle.tail_slow = params.tail_slow;
    return throttle;
}

}  // namespace

host::vmm::Config vmm_config(const Scenario& scenario) {
    host::vmm::Config config;
    config.downtime_limit_ms =
        static_cast<std::uint64_t>(scenario.vmm.downtime_limit.ps / 1'000'000'000);
    config.max_bandwidth = scenario.vmm.max_bandwidth.bits_per_s / 8;
    config.avail_switchover_bandwidth = scenario.vmm.avail_switchover_bandwidth.bits_per_s / 8;
    config.return_path = scenario.vmm.return_path;
    config.switchover_ack = scenario.vmm.switchover_ack;
    config.throttle = vmm_throttle(scenario.vmm.throttle);
    config.device_multifd = device_multifd(scenario);
    config.multifd = scenario.channel.streams > 1 || config.device_multifd;
    config.config_late = scenario.vmm.multifd.config_late;
    config.queue_cap = scenario.vmm.multifd.queue_cap.count;
    const std::uint32_t vfs = scenario.hosts.src.device.vfs;
    const std::vector<OpaqueTiming> others = opaque_devices(scenario);
    config.devices = static_cast<std::uint16_t>(vfs + others.size());
    const std::uint8_t features = host_timing(scenario, scenario.hosts.src).features;
    std::fill(config.features, config.features + vfs, features);
    for (std::size_t i = 0; i < others.size(); ++i) {
        config.features[vfs + i] = others[i].features;
    }
    if (scenario.vmm.engine == Engine::CloudHypervisor) {
        cloud_config(scenario.vmm.cloud, config);
    }
    return config;
}

}  // namespace lmsim::sim
