#include "sim/run/director.hpp"

namespace lmsim::sim {
namespace {

constexpr Ps tell_every = 10'000'000'000;  // 10 ms: how often progress is told
constexpr Ps look_every = 1'000'000'000;   // 1 ms: how often the guest is asked whether it rests

const char* phase_name(Director::Phase phase) {
    switch (phase) {
        case Director::Phase::Boot: return "boot";
        case Director::Phase::WarmUp: return "warm-up";
        case Director::Phase::Migration: return "migration";
        case Director::Phase::CoolDown: return "cool-down";
        case Director::Phase::Rest: return "coming to rest";
        case Director::Phase::Over: return "over";
    }
    return "?";
}

}  // namespace

Director::Director(sc_core::sc_module_name name, Kernel& kernel, const RunParams& params,
                   Guest& guest, HostDriver& source, HostDriver& destination, VmmPair& vmms,
                   RunMeter& meter, std::function<void(Ps, std::string_view)> progress)
    : Component(name, kernel),
      params_(params),
      guest_(guest),
      source_(source),
      destination_(destination),
      vmms_(vmms),
      meter_(meter),
      progress_(std::move(progress)) {
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
        guest_.boot([this] { guest_ready(); });
    }
}

void Director::guest_ready() {
    if (guest_.failed_to_boot()) {
        boot_failed_ = true;
        over();
        return;
    }
    guest_ready_ = now();
    phase_ = Phase::WarmUp;
    guest_.start_workload();
    // The first fifth of the warm-up fills the queues; what is measured before begins then.
    post_once(now() + params_.warm_up.ps / 5, static_cast<std::uint32_t>(Kind::Measure));
    post_once(now() + params_.warm_up.ps, static_cast<std::uint32_t>(Kind::Migrate));
}

void Director::begin() {
    if (!params_.migrate) {
        if (pins_ != nullptr) {
            pins_->on_over([this] { migration_finished(); });
            pins_->begin();
        } else {
            migration_finished();
        }
        return;
    }
    refusal_ = check_ ? check_() : "";
    if (!refusal_.empty()) {
        migration_finished();
        return;
    }
    vmms_.on_finish([this] { migration_finished(); });
    if (pins_ != nullptr) {
        pins_->begin();
    }
    const auto go = [this] {
        vmms_began_ = true;
        vmms_.start();
    };
    if (first_) {
        first_(go);
    } else {
        go();
    }
}

void Director::give_up() {
    if (vmms_began_) {
        vmms_.cancel();
    } else {
        migration_finished();
    }
}

void Director::migration_finished() {
    if (phase_ != Phase::Migration) {
        return;
    }
    phase_ = Phase::CoolDown;
    migration_ended_ = now();
    if (end_) {
        end_();
    }
    enter(metrics::Window::After);
    if (hybrid_ != nullptr) {
        hybrid_->cool_down(now() + params_.cool_down.ps);
    }
    post_once(now() + params_.cool_down.ps, static_cast<std::uint32_t>(Kind::CooledDown));
}

void Director::enter(metrics::Window window) {
    if (hybrid_ != nullptr) {
        hybrid_->flush();
    }
    meter_.enter(now(), window);
}

void Director::over() {
    phase_ = Phase::Over;
    if (hybrid_ != nullptr) {
        hybrid_->flush();
    }
    meter_.close(now());
    kernel().stop();
}

void Director::handle(const Event& event) {
    switch (static_cast<Kind>(event.kind)) {
        case Kind::Start:
            source_.boot([this](bool ok) { host_ready(ok, source_ready_); });
            destination_.boot([this](bool ok) { host_ready(ok, destination_ready_); });
            break;
        case Kind::Measure:
            enter(metrics::Window::Before);
            if (hybrid_ != nullptr) {
                hybrid_->warm_up(now() + params_.warm_up.ps - params_.warm_up.ps / 5);
            }
            break;
        case Kind::Migrate:
            phase_ = Phase::Migration;
            migration_began_ = now();
            enter(metrics::Window::During);
            if (hybrid_ != nullptr) {
                hybrid_->migrates();
            }
            if (params_.paused) {
                guest_.pause();
                meter_.paused_by_user(now());
            }
            begin();
            break;
        case Kind::CooledDown:
            phase_ = Phase::Rest;
            enter(metrics::Window::Ramp);  // what ebbs away is in no figure
            guest_.stop_workload();
            rest_until_ = now() + params_.rest.ps;
            [[fallthrough]];
        case Kind::LookForRest:
            if (guest_.outstanding() == 0 || now() >= rest_until_) {
                over();
            } else {
                post_once(now() + look_every, static_cast<std::uint32_t>(Kind::LookForRest));
            }
            break;
        case Kind::Limit:
            if (phase_ < Phase::CoolDown) {
                timed_out_ = true;
                migration_ended_ = now();
                over();
            }
            break;
        case Kind::Tell:
            if (progress_ && phase_ != Phase::Over) {
                progress_(now(), phase_name(phase_));
                post_once(now() + tell_every, static_cast<std::uint32_t>(Kind::Tell));
            }
            break;
    }
}

}  // namespace lmsim::sim
