#include <algorithm>

#include "sim/run/director.hpp"
#include "sim/run/host_side.hpp"
#include "sim/run/simulation.hpp"

// What goes wrong in a run: sim/fault/.

namespace lmsim::sim {

namespace {

std::string place_of(const FaultPlan& plan) {
    const bool guest = class_of(plan.what).place == FaultPlace::Guest;
    const std::string host = guest            ? "guest"
                             : plan.host == 0 ? "source"
                             : plan.host == 1 ? "destination"
                                              : "";
    return plan.vf < 0 ? guest ? "" : host : host + ".vf" + std::to_string(plan.vf);
}

/// A command that a fault makes fail is not lost.
bool loses_something(metrics::Result result) {
    result.commands.failed = 0;
    return !result.conserved();
}

}  // namespace

Scenario with_faults(Scenario scenario) {
    for (const FaultPlan& plan : read_faults(scenario.faults)) {
        DeviceParams& there = scenario.hosts.dst.device;
        const auto value = static_cast<std::uint32_t>(plan.value);
        HostParams* const hosts[] = {&scenario.hosts.src, &scenario.hosts.dst};
        for (int host = 0; host < 2; ++host) {
            if (plan.host >= 0 && plan.host != host) {
                continue;
            }
            if (plan.what == Fault::EnabledEarly) {
                hosts[host]->driver.bring_up = BringUp::EnableFirst;
            } else if (plan.what == Fault::LogWraps) {
                const std::uint32_t slots = std::max(value, 4U);
                hosts[host]->driver.user_data.entries = slots;
                hosts[host]->driver.user_data.batch =
                    std::min(hosts[host]->driver.user_data.batch, slots / 2);
            }
        }
        if (plan.what == Fault::FewerQueues) {
            there.queue_pairs = std::min(there.queue_pairs, value);
        } else if (plan.what == Fault::FewerVectors) {
            there.msix_vectors = std::max(value, 2U);
            there.queue_pairs = std::min(there.queue_pairs, there.msix_vectors - 1);
        } else if (plan.what == Fault::ShorterQueues) {
            there.queue_size = std::min(there.queue_size, std::max(value, 2U));
            there.completion_queue_size = std::min(there.completion_queue_size, there.queue_size);
        }
    }
    return scenario;
}

/// Behind everything else: a run without faults is the same as ever.
void Simulation::arm_faults() {
    Vm& vm = *vms_.front();
    faults_ =
        std::make_unique<Faults>("faults", kernel_, read_faults(scenario_.faults), scenario_.seed);
    faults_->set_span(scenario_.run.fault_time.ps);
    faults_->on_act([this](const FaultPlan& plan) { return act(plan); });
    faults_->on_end([&vm] { vm.vmms->slow_down(1); });
    if (options_.sink != nullptr) {
        faults_->on_strike(
            [this](const std::string& text) { options_.sink->note(kernel_.now(), text); });
    }
    for (const VmmSide side : {VmmSide::Source, VmmSide::Destination}) {
        const bool source = side == VmmSide::Source;
        const auto where = source ? metrics::Side::Source : metrics::Side::Destination;
        host(side).device->set_faults(faults_.get(), where);
        host(side).driver->set_faults(faults_.get(), where);
    }
    vm.guest->set_faults(faults_.get(), scenario_.vm.io_timeout.ps);
    vm.vmms->set_faults(faults_.get());
    vm.vmms->on_crash([this](VmmSide side) { vmm_crashed(side); });
    director_->set_faults(faults_.get());
}

/// The VM that ran there is gone, unless the other side has all of it and starts it.
void Simulation::vmm_crashed(VmmSide side) {
    Vm& vm = *vms_.front();
    faults_->notice(sign::crashed);
    if (vm.vmms->owner() == side) {
        const auto where =
            side == VmmSide::Source ? metrics::Side::Source : metrics::Side::Destination;
        vm.monitor.tell(kernel_.now(), observe(check::What::VmEnds, where));
    }
}

/// What nobody does by himself. False if it cannot be done now.
bool Simulation::act(const FaultPlan& plan) {
    Vm& vm = *vms_.front();
    const auto drawn = [&](int given, std::size_t count) {
        return given >= 0 ? static_cast<std::uint16_t>(given)
                          : static_cast<std::uint16_t>(faults_->draw(plan, count));
    };
    if (source_->ports.empty()) {
        return false;
    }
    const std::uint16_t vf = drawn(plan.vf, source_->ports.size());
    const auto side = static_cast<VmmSide>(drawn(plan.host, 2));
    HostSide& where = host(side);
    switch (plan.what) {
        case Fault::FunctionReset:
            where.driver->strike(vf, [] {});
            return true;
        case Fault::GuestReset: return vm.guest->reset_vf(vf, false);
        case Fault::GuestShutdown: return vm.guest->reset_vf(vf, true);
        case Fault::PfReset:
        case Fault::PfCrash:
            if (where.driver->resetting()) {
                return false;
            }
            if (plan.what == Fault::PfReset) {
                where.driver->strike_pf();
            } else {
                where.driver->crash(plan.length);
            }
            return true;
        case Fault::VfRemoved:
            where.driver->remove(vf, plan.length);
            return true;
        case Fault::LinkRetrained: where.device->retrain(plan.value); return true;
        case Fault::SuspendAgain: return where.driver->suspend_again(vf, plan.value);
        case Fault::StrayDma:
            where.device->write_astray(static_cast<std::uint16_t>(vf + 1),
                                       faults_->draw(plan, pages_of(scenario_.vm.ram_used)));
            return true;
        default: break;
    }
    if (vm.vmms->finished() || vm.began == 0) {
        return false;
    }
    switch (plan.what) {
        case Fault::Cancelled:
            vm.vmms->cancel();
            faults_->notice(sign::cancelled);
            return true;
        case Fault::ChannelCut: vm.vmms->cut(); return true;
        case Fault::ChannelStalled: vm.vmms->stall(plan.length); return true;
        case Fault::ChannelSlow: vm.vmms->slow_down(plan.value); return true;
        case Fault::VmmCrash: return vm.vmms->crash(side);
        default: return false;
    }
}

std::optional<VmmSide> Simulation::runs_on() const {
    const Vm& vm = *vms_.front();
    const VmmSide owner = vm.vmms->owner();
    const bool ended = vm.vmms->crashed(owner) || vm.vmms->outcome() == host::vmm::Outcome::Aborted;
    return ended || vm.guest->paused() ? std::nullopt : std::optional(owner);
}

/// A run that has come through is one that all its faults have.
void Simulation::fill_faults(metrics::Result& result) const {
    if (faults_ == nullptr) {
        return;
    }
    const bool broken = loses_something(result);
    if (result.cdq.lost != 0) {
        faults_->notice(sign::log_full);
    }
    if (broken) {
        faults_->notice(sign::broken);
    }
    for (std::size_t i = 0; i < faults_->plans().size(); ++i) {
        const FaultPlan& plan = faults_->plans()[i];
        const FaultCount& count = faults_->counts()[i];
        const FaultClass& kind = class_of(plan.what);
        result.faults.push_back({std::string(kind.id), std::string(kind.name), place_of(plan),
                                 count.occasions, count.injected, count.detected,
                                 broken ? 0 : count.injected});
    }
}

}  // namespace lmsim::sim
