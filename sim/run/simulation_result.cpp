#include <fmt/format.h>

#include "model/check/describe.hpp"
#include "sim/core/version.hpp"
#include "sim/fluid/hybrid.hpp"
#include "sim/run/architecture.hpp"
#include "sim/run/convert.hpp"
#include "sim/run/director.hpp"
#include "sim/run/host_side.hpp"
#include "sim/run/media_run.hpp"
#include "sim/run/opaque_devices.hpp"
#include "sim/run/simulation.hpp"
#include "sim/run/tracking.hpp"
#include "sim/run/vms_result.hpp"

// What a run has to say.

namespace lmsim::sim {

namespace {

/// `more`: what I/O that was not simulated would have kept busy. Nobody knows it of a device
/// outside this process.
metrics::Utilization utilization(const NvmeDevice* model, const Ps* more,
                                 const DeviceParams& params, Ps time) {
    metrics::Utilization use;
    if (model == nullptr) {
        return use;
    }
    const NvmeDevice& device = *model;
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

std::string Simulation::failure_text(const Vm& vm) const {
    const auto& failure = vm.meter.failure();
    if (!failure) {
        return "the VMM gave the migration up";
    }
    const bool device = failure->device != host::vmm::no_device;
    return fmt::format("{} on the {}{} failed with {}", host::vmm::to_string(failure->call),
                       failure->side == VmmSide::Source ? "source" : "destination",
                       device ? fmt::format(", {},", device_name(scenario_, failure->device)) : "",
                       vfio::to_string(static_cast<vfio::Errno>(failure->error))) +
           vm.diagnosis;
}

/// The time limit passed, or the user ended the run.
void Simulation::unfinished_outcome(const Vm& vm, metrics::Result& result) const {
    const RunMeter& meter = vm.meter;
    const char* end = result.partial ? "the interruption" : "run.time_limit";
    result.outcome = Outcome::NotConverged;
    if (vm.began == 0) {
        const bool waited = director_->migration_began() != 0;  // for other VMs
        result.outcome = waited ? Outcome::NotConverged : Outcome::Failed;
        result.reason = fmt::format("{} came before {}", end,
                                    waited ? "it was the VM's turn" : "the migration began");
    } else if (meter.downtime().blackout().begun()) {
        result.reason = fmt::format("{} came in the middle of the switchover", end);
    } else if (meter.rounds().size() < 2) {
        result.reason = fmt::format("{} came in the first pass over the guest's memory", end);
    } else if (result.partial) {
        result.reason = fmt::format("{} came in round {} of pre-copy", end, meter.rounds().size());
    } else {
        result.reason = fmt::format(
            "after {} rounds {} MiB were still dirty: more than the downtime limit allows at the "
            "rate of the channel, so the VMM kept on copying until {}",
            meter.rounds().size(), meter.rounds().back().dirty_bytes >> 20, end);
    }
}

/// QEMU starts the VM on the destination although a device failed to: it resets that one, and the
/// guest's commands there are lost.
void Simulation::completed_outcome(const Vm& vm, metrics::Result& result) const {
    const RunMeter& meter = vm.meter;
    result.outcome = Outcome::Completed;
    result.reason = "the VM runs on the destination";
    if (meter.failure()) {
        result.reason += ", although " + failure_text(vm);
    }
    if (const auto idle = meter.downtime().idle()) {
        result.reason += fmt::format(", but {} does not work there: {}",
                                     device_name(scenario_, idle->vf), idle->why);
    }
    if (meter.failed_ios() != 0) {
        result.reason += fmt::format("; {} I/Os of the guest ended in errors", meter.failed_ios());
    }
}

void Simulation::fill_outcome(const Vm& vm, metrics::Result& result) const {
    result.partial = kernel_.was_interrupted() || !trouble_.empty();
    if (!trouble_.empty()) {
        result.outcome = Outcome::Failed;
        result.reason = trouble_;
        return;
    }
    if (!director_->booted()) {
        result.outcome = Outcome::Failed;
        result.reason = "a driver could not bring up its controller: the migration never began";
        const std::string why = boot_trouble();
        result.reason += why.empty() ? "" : " (" + why + ")";
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
    if (!vm.moved()) {
        unfinished_outcome(vm, result);
        return;
    }
    switch (vm.vmms->outcome()) {
        case host::vmm::Outcome::Completed: completed_outcome(vm, result); break;
        case host::vmm::Outcome::Aborted:
            result.outcome = Outcome::Failed;
            result.reason = failure_text(vm) + "; the VMM ended itself, and the VM with it";
            break;
        case host::vmm::Outcome::Cancelled:
            result.outcome = Outcome::Cancelled;
            result.reason = "cancelled; the VM runs on the source";
            break;
        default:
            result.outcome = Outcome::Failed;
            result.reason = failure_text(vm) + "; the VM runs on the source";
            break;
    }
}

void Simulation::fill_tracking(const Vm& vm, metrics::Result& result) const {
    if (const MemoryTracker* tracker = source_->driver->memory_tracker(vm.number)) {
        const MemoryTrackUse& use = tracker->used();
        result.tracking = {use.reports, use.commands, use.ranges, use.pages, use.failed};
    }
    if (scenario_.vmm.tracking.by != TrackBy::Known || vm.tracking) {
        const TrackingChoice choice = choose_tracking(scenario_);
        const DirtyTrackingUse use = vm.tracking ? vm.tracking->used() : DirtyTrackingUse{};
        result.dirty_tracking = {choice.by,    choice.why, use.reports,
                                 use.granules, use.pages,  use.time};
    }
}

void Simulation::fill_hosts(metrics::Result& result) const {
    const HostDriver& driver = *source_->driver;
    if (const UserDataLog* log = driver.user_data_log()) {
        const UserDataLogUse& use = log->used();
        result.cdq = {use.entries,     use.ranges,       use.blocks,
                      use.deallocated, use.whole,        use.tail_events,
                      use.full_events, use.head_updates, use.lost};
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
        utilization(source_->device.get(), more.data(), scenario_.hosts.src.device, kernel_.now());
    result.destination = utilization(destination_->device.get(), more.data() + more.size() / 2,
                                     scenario_.hosts.dst.device, kernel_.now());
    if (hybrid_ != nullptr) {
        result.fidelity = Fidelity::Hybrid;
        result.error_bound = hybrid_error_bound;
        result.hybrid = hybrid_->used();
        result.total_time -= result.hybrid.held;
    }
}

/// Devices of other kinds; a state that is not the one that was saved counts as one.
void Simulation::fill_devices(const Vm& vm, metrics::Result& result) const {
    const Vm::Side& source = vm.at(VmmSide::Source);
    for (std::size_t i = 0; i < source.others.size(); ++i) {
        const OpaqueDevice& from = *source.others[i];
        const OpaqueDevice& to = *vm.at(VmmSide::Destination).others[i];
        const auto number = static_cast<metrics::Device>(source.vfs.size() + i);
        const OpaqueUse& saved = from.used();
        const OpaqueUse& loaded = to.used();
        result.devices.push_back({number, from.timing().name, saved.precopy_bytes, saved.stop_bytes,
                                  loaded.loaded_bytes, saved.commands, loaded.commands,
                                  loaded.allocating});
        const bool differs = to.loaded() && to.loaded_hash() != from.saved_hash();
        result.conservation.state_mismatch += differs ? 1 : 0;
    }
}

metrics::Result Simulation::one_vm(const Vm& vm) const {
    const RunMeter& meter = vm.meter;
    metrics::Result result;
    fill_outcome(vm, result);
    const metrics::Blackout& blackout = meter.downtime().blackout();
    if (blackout.begun()) {
        result.downtime = {blackout.total(), blackout.parts(), blackout.busy(), blackout.begin_at(),
                           blackout.ended()};
        result.vfs = meter.vfs().times(blackout.begin_at());
    }
    result.vmm.name = vmm_name(scenario_.vmm.engine);
    result.vmm.downtime_limit = scenario_.vmm.downtime_limit.ps;
    result.vmm.downtime_ms = meter.vmm_downtime_ms();
    if (scenario_.vmm.return_path) {
        result.vmm.downtime_return_path_ms = meter.vmm_downtime_return_path_ms();
    }
    if (!meter.rounds().empty()) {
        const Ps setup = meter.rounds().front().at - vm.began;
        result.vmm.setup_ms = static_cast<std::uint64_t>(setup) / 1'000'000'000;
    }
    const Ps end = vm.ended != 0 ? vm.ended : kernel_.now();
    result.total_time = vm.began != 0 ? end - vm.began : 0;
    result.guest = meter.guest().result();
    const ChannelUse& used = vm.vmms->used();
    result.bytes = {used.ram, used.zero_pages, used.device_state, used.other};
    result.rounds = meter.rounds();
    const metrics::GuestMeter& guest = meter.guest();
    result.commands = {guest.submitted(), guest.completed(), guest.under_way(), meter.duplicated(),
                       meter.failed_ios()};
    const bool gone =
        vm.vmms->crashed(vm.vmms->owner()) ||
        (faults_ != nullptr && result.reason.find("ended itself") != std::string::npos);
    if (result.partial || director_->timed_out() || gone) {
        result.commands.lost = 0;  // what was under way when the run, or the VM, ended is not lost
    }
    for (const Breach& breach : vm.monitor.breaches()) {
        result.breaches.push_back({std::string(breach.invariant->id),
                                   std::string(breach.invariant->text),
                                   check::describe(breach.seen), breach.at, breach.times});
    }
    result.conservation = {meter.suspended_activity(), vm.state_mismatch, vm.page_mismatch};
    fill_tracking(vm, result);
    fill_devices(vm, result);
    result.littles_law = guest.littles_law();
    return result;
}

/// What is the run's, and its hosts'.
void Simulation::fill_run(metrics::Result& result) const {
    result.version = version;
    result.scenario = scenario_.name;
    result.seed = scenario_.seed;
    result.trace_hash = kernel_.trace_hash();
    result.time_base = wall() ? metrics::TimeBase::Wall : metrics::TimeBase::Simulated;
    result.bring_up = {director_->source_ready(), director_->destination_ready(),
                       director_->guest_ready_at()};
    if (pins_ != nullptr) {
        for (const PinOutcome& pin : pins_->outcomes()) {
            result.pins.push_back({pin.pin.effect.text(), pin.pin.after.text(), pin.reached, pin.at,
                                   pin.held, pin.text});
        }
    }
    describe_workload(result);
    fill_hosts(result);
    fill_fidelity(result);
    if (media_ != nullptr) {
        fill_media(scenario_, workload_, *media_, *source_->driver, result);
    }
}

metrics::Result Simulation::result() const {
    std::vector<metrics::Result> each;
    for (const auto& vm : vms_) {
        each.push_back(one_vm(*vm));
    }
    metrics::Result result =
        vms_.size() == 1 ? each.front() : together(vms_, each, scenario_.vms.at_once);
    fill_run(result);
    fill_faults(result);
    return result;
}

}  // namespace lmsim::sim
