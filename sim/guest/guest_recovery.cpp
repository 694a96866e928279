#include <algorithm>

#include "sim/guest/guest.hpp"

// What a guest's driver does about commands that do not come back: only in runs with faults.

namespace lmsim::sim {

namespace {

constexpr Ps looks = 4;  // in each time-out

}  // namespace

void Guest::set_faults(Faults* faults, Ps timeout) {
    faults_ = faults;
    timeout_ = timeout;
    post_once(timeout_, static_cast<std::uint32_t>(Kind::Watch));
}

bool Guest::recovering() const {
    return std::any_of(vfs_.begin(), vfs_.end(),
                       [](const std::unique_ptr<VfDriver>& vf) { return vf->recovering(); });
}

void Guest::watch_commands() {
    if (!paused_) {
        for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
            watch_vf(vf);
        }
    }
    post_once(now() + std::max<Ps>(timeout_ / looks, 1), static_cast<std::uint32_t>(Kind::Watch));
}

/// Linux polls for the completion first: its interrupt may be lost. Then it aborts the command,
/// which helps in the case of a slow one alone, and resets the controller.
void Guest::watch_vf(std::uint16_t index) {
    VfDriver& vf = *vfs_[index];
    if (vf.recovering()) {
        if (now() - std::max(vf.recovering_since(), resumed_at_) > timeout_ * vf.patience()) {
            reset_vf(index, false);
        }
        return;
    }
    for (const Job& job : jobs_) {
        const auto late = [&](const IoSlot& slot) {
            const Ps since = std::max({slot.submitted, vf.worked_since(), resumed_at_});
            return slot.commands != 0 && now() - since > timeout_;
        };
        if (job.vf != index || std::none_of(job.slots.begin(), job.slots.end(), late)) {
            continue;
        }
        if (vf.commands().has_completion(job.queue) && !vf.handler_pending(job.queue)) {
            faults_->notice(sign::polled, index);
            run_handler(index, job.queue);
        }
        if (std::any_of(job.slots.begin(), job.slots.end(), late)) {
            reset_vf(index, false);
            return;
        }
    }
}

bool Guest::reset_vf(std::uint16_t vf, bool shutdown) {
    if (paused_ || booting_ != 0) {
        return false;
    }
    faults_->notice(sign::reset, vf);
    vfs_[vf]->recover(now(), shutdown);
    return true;
}

/// The controller is disabled: what it had is gone.
void Guest::abandon(std::uint16_t index) {
    if (observer_ != nullptr) {
        observer_->commands_abandoned(now(), index);
    }
}

/// It is at work again: each I/O that was under way begins anew.
void Guest::submit_again(std::uint16_t index) {
    for (std::uint16_t queue = 0; queue <= vfs_[index]->pairs(); ++queue) {
        vfs_[index]->backlog(queue).clear();
    }
    for (std::uint32_t job = 0; job < jobs_.size(); ++job) {
        for (std::uint32_t slot = 0; jobs_[job].vf == index && slot < jobs_[job].slots.size();
             ++slot) {
            IoSlot& io = jobs_[job].slots[slot];
            if (io.under_way) {
                io.sent = 0;
                io.commands = 0;
                submit_io(job, slot);
            }
        }
    }
}

}  // namespace lmsim::sim
