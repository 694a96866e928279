#include "sim/run/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "model/check/describe.hpp"
#include "model/pack.hpp"
#include "sim/core/reports.hpp"
#include "sim/core/version.hpp"
#include "sim/fluid/hybrid.hpp"
#include "sim/host/nvme_vf.hpp"
#include "sim/run/architecture.hpp"
#include "sim/run/convert.hpp"
#include "sim/run/director.hpp"
#include "sim/run/media_run.hpp"
#include "sim/run/opaque_devices.hpp"
#include "sim/run/tracking.hpp"
#include "sim/run/wishes.hpp"

namespace lmsim::sim {

namespace {

metrics::Side side_of(VmmSide side) {
    return side == VmmSide::Source ? metrics::Side::Source : metrics::Side::Destination;
}

constexpr std::uint64_t pages_of(Bytes bytes) { return bytes.count / page_size; }

/// Pages that rings, lists and buffers of the guest take.
std::uint64_t driver_pages(const Scenario& scenario, const Workload& workload) {
    const DeviceParams& device = scenario.hosts.src.device;
    const std::uint64_t rings =
        (std::uint64_t{64} * device.queue_size + page_size - 1) / page_size +
        (std::uint64_t{16} * completion_entries(device) + page_size - 1) / page_size;
    std::uint64_t pages = device.vfs * (rings * device.queue_pairs + 3);
    for (const PlacedSource& placed : workload.sources) {
        const std::uint64_t longest = placed.source->longest();
        const std::uint64_t lists =
            longest <= 2 * page_size ? 0 : (longest + device.mdts.count - 1) / device.mdts.count;
        const std::uint64_t buffer = (longest + page_size - 1) / page_size;
        pages += placed.source->depth() * (buffer + lists);
    }
    return pages;
}

}  // namespace

std::string check_memory(const Scenario& scenario, const Workload& workload) {
    const std::uint64_t needed = driver_pages(scenario, workload);
    const std::uint64_t used = pages_of(scenario.vm.ram_used);
    const std::uint64_t working_set = pages_of(scenario.vm.dirty.working_set);
    if (needed + working_set <= used) {
        return {};
    }
    return fmt::format(
        "vm.ram_used = {} cannot hold the queues and I/O buffers of the workload ({} MiB) beside "
        "vm.dirty.working_set ({} MiB); expected at least {} MiB",
        format(scenario.vm.ram_used), needed / 256 + 1, working_set / 256,
        (needed + working_set) / 256 + 1);
}

RunOptions effective(const Scenario& scenario, RunOptions options) {
    if (scenario.carry.doorbells == DoorbellCarrier::None) {
        for (spec::Rules& rules : options.dialects.device) {
            rules.set_value(spec::Id::SuspendRecordsDoorbells, 0);
        }
    }
    return options;
}

/// One side's machine: memory of the VM, the host's own memory, the device and its drivers.
struct Simulation::Host {
    Memory vm;
    Memory kernel;
    NvmeDevice device;
    std::unique_ptr<HostDriver> driver;
    std::vector<std::unique_ptr<RecordPort>> recorders;
    std::vector<DevicePort*> ports;  // of the VFs
    std::deque<NvmeVf> vfs;          // as the VMM has them open
    std::vector<std::unique_ptr<OpaqueDevice>> others;

