#include "sim/run/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/pack.hpp"
#include "sim/core/reports.hpp"
#include "sim/fluid/hybrid.hpp"
#include "sim/run/convert.hpp"
#include "sim/run/director.hpp"
#include "sim/run/host_side.hpp"
#include "sim/run/media_run.hpp"
#include "sim/run/tracking.hpp"
#include "sim/run/vm_router.hpp"
#include "sim/run/wishes.hpp"

namespace lmsim::sim {

namespace {

metrics::Side metrics_side(VmmSide side) {
    return side == VmmSide::Source ? metrics::Side::Source : metrics::Side::Destination;
}

/// VFs of each VM, at least 1.
std::uint16_t vfs_each(const Scenario& scenario) {
    return static_cast<std::uint16_t>(std::max(1U, scenario.hosts.src.device.vfs));
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

Simulation::Simulation(const Scenario& scenario, Workload& workload, const RunOptions& options)
    : scenario_(with_faults(scenario)),
      options_(effective(scenario, options)),
      workload_(workload),
      kernel_("kernel", options.stride, options.alone) {
    install_report_handler();
    if (scenario_.run.fidelity == Fidelity::Hybrid && (options.media[0] || options.media[1])) {
        why_exact_ = "the media are a program's own, of which no rates are known";
        scenario_.run.fidelity = Fidelity::Exact;
    }
    if (options.ports != nullptr) {
        options.ports->use_clock(kernel_);
    }
    for (std::uint16_t number = 0; number < scenario_.vms.count; ++number) {
        const std::array given{options_.backends[0].vm_memory, options_.backends[1].vm_memory};
        vms_.push_back(std::make_unique<Vm>(number, scenario_, options_.sink, given));
    }
    source_ =
        std::make_unique<HostSide>("src", kernel_, scenario_, VmmSide::Source, options_, vms_);
    destination_ =
        std::make_unique<HostSide>("dst", kernel_, scenario_, VmmSide::Destination, options_, vms_);
    std::vector<Vm*> directed;
    Network* const network = vms_.size() > 1 ? &network_ : nullptr;
    const std::array drivers{source_->driver.get(), destination_->driver.get()};
    for (const auto& vm : vms_) {
        vm->build_guest(kernel_, scenario_, workload_);
        vm->build_vmms(kernel_, scenario_, options_.dialects, drivers, network);
        directed.push_back(vm.get());
    }
    watch();
    director_ = std::make_unique<Director>("director", kernel_, scenario_.run, directed,
                                           scenario_.vms.at_once, *source_->driver,
                                           *destination_->driver, options_.progress);
    director_->check_first([this] {
        std::string refusal = choose_tracking(scenario_).refusal;
        refusal = refusal.empty() ? source_->driver->cannot_migrate() : refusal;
        refusal = refusal.empty() ? destination_->driver->cannot_migrate() : refusal;
        return refusal.empty() ? check_namespaces() : refusal;
    });
    if (scenario_.media_copy.mode != MediaCopyMode::None) {
        build_media();
    }
    if (!scenario_.faults.empty() && !wall()) {
        arm_faults();
    }
    if (!scenario_.pins.empty() || (faults_ != nullptr && faults_->wants_effects())) {
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

HostSide& Simulation::host(VmmSide side) const {
    return side == VmmSide::Source ? *source_ : *destination_;
}

Vm& Simulation::vm_of(std::uint16_t host_vf) const { return *vms_[host_vf / vfs_each(scenario_)]; }

/// Namespaces that are local move as well: before the VMMs begin, and beside them. Of one VM.
void Simulation::build_media() {
    Vm& vm = *vms_.front();
    const auto side = [this](VmmSide which) {
        return MediaCopy::Side{host(which).driver.get(), host(which).device.get(),
                               options_.dialects.driver[static_cast<std::size_t>(which)]};
    };
    media_ = make_media_copy(kernel_, scenario_, workload_, side(VmmSide::Source),
                             side(VmmSide::Destination), vm.vmms->channel());
    media_->set_observer(&vm.meter.user_data());
    media_->set_trace(options_.sink);
    media_->on_count([&vm] { return vm.meter.guest().completed(); });
    source_->driver->set_user_data_observer(media_.get());
    vm.vmms->set_media(media_.get());
    director_->set_first(
        [this](std::function<void()> go) {
            media_->start(std::move(go), [this](const std::string& why) {
                media_failure_ = why;
                director_->give_up();
            });
        },
        [this] { media_->stop(); });
}

/// Behind everything else: an exact run is the same as ever. Of one VM.
void Simulation::use_hybrid_time() {
    Vm& vm = *vms_.front();
    Hybrid::Parts parts;
    parts.guest = vm.guest.get();
    parts.vmms = vm.vmms.get();
    parts.meter = &vm.meter;
    parts.memory[0] = &vm.at(VmmSide::Source).memory;
    parts.memory[1] = &vm.at(VmmSide::Destination).memory;
    parts.device[0] = source_->device.get();
    parts.device[1] = destination_->device.get();
    parts.sink = options_.sink;
    hybrid_ = std::make_unique<Hybrid>("hybrid", kernel_, parts);
    director_->set_hybrid(hybrid_.get());
}

/// Behind everything else: a run without pins is the same as ever. Pins name VFs as hosts do, and
/// the first VM's guest and VMMs.
void Simulation::pin_effects() {
    const std::uint32_t vfs = all_vfs(scenario_, scenario_.hosts.src.device);
    pins_ = std::make_unique<Pins>("pins", kernel_, read_pins(scenario_.pins, vfs));
    const auto connect = [this](HostSide& host, metrics::Side side) {
        HostDriver* const driver = host.driver.get();
        driver->set_pins(pins_.get(), side);
        host.device->set_pins(pins_.get(), side,
                              [driver](std::uint16_t cid) { return driver->command_of(cid); });
    };
    connect(*source_, metrics::Side::Source);
    connect(*destination_, metrics::Side::Destination);
    Vm& first = *vms_.front();
    first.guest->set_pins(pins_.get());
    first.vmms->set_pins(pins_.get());
    director_->set_pins(pins_.get());
    if (faults_ != nullptr) {
        pins_->on_effect([this](const Occurrence& effect) { faults_->happened(effect); });
    }
    wishes_ = std::make_unique<Wishes>(
        *pins_, *first.vmms, std::array{source_->driver.get(), destination_->driver.get()}, vfs);
    wishes_->on_loss([this](VmmSide side, std::uint16_t host_vf) {
        Vm& vm = vm_of(host_vf);
        if (vm.meter.downtime().owner() != side) {
            return;
        }
        const auto vf = static_cast<std::uint16_t>(host_vf - vm.first_vf);
        vm.guest->give_up(vf);
        vm.monitor.tell(kernel_.now(), observe_queue(check::What::Abandoned, metrics_side(side), vf,
                                                     0, check::every_cid));
    });
    pins_->on_wish([this](const std::string& wish) { return wishes_->grant(wish); });
}

void Simulation::watch() {
    for (const auto& vm : vms_) {
        vm->watch(kernel_, options_);
        vm->meter.on_state_loaded([this, &vm = *vm](std::uint16_t vf) { state_loaded(vm, vf); });
    }
    watch_hosts();
}

/// One VM's meter and monitor hear all that the hosts do; several hear each what is about them.
void Simulation::watch_hosts() {
    Vm& first = *vms_.front();
    RunMonitor* monitor = &first.monitor;
    std::vector<RunMeter*> meters;
    std::vector<RunMonitor*> monitors;
    for (const auto& vm : vms_) {
        meters.push_back(&vm->meter);
        monitors.push_back(&vm->monitor);
    }
    const bool several = vms_.size() > 1;
    if (several) {
        monitors_ = std::make_unique<RunMonitor>(monitors, vfs_each(scenario_));
        monitor = monitors_.get();
    }
    source_->driver->set_user_data_observer(&first.meter.user_data());
    for (const VmmSide side : {VmmSide::Source, VmmSide::Destination}) {
        HostSide& here = host(side);
        if (several) {
            routers_.push_back(
                std::make_unique<VmRouter>(side, meters, vfs_each(scenario_), *here.driver));
            here.device->set_observer(routers_.back().get());
            here.driver->set_observer(routers_.back().get());
        } else if (here.device) {
            here.device->set_observer(&first.meter.device(side));
            here.driver->set_observer(&first.meter.driver(side));
        }
        here.driver->on_timed_out([this, &here](std::uint16_t vf) { diagnose(here, vf); });
        here.driver->set_trace(options_.sink, metrics_side(side));
        here.driver->set_step_log(options_.steps, metrics_side(side));
        here.driver->set_monitor(monitor, metrics_side(side));
        if (here.device) {
            here.device->set_trace(options_.sink, metrics_side(side));
            here.device->set_step_log(options_.steps, metrics_side(side));
            here.device->set_monitor(monitor, metrics_side(side));
            here.device->ask_of_resets([&driver = *here.driver](std::uint16_t vf, bool of_pf) {
                return driver.is_struck(vf, of_pf);
            });
            first.meter.watch_link(metrics_side(side), "up", here.device->up());
            first.meter.watch_link(metrics_side(side), "down", here.device->down());
        }
    }
    if (wall()) {
        watch_rigs();
    }
    const Channel& channel = first.vmms->channel();
    first.meter.watch_link(metrics::Side::Network, "forward",
                           several ? network_.forward : channel.forward);
    first.meter.watch_link(metrics::Side::Network, "back", several ? network_.back : channel.back);
}

/// The state of a VF is in the destination's controller, which would save the same one now.
void Simulation::state_loaded(Vm& vm, std::uint16_t vf) {
    const std::uint16_t number = vm.on_host(vf);
    const SparseBytes saved = source_->driver->state_bytes(number);
    const auto function = static_cast<std::uint16_t>(number + 1);
    // A device of another dialect would write the same state otherwise; one outside this process
    // would have to be asked.
    const bool known = destination_->device && options_.dialects.same_devices();
    const auto& held = destination_->device->subsystem().controller[function];
    if (faults_ != nullptr && known &&
        held.migration != static_cast<std::uint8_t>(nvme::Migration::Suspended)) {
        return;  // a reset has taken it since, which whoever starts it will find out
    }
    const auto loaded = known ? destination_->device->state_of(function, saved.size()) : saved;
    vm.state_mismatch += loaded == saved ? 0 : 1;
    vm.monitor.tell(kernel_.now(), observe(check::What::StateLoaded, metrics::Side::Destination, vf,
                                           loaded.hash()));
}

/// The run is over. One that was cut short, or whose guest never came up, is nowhere near rest.
void Simulation::come_to_rest() {
    if (!director_->booted() || director_->timed_out() || kernel_.was_interrupted() ||
        !trouble_.empty()) {
        return;
    }
    for (const auto& vm : vms_) {
        const auto tell = [&vm](Ps at, check::What what) {
            vm->monitor.tell(at, observe(what, metrics::Side::Source));
        };
        if (vm->vmms->finished()) {
            const host::vmm::Outcome outcome = vm->vmms->outcome();
            const bool completed = outcome == host::vmm::Outcome::Completed;
            tell(vm->ended,
                 completed ? check::What::MigrationCompleted : check::What::MigrationAborted);
            if (outcome == host::vmm::Outcome::Aborted) {
                tell(vm->ended, check::What::VmEnds);
            }
        }
        if (pins_ == nullptr || !pins_->holding()) {
            tell(kernel_.now(), check::What::Rest);
        }
    }
}

void Simulation::run() {
    if (wall()) {
        run_on_wall_time();
    } else if (options_.alone) {
        kernel_.run_until(ps_never);
    } else {
        sc_core::sc_start();
    }
    if (director_->phase() != Director::Phase::Over) {
        for (const auto& vm : vms_) {
            vm->meter.close(kernel_.now());
        }
    }
    come_to_rest();
    for (const auto& vm : vms_) {
        RunMeter& meter = vm->meter;
        vm->guest->for_each_outstanding([&meter](Ps submitted) { meter.unfinished(submitted); });
        meter.tell_open();
    }
    for (const VmmSide side : {VmmSide::Source, VmmSide::Destination}) {
        host(side).driver->for_each_outstanding(
            [this, side](Ps submitted, const wire::Sqe& sqe, std::int32_t host_vf) {
                Vm& vm = host_vf < 0 ? *vms_.front() : vm_of(static_cast<std::uint16_t>(host_vf));
                const std::int32_t vf = host_vf < 0 ? host_vf : host_vf - vm.first_vf;
                vm.meter.tell_open(side, submitted, sqe, vf);
            });
    }
}

/// A command for the VF has timed out: is its controller held up by a completion queue?
void Simulation::diagnose(const HostSide& host, std::uint16_t host_vf) {
    if (!host.device) {
        return;  // nobody can look into it
    }
    const nvme::SuspendWait wait =
        host.device->suspend_wait(static_cast<std::uint16_t>(host_vf + 1));
    Vm& vm = vm_of(host_vf);
    if (wait.held != 0 && vm.diagnosis.empty()) {
        vm.diagnosis = fmt::format(
            " (VF {} cannot come to rest: its completion queue {} is full, {} completion{} wait{} "
            "for room, and the vCPUs that would make some stand still)",
            host_vf - vm.first_vf, wait.full_cq, wait.held, wait.held == 1 ? "" : "s",
            wait.held == 1 ? "s" : "");
    }
}

/// Why a VF's namespaces are not the ones that it would find on the destination.
std::string Simulation::check_namespaces() const {
    if (media_ != nullptr) {
        return {};  // the destination's are made
    }
    if (wall() && destination_->device) {
        return {};  // the model stands for a device that shares them
    }
    for (std::uint16_t vf = 0; vf < source_->ports.size(); ++vf) {
        const std::string what = source_->driver->namespace_mismatch(vf, *destination_->driver);
        if (!what.empty()) {
            return fmt::format("VF {} does not find its data there: {}", vf, what);
        }
    }
    return {};
}

const NvmeDevice& Simulation::device(VmmSide side) const { return *host(side).device; }

std::uint64_t Simulation::events() const { return kernel_.events(); }
Ps Simulation::now() const { return kernel_.now(); }

std::vector<std::vector<std::uint8_t>> Simulation::states() const {
    std::vector<std::vector<std::uint8_t>> states;
    for (std::uint16_t vf = 0; vf < source_->ports.size(); ++vf) {
        states.push_back(source_->driver->state_bytes(vf).all());
    }
    return states;
}

}  // namespace lmsim::sim
