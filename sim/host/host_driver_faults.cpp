#include <algorithm>

#include "model/wire/admin.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/virtualization.hpp"
#include "sim/host/host_driver.hpp"

// What goes wrong in a host's kernel: sim/fault/classes.def.

namespace lmsim::sim {

/// Is somebody suspending and resuming the VF? Then the kernel's lock is taken.
bool HostDriver::cycles(std::uint16_t vf) const {
    return std::any_of(requests_.begin(), requests_.end(), [&](const Request& request) {
        return request.used && vf_of(request.vf) < 0 &&
               wire::is_migration_send(request.sqe, rules_) &&
               wire::decode_migration_send(request.sqe, rules_).cntlid == vfs_[vf].flow.cntlid;
    });
}

bool HostDriver::spoils_call(std::uint16_t index) {
    constexpr Ps retry = 5'000'000;
    if (cycles(index)) {
        post_once(now() + retry, static_cast<std::uint32_t>(Kind::Ioctl), index);
        return true;
    }
    Vf& vf = vfs_[index];
    if (vf.call.event.kind != vfio::EventKind::SetState || strikes(Fault::CallFails) == nullptr) {
        return false;
    }
    vf.answer = {vfio::Errno::Io, 0, 0};
    post_once(now(), static_cast<std::uint32_t>(Kind::Answer), index);
    return true;
}

bool HostDriver::spoils_event(const wire::AerResult& event) {
    if (event.is(wire::CdqEvent::FullError, rules_)) {
        faults_->notice(sign::log_full);
    }
    const FaultPlan* const late = strikes(Fault::LogFull);
    if (late == nullptr) {
        return false;
    }
    late_events_.push_back(event);
    post_once(now() + late->length, static_cast<std::uint32_t>(Kind::LateEvent));
    return true;
}

bool HostDriver::spoils_request() {
    const FaultPlan* const late = strikes(Fault::NoAer);
    if (late == nullptr) {
        return false;
    }
    post_once(now() + late->length, static_cast<std::uint32_t>(Kind::LateRequest));
    return true;
}

/// Does the completion at hand wait for the time-out of its command, or nearly?
bool HostDriver::times_out_nearly() {
    Ps sent = -1;
    admin_.queue(0).peek([&](const wire::Cqe& cqe) {
        const std::uint32_t owner = cqe.cid < queue_.depth ? queue_.owner[cqe.cid] : 0;
        if (owner != 0 && vf_of(requests_[owner - 1].vf) >= 0) {
            sent = requests_[owner - 1].sent;
        }
    });
    if (sent < 0 || timing_.admin_timeout == 0) {
        return false;
    }
    for (const auto& [what, by] :
         {std::pair(Fault::TimeoutBefore, -1), std::pair(Fault::TimeoutAt, 0),
          std::pair(Fault::TimeoutAfter, 1)}) {
        const Ps at = sent + timing_.admin_timeout + by;
        if (at > now() && strikes(what) != nullptr) {
            interrupt_pending_ = true;
            post_once(at, static_cast<std::uint32_t>(Kind::Interrupt));
            return true;
        }
    }
    return false;
}

void HostDriver::crash(Ps length) {
    if (!dead_) {
        dead_ = true;
        post_once(now() + length, static_cast<std::uint32_t>(Kind::Alive));
    }
}

void HostDriver::remove(std::uint16_t vf, Ps length) {
    const wire::VirtualizationManagement offline{wire::VirtualizationAction::SecondaryOffline,
                                                 wire::ResourceType::Vq, vfs_[vf].flow.cntlid, 0};
    submit(wire::encode(offline, rules_), [this, vf, length](const AdminAnswer& answer) {
        if (answer.error != host::PfError::None) {
            return;  // a reset brings it online
        }
        // As whoever gives it other resources does: it is reset while it is offline.
        strike(vf, [this, vf, length] {
            post_once(now() + length, static_cast<std::uint32_t>(Kind::Return), vf);
        });
    });
}

void HostDriver::bring_back(std::uint16_t vf, std::uint32_t step) {
    if (step == host::online_commands(online_plan_) || queue_.resetting) {
        return;
    }
    submit(host::online_command(online_plan_, step, vfs_[vf].flow.cntlid, rules_),
           [this, vf, step](const AdminAnswer& answer) {
               if (answer.error == host::PfError::None) {
                   bring_back(vf, step + 1);
               }
           });
}

bool HostDriver::suspend_again(std::uint16_t vf, std::uint64_t times) {
    const bool works = vfs_[vf].flow.step == host::FlowStep::Idle &&
                       vfs_[vf].device.state == vfio::MigState::RUNNING &&
                       !rules_.on(spec::Id::VendorCommands) && !queue_.resetting && !dead_;
    // The marker of a Suspend ends a log of user data: who has one does this to no VF.
    if (!works || log_ || times == 0) {
        return false;
    }
    const std::uint16_t cntlid = vfs_[vf].flow.cntlid;
    const auto suspend = wire::MigrationSend::suspend(cntlid, wire::SuspendType::Suspend);
    submit(wire::encode(suspend, rules_), [this, vf, times, cntlid](const AdminAnswer& answer) {
        if (answer.error != host::PfError::None) {
            return;
        }
        submit(wire::encode(wire::MigrationSend::resume(cntlid), rules_),
               [this, vf, times](const AdminAnswer&) { suspend_again(vf, times - 1); });
    });
    return true;
}

}  // namespace lmsim::sim
