#include "model/pack.hpp"
#include "sim/host/host_driver.hpp"

// What the driver of a host tells those who watch a run.

namespace lmsim::sim {

using check::What;

void HostDriver::set_step_log(trace::StepLog* steps, metrics::Side side) {
    steps_ = steps;
    side_ = side;
    if (log_) {
        log_->set_step_log(steps, side);
    }
    for (const auto& tracker : trackers_) {
        tracker->set_step_log(steps, side);
    }
}

void HostDriver::set_trace(trace::TraceSink* sink, metrics::Side side) {
    tap_.connect(sink, side);
    if (log_) {
        log_->set_trace(sink, side);
    }
    for (const auto& tracker : trackers_) {
        tracker->set_trace(sink, side);
    }
}

void HostDriver::set_monitor(RunMonitor* monitor, metrics::Side side) {
    monitor_ = monitor;
    side_ = side;
    if (log_) {
        log_->set_monitor(monitor, side);
    }
}

void HostDriver::watch_vfio(std::uint16_t vf, const Effect& effect) {
    if (monitor_ == nullptr) {
        return;
    }
    const auto session = [&](What what) {
        check::Observation seen =
            observe_queue(what, side_, vf, 0, static_cast<std::uint16_t>(effect.token2));
        seen.flags = vfio::is_resuming_fd(static_cast<std::uint32_t>(effect.token2))
                         ? std::uint8_t{0}
                         : check::flag::saving;
        monitor_->tell(now(), seen);
    };
    switch (effect.kind) {
        case EffectKind::DriverArc:
            return monitor_->tell(now(), observe(What::VfioArc, side_, vf, effect.token2));
        case EffectKind::EnterState:
            return monitor_->tell(now(),
                                  observe(What::VfioState, side_, vf, effect.token, effect.token2));
        case EffectKind::OpenSession: return session(What::SessionOpened);
        case EffectKind::CloseSession: return session(What::SessionClosed);
        default: return;
    }
}

/// A read or a write has moved bytes; a read of none is the end of the state.
void HostDriver::watch_session(std::uint16_t index, std::uint64_t bytes) {
    if (monitor_ == nullptr) {
        return;
    }
    Vf& vf = vfs_[index];
    const bool reads = vf.call.event.kind == vfio::EventKind::Read;
    check::Observation seen = observe_queue(What::SessionUsed, side_, index, 0,
                                            static_cast<std::uint16_t>(vf.call.event.fd));
    seen.flags = reads ? check::flag::saving : std::uint8_t{0};
    monitor_->tell(now(), seen);
    if (reads && bytes == 0 && vf.device.state == vfio::MigState::STOP_COPY) {
        // Where resets come as faults, one that comes after the read does not matter any more.
        vf.state_size = faults_ != nullptr ? vf.flow.size : 0;
        monitor_->tell(now(), observe(What::StateSaved, side_, index, state_bytes(index).hash()));
    }
}

/// Of the VFs whose user data are logged.
void HostDriver::watch_logs(What what) {
    if (monitor_ == nullptr) {
        return;
    }
    monitor_->watch_user_data(what == What::LogStarts);
    for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
        // One log may be lost before those of all VFs are there.
        if (log_->exists(vf) && (what != What::LogStarts || !log_->lost(vf))) {
            monitor_->tell(now(), observe(what, side_, vf));
        }
    }
}

}  // namespace lmsim::sim