    Host(const char* name, Kernel& run, const Scenario& scenario, VmmSide side,
         const HostParams& params, const RunOptions& options)
        : vm(pages_of(scenario.vm.ram)),
          kernel(host_pages(scenario, params, options.dialects)),
          device(fmt::format("{}_device", name).c_str(), run, device_timing(scenario, params),
                 options.dialects.device[static_cast<std::size_t>(side)], scenario.seed) {
        device.attach(0, kernel);
        for (std::uint16_t vf = 1; vf <= params.device.vfs; ++vf) {
            device.attach(vf, vm);
            ports.push_back(&port(name, vf, options));
        }
        driver = std::make_unique<HostDriver>(
            fmt::format("{}_driver", name).c_str(), run,
            host_timing(scenario, params, options.dialects), port(name, 0, options), ports,
            options.dialects.driver[static_cast<std::size_t>(side)]);
        const Ps interrupts = params.driver.msix.ps * static_cast<Ps>(msix_vectors(params.device));
        for (std::uint16_t vf = 0; vf < params.device.vfs; ++vf) {
            vfs.emplace_back(*driver, vf, interrupts);
        }
        auto number = static_cast<std::uint16_t>(params.device.vfs);
        for (const OpaqueTiming& timing : opaque_devices(scenario)) {
            others.push_back(std::make_unique<OpaqueDevice>(
                fmt::format("{}_device{}", name, number).c_str(), run, timing, number,
                side == VmmSide::Source, options.dialects.driver[static_cast<std::size_t>(side)],
                scenario.seed));
            ++number;
        }
    }

    /// What the VMM has open, in the order of its numbers.
    std::vector<VfioDevice*> devices() {
        std::vector<VfioDevice*> all;
        for (NvmeVf& vf : vfs) all.push_back(&vf);
        for (const auto& other : others) all.push_back(other.get());
        return all;
    }

