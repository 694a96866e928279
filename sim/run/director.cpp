#include "sim/run/director.hpp"

#include <algorithm>

namespace lmsim::sim {
namespace {

constexpr Ps tell_every = 10'000'000'000;  // 10 ms: how often progress is told
constexpr Ps look_every = 1'000'000'000;   // 1 ms: how often the guest is asked whether it rests

}  // namespace

const char* Director::name_of(Phase phase) {
    switch (phase) {
        case Phase::Boot: return "boot";
        case Phase::WarmUp: return "warm-up";
        case Phase::Migration: return "migration";
        case Phase::CoolDown: return "cool-down";
        case Phase::Rest: return "coming to rest";
        case Phase::Over: return "over";
    }
    return "?";
}

Director::Director(sc_core::sc_module_name name, Kernel& kernel, const RunParams& params,
                   std::vector<Vm*> vms, std::uint32_t at_once, HostDriver& source,
                   HostDriver& destination, std::function<void(Ps, std::string_view)> progress)
    : Component(name, kernel),
      params_(params),
      vms_(std::move(vms)),
      at_once_(at_once == 0 ? static_cast<std::uint32_t>(vms_.size()) : at_once),
      source_(source),
      destination_(destination),
      progress_(std::move(progress)),
      guests_booting_(vms_.size()) {
    post_once(0, static_cast<std::uint32_t>(Kind::Start));
    post_once(params_.time_limit.ps, static_cast<std::uint32_t>(Kind::Limit));
    if (progress_) {
        post_once(0, static_cast<std::uint32_t>(Kind::Tell));
    }
}

void Director::host_ready(bool ok, Ps& at) {
    at = now();
    boot_failed_ = boot_failed_ || !ok;
    if (boot_failed_) {
        over();
    } else if (--hosts_booting_ == 0) {
        for (Vm* vm : vms_) {
            vm->guest->boot([this, vm] { guest_ready(*vm); });
        }
    }
}

void Director::guest_ready(const Vm& vm) {
    if (phase_ == Phase::Over) {
        return;
    }
    if (vm.guest->failed_to_boot()) {
        boot_failed_ = true;
        over();
        return;
    }
    if (--guests_booting_ != 0) {
        return;
    }
    guest_ready_ = now();
    phase_ = Phase::WarmUp;
    for (Vm* each : vms_) {
        each->guest->start_workload();
    }
    // The first fifth of the warm-up fills the queues; what is measured before begins then.
    post_once(now() + params_.warm_up.ps / 5, static_cast<std::uint32_t>(Kind::Measure));
    post_once(now() + params_.warm_up.ps, static_cast<std::uint32_t>(Kind::Migrate));
}

/// As many as may be under way.
void Director::begin_next() {
    while (next_ < vms_.size() && under_way_ < at_once_) {
        begin(*vms_[next_++]);
    }
}

void Director::begin(Vm& vm) {
    vm.began = now();
    ++under_way_;
    enter(vm, metrics::Window::During);
    if (hybrid_ != nullptr) {
        hybrid_->migrates();
    }
    if (params_.paused) {
        vm.guest->pause();
        vm.meter.paused_by_user(now());
    }
    migrate(vm);
}

void Director::migrate(Vm& vm) {
    const bool pinned = pins_ != nullptr && vm.number == 0;
    if (!params_.migrate) {
        if (pinned) {
            pins_->on_over([this, &vm] { migration_finished(vm); });
            pins_->begin();
        } else {
            migration_finished(vm);
        }
        return;
    }
    refusal_ = check_ ? check_() : "";
    if (!refusal_.empty()) {
        migration_finished(vm);
        return;
    }
    vm.vmms->on_finish([this, &vm] { migration_finished(vm); });
    if (pinned) {
        pins_->begin();
    }
    const auto go = [this, &vm] {
        vmms_began_ = true;
        vm.vmms->start();
    };
    if (first_) {
        first_(go);
    } else {
        go();
    }
}

void Director::give_up() {
    if (vmms_began_) {
        vms_.front()->vmms->cancel();
    } else {
        migration_finished(*vms_.front());
    }
}

void Director::migration_finished(Vm& vm) {
    if (phase_ != Phase::Migration || vm.ended != 0) {
        return;
    }
    vm.ended = now();
    --under_way_;
    if (under_way_ != 0 || next_ != vms_.size()) {
        enter(vm, metrics::Window::After);
        begin_next();
        return;
    }
    phase_ = Phase::CoolDown;
    if (faults_ != nullptr) {
        faults_->end();
    }
    if (end_) {
        end_();
    }
    enter(vm, metrics::Window::After);
    if (hybrid_ != nullptr) {
        hybrid_->cool_down(now() + params_.cool_down.ps);
    }
    post_once(now() + params_.cool_down.ps, static_cast<std::uint32_t>(Kind::CooledDown));
}

void Director::enter(Vm& vm, metrics::Window window) {
    if (hybrid_ != nullptr) {
        hybrid_->flush();
    }
    vm.meter.enter(now(), window);
}

void Director::enter_all(metrics::Window window) {
    for (Vm* vm : vms_) {
        enter(*vm, window);
    }
}

bool Director::all_rest() const {
    return std::all_of(vms_.begin(), vms_.end(), [](const Vm* vm) {
        const bool gone = vm->vmms->crashed(vm->vmms->owner());
        return gone || (vm->guest->outstanding() == 0 && !vm->guest->recovering());
    });
}

void Director::over() {
    phase_ = Phase::Over;
    if (hybrid_ != nullptr) {
        hybrid_->flush();
    }
    for (Vm* vm : vms_) {
        vm->meter.close(now());
    }
    kernel().stop();
}

void Director::handle(const Event& event) {
    switch (static_cast<Kind>(event.kind)) {
        case Kind::Start:
            source_.boot([this](bool ok) { host_ready(ok, source_ready_); });
            destination_.boot([this](bool ok) { host_ready(ok, destination_ready_); });
            break;
        case Kind::Measure:
            enter_all(metrics::Window::Before);
            if (hybrid_ != nullptr) {
                hybrid_->warm_up(now() + params_.warm_up.ps - params_.warm_up.ps / 5);
            }
            break;
        case Kind::Migrate:
            phase_ = Phase::Migration;
            migration_began_ = now();
            if (faults_ != nullptr) {
                faults_->begin();
            }
            begin_next();
            break;
        case Kind::CooledDown:
            phase_ = Phase::Rest;
            enter_all(metrics::Window::Ramp);  // what ebbs away is in no figure
            for (Vm* vm : vms_) {
                vm->guest->stop_workload();
            }
            rest_until_ = now() + params_.rest.ps;
            [[fallthrough]];
        case Kind::LookForRest:
            if (all_rest() || now() >= rest_until_) {
                over();
            } else {
                post_once(now() + look_every, static_cast<std::uint32_t>(Kind::LookForRest));
            }
            break;
        case Kind::Limit:
            if (phase_ < Phase::CoolDown) {
                timed_out_ = true;
                over();
            }
            break;
        case Kind::Tell:
            if (progress_ && phase_ != Phase::Over) {
                progress_(now(), name_of(phase_));
                post_once(now() + tell_every, static_cast<std::uint32_t>(Kind::Tell));
            }
            break;
    }
}

}  // namespace lmsim::sim