    /// The function's port, behind a recorder if the run is recorded.
    DevicePort& port(const char* name, std::uint16_t function, const RunOptions& options) {
        DevicePort& inner = device.port(function);
        if (options.ports == nullptr) {
            return inner;
        }
        const std::string label =
            function == 0 ? fmt::format("{}.pf", name) : fmt::format("{}.vf{}", name, function - 1);
        recorders.push_back(std::make_unique<RecordPort>(inner, label, *options.ports));
        return *recorders.back();
    }
};

Simulation::Simulation(const Scenario& scenario, Workload& workload, const RunOptions& options)
    : scenario_(scenario),
      options_(effective(scenario, options)),
      workload_(workload),
      kernel_("kernel", options.stride),
      monitor_(options.sink),
      meter_(static_cast<std::uint16_t>(scenario.hosts.src.device.vfs),
             static_cast<std::uint16_t>(device_count(scenario)), options.sink) {
    install_report_handler();
    if (options.ports != nullptr) {
        options.ports->use_clock(kernel_);
    }
    source_ = std::make_unique<Host>("src", kernel_, scenario_, VmmSide::Source,
                                     scenario_.hosts.src, options_);
    destination_ = std::make_unique<Host>("dst", kernel_, scenario_, VmmSide::Destination,
                                          scenario_.hosts.dst, options_);
    build_guest(workload);
    build_vmms();
    watch();
    director_ =
        std::make_unique<Director>("director", kernel_, scenario_.run, *guest_, *source_->driver,
                                   *destination_->driver, *vmms_, meter_, options_.progress);
    director_->check_first([this] {
        const std::string untracked = choose_tracking(scenario_).refusal;
        return untracked.empty() ? check_namespaces() : untracked;
    });
    if (scenario_.media_copy.mode != MediaCopyMode::None) {
        build_media();
    }
    if (!scenario_.pins.empty()) {
        pin_effects();
    }
    if (scenario_.run.fidelity == Fidelity::Hybrid) {
        why_exact_ = why_exact(scenario_, workload_);
        if (why_exact_.empty()) {
            use_hybrid_time();
        }
    }
}

Simulation::~Simulation() = default;

void Simulation::build_guest(Workload& workload) {
    const DeviceParams& device = scenario_.hosts.src.device;
    const std::uint64_t first = driver_pages(scenario_, workload);
    PageWriter writer(writer_params(scenario_, first), Random(scenario_.seed, "guest.pages"));
    guest_ = std::make_unique<Guest>("guest", kernel_, guest_timing(scenario_), source_->vm,
                                     std::move(writer));
    for (DevicePort* port : source_->ports) {
        guest_->add_vf(*port, static_cast<std::uint16_t>(device.queue_pairs), device.queue_size,
                       device.mdts.count, completion_entries(device));
    }
    for (PlacedSource& placed : workload.sources) {
        guest_->add_source(placed.vf, *placed.source, placed.start.ps, placed.number);
    }
    guest_->lay_out();
    LMSIM_ASSERT(source_->vm.allocated_pages() <= first);
    // What the guest uses has content from the start; the rest are zero pages.
    for (std::uint64_t page = 0; page < pages_of(scenario_.vm.ram_used); ++page) {
        source_->vm.wrote_page(page);
    }
    destination_->vm.lay_out_like(source_->vm);
}

/// Behind the rest of the source, and only where somebody needs it: other runs are the same as
/// ever. Devices of other kinds write to the end of the memory with content.
DirtyTracking* Simulation::build_tracking() {
    std::vector<OpaqueDevice*> others;
    std::uint64_t end = pages_of(scenario_.vm.ram_used);
    for (const auto& other : source_->others) {
        end -= other->timing().dma_pages;
        other->attach(source_->vm, end);
        others.push_back(other.get());
    }
    const std::optional<DirtyTrackingTiming> timing = tracking_timing(scenario_);
    if (timing) {
        tracking_ = std::make_unique<DirtyTracking>("src_tracking", kernel_, *timing,
                                                    *source_->driver, others, source_->vm);
    }
    return tracking_.get();
}

void Simulation::build_vmms() {
    VmmHost from{source_->driver.get(), &source_->vm, source_->ports, source_->devices(), nullptr};
    const VmmHost to{destination_->driver.get(), &destination_->vm, destination_->ports,
                     destination_->devices(), nullptr};
    from.tracking = build_tracking();
    vmms_ =
        std::make_unique<VmmPair>("vmm", kernel_, vmm_timing(scenario_), make_channel(scenario_),
                                  vmm_config(scenario_), options_.dialects.vmm, *guest_, from, to);
}

/// Namespaces that are local move as well: before the VMMs begin, and beside them.
void Simulation::build_media() {
    const auto side = [this](Host& host, VmmSide which) {
        return MediaCopy::Side{host.driver.get(), &host.device,
                               options_.dialects.driver[static_cast<std::size_t>(which)]};
    };
    media_ = make_media_copy(kernel_, scenario_, workload_, side(*source_, VmmSide::Source),
                             side(*destination_, VmmSide::Destination), vmms_->channel());
    media_->set_observer(&meter_.user_data());
    media_->set_trace(options_.sink);
    media_->on_count([this] { return meter_.guest().completed(); });
    source_->driver->set_user_data_observer(media_.get());
    vmms_->set_media(media_.get());
    director_->set_first(
        [this](std::function<void()> go) {
            media_->start(std::move(go), [this](const std::string& why) {
                media_failure_ = why;
                director_->give_up();
            });
        },
        [this] { media_->stop(); });
}

/// Behind everything else: an exact run is the same as ever.
void Simulation::use_hybrid_time() {
    Hybrid::Parts parts;
    parts.guest = guest_.get();
    parts.vmms = vmms_.get();
    parts.meter = &meter_;
    parts.memory[0] = &source_->vm;
    parts.memory[1] = &destination_->vm;
    parts.device[0] = &source_->device;
    parts.device[1] = &destination_->device;
    parts.sink = options_.sink;
    hybrid_ = std::make_unique<Hybrid>("hybrid", kernel_, parts);
    director_->set_hybrid(hybrid_.get());
}

/// Behind everything else: a run without pins is the same as ever.
void Simulation::pin_effects() {
    pins_ = std::make_unique<Pins>("pins", kernel_,
                                   read_pins(scenario_.pins, scenario_.hosts.src.device.vfs));
    const auto connect = [this](Host& host, metrics::Side side) {
        HostDriver* const driver = host.driver.get();
        driver->set_pins(pins_.get(), side);
        host.device.set_pins(pins_.get(), side,
                             [driver](std::uint16_t cid) { return driver->command_of(cid); });
    };
    connect(*source_, metrics::Side::Source);
    connect(*destination_, metrics::Side::Destination);
    guest_->set_pins(pins_.get());
    vmms_->set_pins(pins_.get());
    director_->set_pins(pins_.get());
    wishes_ = std::make_unique<Wishes>(
        *pins_, *vmms_, std::array{source_->driver.get(), destination_->driver.get()},
        scenario_.hosts.src.device.vfs);
    wishes_->on_loss([this](VmmSide side, std::uint16_t vf) {
        if (meter_.downtime().owner() != side) {
            return;
        }
        guest_->give_up(vf);
        monitor_.tell(kernel_.now(), observe_queue(check::What::Abandoned, side_of(side), vf, 0,
                                                   check::every_cid));
    });
    pins_->on_wish([this](const std::string& wish) { return wishes_->grant(wish); });
}

void Simulation::watch() {
    guest_->set_observer(&meter_);
    meter_.on_vcpus_stop([this] { return guest_->outstanding() != 0; });
    vmms_->set_observer(&meter_);
    source_->device.set_observer(&meter_.device(VmmSide::Source));
    destination_->device.set_observer(&meter_.device(VmmSide::Destination));
    source_->driver->set_observer(&meter_.driver(VmmSide::Source));
    destination_->driver->set_observer(&meter_.driver(VmmSide::Destination));
    source_->driver->set_user_data_observer(&meter_.user_data());
    source_->driver->on_timed_out([this](std::uint16_t vf) { diagnose(*source_, vf); });
    destination_->driver->on_timed_out([this](std::uint16_t vf) { diagnose(*destination_, vf); });
    vmms_->set_trace(options_.sink);
    source_->device.set_trace(options_.sink, metrics::Side::Source);
    source_->driver->set_trace(options_.sink, metrics::Side::Source);
    destination_->device.set_trace(options_.sink, metrics::Side::Destination);
    destination_->driver->set_trace(options_.sink, metrics::Side::Destination);
    vmms_->set_step_log(options_.steps);
    source_->device.set_step_log(options_.steps, metrics::Side::Source);
    source_->driver->set_step_log(options_.steps, metrics::Side::Source);
    destination_->device.set_step_log(options_.steps, metrics::Side::Destination);
    destination_->driver->set_step_log(options_.steps, metrics::Side::Destination);
    for (const VmmSide side : {VmmSide::Source, VmmSide::Destination}) {
        const bool source = side == VmmSide::Source;
        const metrics::Side where = source ? metrics::Side::Source : metrics::Side::Destination;
        for (const auto& other : (source ? *source_ : *destination_).others) {
            other->set_observer(&meter_.opaque(side));
            other->set_trace(options_.sink, where);
            other->set_step_log(options_.steps, where);
        }
        meter_.watch_link(where, "up", device(side).up());
        meter_.watch_link(where, "down", device(side).down());
    }
    meter_.watch_link(metrics::Side::Network, "forward", vmms_->channel().forward);
    meter_.watch_link(metrics::Side::Network, "back", vmms_->channel().back);
    watch_invariants();
    meter_.on_state_loaded([this](std::uint16_t vf) { state_loaded(vf); });
    meter_.on_stream_loaded([this] {
        const std::uint64_t differ = source_->vm.differences(destination_->vm);
        page_mismatch_ += differ;
        monitor_.tell(kernel_.now(), observe(check::What::MemoryArrived, metrics::Side::Destination,
                                             check::no_vf, differ));
    });
}

/// The state of a VF is in the destination's controller, which would save the same one now.
void Simulation::state_loaded(std::uint16_t vf) {
    const std::vector<std::uint8_t> saved = source_->driver->state_bytes(vf);
    const auto function = static_cast<std::uint16_t>(vf + 1);
    // A device of another dialect would write the same state otherwise.
    const auto loaded = options_.dialects.same_devices()
                            ? destination_->device.snapshot(function, saved.size())
                            : saved;
    state_mismatch_ += loaded == saved ? 0 : 1;
    monitor_.tell(kernel_.now(), observe(check::What::StateLoaded, metrics::Side::Destination, vf,
                                         hash_bytes(loaded.data(), loaded.size())));
}

/// The monitor sees what both hosts and the guest do, from the guest's boot on the source.
void Simulation::watch_invariants() {
    monitor_.tell(0, observe(check::What::VmRuns, metrics::Side::Source));
    meter_.set_monitor(&monitor_);
    source_->device.set_monitor(&monitor_, metrics::Side::Source);
    source_->driver->set_monitor(&monitor_, metrics::Side::Source);
    destination_->device.set_monitor(&monitor_, metrics::Side::Destination);
    destination_->driver->set_monitor(&monitor_, metrics::Side::Destination);
}

/// The run is over. One that was cut short, or whose guest never came up, is nowhere near rest.
void Simulation::come_to_rest() {
    if (!director_->booted() || director_->timed_out() || kernel_.was_interrupted()) {
        return;
    }
    const auto tell = [this](Ps at, check::What what) {
        monitor_.tell(at, observe(what, metrics::Side::Source));
    };
    if (vmms_->finished()) {
        const host::vmm::Outcome outcome = vmms_->outcome();
        const bool completed = outcome == host::vmm::Outcome::Completed;
        tell(director_->migration_ended(),
             completed ? check::What::MigrationCompleted : check::What::MigrationAborted);
        if (outcome == host::vmm::Outcome::Aborted) {
            tell(director_->migration_ended(), check::What::VmEnds);
        }
    }
    if (pins_ == nullptr || !pins_->holding()) {
        tell(kernel_.now(), check::What::Rest);
    }
}

void Simulation::run() {
    sc_core::sc_start();
    if (director_->phase() != Director::Phase::Over) {
        meter_.close(kernel_.now());
    }
    come_to_rest();
    guest_->for_each_outstanding([this](Ps submitted) { meter_.unfinished(submitted); });
    meter_.tell_open();
    for (const VmmSide side : {VmmSide::Source, VmmSide::Destination}) {
        const Host& host = side == VmmSide::Source ? *source_ : *destination_;
        host.driver->for_each_outstanding(
            [this, side](Ps submitted, const wire::Sqe& sqe, std::int32_t vf) {
                meter_.tell_open(side, submitted, sqe, vf);
            });
    }
}

const NvmeDevice& Simulation::device(VmmSide side) const {
    return (side == VmmSide::Source ? *source_ : *destination_).device;
}

std::uint64_t Simulation::events() const { return kernel_.events(); }
Ps Simulation::now() const { return kernel_.now(); }

std::vector<std::vector<std::uint8_t>> Simulation::states() const {
    std::vector<std::vector<std::uint8_t>> states;
    for (std::uint16_t vf = 0; vf < source_->ports.size(); ++vf) {
        states.push_back(source_->driver->state_bytes(vf));
    }
    return states;
}

// --- Result -------------------------------------------------------------------------------------

namespace {

/// `more`: what I/O that was not simulated would have kept busy.
metrics::Utilization utilization(const NvmeDevice& device, const Ps* more,
                                 const DeviceParams& params, Ps time) {
    metrics::Utilization use;
    use.link_up_ppm = metrics::share_ppm(device.up_busy() + more[0], time);
    use.link_down_ppm = metrics::share_ppm(device.down_busy() + more[1], time);
    use.media_ppm =
        metrics::share_ppm((device.media_busy() + more[2]) / media_servers(params.media), time);
    use.admin_queue_ppm = metrics::share_ppm(device.admin_busy() / params.admin.parallel, time);
    return use;
}

}  // namespace

void Simulation::describe_workload(metrics::Result& result) const {
    for (const fio::Description& file : workload_.descriptions) {
        result.workload.source += (result.workload.source.empty() ? "" : "; ") + file.source;
        for (const auto& job : file.jobs) {
            std::string line = job.name + ":";
            for (const auto& [key, value] : job.values) {
                line += fmt::format(" {}={}", key, value);
            }
            result.workload.lines.push_back(line);
        }
        for (const auto& ignored : file.ignored) {
            result.ignored.push_back({ignored.key, ignored.value, ignored.where});
        }
        result.workload.notes.insert(result.workload.notes.end(), file.notes.begin(),
                                     file.notes.end());
    }
    if (workload_.descriptions.empty()) {
        result.workload.source = "none";
    }
}

/// A command for the VF has timed out: is its controller held up by a completion queue?
void Simulation::diagnose(const Host& host, std::uint16_t vf) {
    const nvme::SuspendWait wait = host.device.suspend_wait(static_cast<std::uint16_t>(vf + 1));
    if (wait.held != 0 && diagnosis_.empty()) {
        diagnosis_ = fmt::format(
            " (VF {} cannot come to rest: its completion queue {} is full, {} completion{} wait{} "
            "for room, and the vCPUs that would make some stand still)",
            vf, wait.full_cq, wait.held, wait.held == 1 ? "" : "s", wait.held == 1 ? "s" : "");
    }
}

/// Why a VF's namespaces are not the ones that it would find on the destination.
std::string Simulation::check_namespaces() const {
    if (media_ != nullptr) {
        return {};  // the destination's are made
    }
    for (std::uint16_t vf = 0; vf < source_->ports.size(); ++vf) {
        const std::string what = source_->driver->namespace_mismatch(vf, *destination_->driver);
        if (!what.empty()) {
            return fmt::format("VF {} does not find its data there: {}", vf, what);
        }
    }
    return {};
}

std::string Simulation::failure_text() const {
    const auto& failure = meter_.failure();
    if (!failure) {
        return "the VMM gave the migration up";
    }
    const bool device = failure->device != host::vmm::no_device;
    return fmt::format("{} on the {}{} failed with {}", host::vmm::to_string(failure->call),
                       failure->side == VmmSide::Source ? "source" : "destination",
                       device ? fmt::format(", {},", device_name(scenario_, failure->device)) : "",
                       vfio::to_string(static_cast<vfio::Errno>(failure->error))) +
           diagnosis_;
}

/// The time limit passed, or the user ended the run.
void Simulation::unfinished_outcome(metrics::Result& result) const {
    const char* end = result.partial ? "the interruption" : "run.time_limit";
    result.outcome = Outcome::NotConverged;
    if (director_->migration_began() == 0) {
        result.outcome = Outcome::Failed;
        result.reason = fmt::format("{} came before the migration began", end);
    } else if (meter_.downtime().blackout().begun()) {
        result.reason = fmt::format("{} came in the middle of the switchover", end);
    } else if (meter_.rounds().size() < 2) {
        result.reason = fmt::format("{} came in the first pass over the guest's memory", end);
    } else if (result.partial) {
        result.reason = fmt::format("{} came in round {} of pre-copy", end, meter_.rounds().size());
    } else {
        result.reason = fmt::format(
            "after {} rounds {} MiB were still dirty: more than the downtime limit allows at the "
            "rate of the channel, so the VMM kept on copying until {}",
            meter_.rounds().size(), meter_.rounds().back().dirty_bytes >> 20, end);
    }
}

/// QEMU starts the VM on the destination although a device failed to: it resets that one, and the
/// guest's commands there are lost.
void Simulation::completed_outcome(metrics::Result& result) const {
    result.outcome = Outcome::Completed;
    result.reason = "the VM runs on the destination";
    if (meter_.failure()) {
        result.reason += ", although " + failure_text();
    }
    if (const auto idle = meter_.downtime().idle()) {
        result.reason += fmt::format(", but {} does not work there: {}",
                                     device_name(scenario_, idle->vf), idle->why);
    }
    if (meter_.failed_ios() != 0) {
        result.reason += fmt::format("; {} I/Os of the guest ended in errors", meter_.failed_ios());
    }
}

void Simulation::fill_outcome(metrics::Result& result) const {
    result.partial = kernel_.was_interrupted();
    if (!director_->booted()) {
        result.outcome = Outcome::Failed;
        result.reason = "a driver could not bring up its controller: the migration never began";
        if (result.partial) {
            result.reason = "interrupted before the migration began";
        }
        return;
    }
    if (!media_failure_.empty()) {
        result.outcome = media_->gave_up() ? Outcome::NotConverged : Outcome::Failed;
        result.reason = media_failure_;
        return;
    }
    if (!director_->refusal().empty()) {
        result.outcome = Outcome::Failed;
        result.reason = "the migration did not begin: " + director_->refusal();
        return;
    }
    if (!scenario_.run.migrate && !director_->timed_out()) {
        result.outcome = Outcome::Completed;
        result.reason = "the VM stayed where it was, as the scenario says";
        return;
    }
    if (director_->timed_out() || !vmms_->finished()) {
        unfinished_outcome(result);
        return;
    }
    switch (vmms_->outcome()) {
        case host::vmm::Outcome::Completed: completed_outcome(result); break;
        case host::vmm::Outcome::Aborted:
            result.outcome = Outcome::Failed;
            result.reason = failure_text() + "; QEMU ended itself, and the VM with it";
            break;
        case host::vmm::Outcome::Cancelled:
            result.outcome = Outcome::Cancelled;
            result.reason = "cancelled; the VM runs on the source";
            break;
        default:
            result.outcome = Outcome::Failed;
            result.reason = failure_text() + "; the VM runs on the source";
            break;
    }
}

void Simulation::fill_logs(metrics::Result& result) const {
    const HostDriver& driver = *source_->driver;
    if (const UserDataLog* log = driver.user_data_log()) {
        const UserDataLogUse& use = log->used();
        result.cdq = {use.entries,     use.ranges,       use.blocks,
                      use.deallocated, use.whole,        use.tail_events,
                      use.full_events, use.head_updates, use.lost};
    }
    if (const MemoryTracker* tracker = driver.memory_tracker()) {
        const MemoryTrackUse& use = tracker->used();
        result.tracking = {use.reports, use.commands, use.ranges, use.pages, use.failed};
    }
    if (scenario_.vmm.tracking.by != TrackBy::Known || tracking_) {
        const TrackingChoice choice = choose_tracking(scenario_);
        const DirtyTrackingUse use = tracking_ ? tracking_->used() : DirtyTrackingUse{};
        result.dirty_tracking = {choice.by,    choice.why, use.reports,
                                 use.granules, use.pages,  use.time};
    }
    result.source_admin = {driver.admin_commands(), driver.admin_waited()};
    result.destination_admin = {destination_->driver->admin_commands(),
                                destination_->driver->admin_waited()};
    result.host =
        host_result(scenario_, options_.dialects, *source_->driver, *destination_->driver);
}

void Simulation::fill_fidelity(metrics::Result& result) const {
    result.hybrid.note = why_exact_;
    const IoBusy none{};
    const IoBusy& more = hybrid_ != nullptr ? hybrid_->busy() : none;
    result.source =
        utilization(source_->device, more.data(), scenario_.hosts.src.device, kernel_.now());
    result.destination = utilization(destination_->device, more.data() + more.size() / 2,
                                     scenario_.hosts.dst.device, kernel_.now());
    if (hybrid_ != nullptr) {
        result.fidelity = Fidelity::Hybrid;
        result.error_bound = hybrid_error_bound;
        result.hybrid = hybrid_->used();
        result.total_time -= result.hybrid.held;
    }
}

/// Devices of other kinds; a state that is not the one that was saved counts as one.
void Simulation::fill_devices(metrics::Result& result) const {
    for (std::size_t i = 0; i < source_->others.size(); ++i) {
        const OpaqueDevice& from = *source_->others[i];
        const OpaqueDevice& to = *destination_->others[i];
        const auto number = static_cast<metrics::Device>(source_->vfs.size() + i);
        const OpaqueUse& saved = from.used();
        const OpaqueUse& loaded = to.used();
        result.devices.push_back({number, from.timing().name, saved.precopy_bytes, saved.stop_bytes,
                                  loaded.loaded_bytes, saved.commands, loaded.commands,
                                  loaded.allocating});
        const bool differs = to.loaded() && to.loaded_hash() != from.saved_hash();
        result.conservation.state_mismatch += differs ? 1 : 0;
    }
}

metrics::Result Simulation::result() const {
    metrics::Result result;
    result.version = version;
    result.scenario = scenario_.name;
    result.seed = scenario_.seed;
    result.trace_hash = kernel_.trace_hash();
    fill_outcome(result);
    const metrics::Blackout& blackout = meter_.downtime().blackout();
    if (blackout.begun()) {
        result.downtime = {blackout.total(), blackout.parts(), blackout.busy(), blackout.begin_at(),
                           blackout.ended()};
    }
    result.vmm.name = vmm_name(scenario_.vmm.engine);
    result.vmm.downtime_limit = scenario_.vmm.downtime_limit.ps;
    result.vmm.downtime_ms = meter_.vmm_downtime_ms();
    if (scenario_.vmm.return_path) {
        result.vmm.downtime_return_path_ms = meter_.vmm_downtime_return_path_ms();
    }
    if (!meter_.rounds().empty()) {
        const Ps setup = meter_.rounds().front().at - director_->migration_began();
        result.vmm.setup_ms = static_cast<std::uint64_t>(setup) / 1'000'000'000;
    }
    const Ps end = director_->migration_ended() != 0 ? director_->migration_ended() : kernel_.now();
    result.total_time = director_->migration_began() != 0 ? end - director_->migration_began() : 0;
    result.guest = meter_.guest().result();
    result.bring_up = {director_->source_ready(), director_->destination_ready(),
                       director_->guest_ready_at()};
    const ChannelUse& used = vmms_->used();
    result.bytes = {used.ram, used.zero_pages, used.device_state, used.other};
    result.rounds = meter_.rounds();
    if (blackout.begun()) {
        result.vfs = meter_.vfs().times(blackout.begin_at());
    }
    const metrics::GuestMeter& guest = meter_.guest();
    result.commands = {guest.submitted(), guest.completed(), guest.under_way(), meter_.duplicated(),
                       meter_.failed_ios()};
    if (result.partial || director_->timed_out()) {
        result.commands.lost = 0;  // what was under way when the run ended is not lost
    }
    for (const Breach& breach : monitor_.breaches()) {
        result.breaches.push_back({std::string(breach.invariant->id),
                                   std::string(breach.invariant->text),
                                   check::describe(breach.seen), breach.at, breach.times});
    }
    if (pins_ != nullptr) {
        for (const PinOutcome& pin : pins_->outcomes()) {
            result.pins.push_back({pin.pin.effect.text(), pin.pin.after.text(), pin.reached, pin.at,
                                   pin.held, pin.text});
        }
    }
    result.conservation = {meter_.suspended_activity(), state_mismatch_, page_mismatch_};
    describe_workload(result);
    fill_logs(result);
    fill_devices(result);
    fill_fidelity(result);
    if (media_ != nullptr) {
        fill_media(scenario_, workload_, *media_, *source_->driver, result);
    }
    result.littles_law = guest.littles_law();
    return result;
}

}  // namespace lmsim::sim
