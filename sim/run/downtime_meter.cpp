#include "sim/run/downtime_meter.hpp"

#include <algorithm>

namespace lmsim::sim {

using host::vmm::Call;
using host::vmm::Message;
using metrics::Label;
using metrics::Part;
using metrics::Side;

namespace {

Side side_of(VmmSide side) { return side == VmmSide::Source ? Side::Source : Side::Destination; }

/// What setting a state is for, apart from the commands that it sends.
Part state_part(vfio::MigState wanted, VmmSide side) {
    switch (wanted) {
        case vfio::MigState::STOP_COPY: return Part::StateRead;
        case vfio::MigState::RUNNING: return Part::Resume;
        case vfio::MigState::RUNNING_P2P:
            return side == VmmSide::Source ? Part::Quiesce : Part::StateLoad;
        case vfio::MigState::PRE_COPY_P2P:
        case vfio::MigState::STOP: return Part::Quiesce;
        case vfio::MigState::RESUMING:
        case vfio::MigState::PRE_COPY:
        case vfio::MigState::ERROR: break;
    }
    return Part::Vmm;
}

Part call_part(const Effect& call, VmmSide side) {
    switch (static_cast<Call>(call.token)) {
        case Call::SetDeviceState:
            return state_part(static_cast<vfio::MigState>(call.token2), side);
        case Call::RamSyncBitmap:
        case Call::RamSendSlice:
        case Call::LoadRam: return Part::TrackingTail;
        case Call::ReadDeviceBlock: return Part::StateRead;
        case Call::WriteDeviceBlock: return Part::StateLoad;
        case Call::SendDeviceBlock:
        case Call::QueueDevicePacket:
        case Call::SendState:
        case Call::SendMessage: return Part::Transfer;
        case Call::SaveNonIterable:
        case Call::LoadNonIterable:
            return call.function == host::vmm::no_device ? Part::Vmm : Part::Interrupts;
        default: return Part::Vmm;
    }
}

}  // namespace

void DowntimeMeter::paused_by_user(Ps at) {
    vcpus_run_ = false;
    shown_ = {Part::Vmm, Side::Source, metrics::no_device};
    blackout_.begin(at, shown_);
}

void DowntimeMeter::call_began(Ps at, VmmSide side, const Effect& call) {
    Activity& activity = of(side);
    const bool device = call.function != host::vmm::no_device;
    activity.what = static_cast<Call>(call.token);
    activity.last_message =
        activity.what == Call::SendMessage && static_cast<Message>(call.token2) == Message::End;
    activity.call = {call_part(call, side), side_of(side),
                     device ? metrics::Device{call.function} : metrics::no_device};
    alternates_ = alternates_ || activity.what == Call::SendState;
    if (activity.what == Call::PauseVcpus && vcpus_run_) {
        vcpus_run_ = false;
        blackout_.begin(at, activity.call);
        shown_ = activity.call;
    }
    activity.on = true;
    activity.since = at;
    activity.label = activity.call;
    update(at);
}

void DowntimeMeter::call_ended(Ps at, VmmSide side) {
    Activity& activity = of(side);
    set(at, activity, activity.call);
    activity.on = false;
    if (side == VmmSide::Source && activity.last_message) {
        stream_ended_ = true;
    }
    if (activity.what == Call::ResumeVcpus) {
        owner_ = side;
        vcpus_run_ = true;
        end_if_all_work(at);
        return;
    }
    update(at);
}

void DowntimeMeter::sending(Ps at, VmmSide side) {
    const Label call = of(side).call;
    set(at, of(side), {Part::Transfer, call.side, call.device});
}

void DowntimeMeter::device_done(Ps at, VmmSide side) {
    const Label call = of(side).call;
    set(at, of(side), {Part::Vmm, call.side, call.device});
}

void DowntimeMeter::rolls_back(Ps at) {
    stream_ended_ = false;
    alternates_ = false;
    update(at);
}

void DowntimeMeter::flow_step(Ps at, VmmSide side, std::uint16_t vf, host::FlowStep step) {
    const auto device = metrics::Device{vf};
    const Side where = side_of(side);
    Activity& work = of(side, vf);
    switch (step) {
        case host::FlowStep::Suspend: set(at, work, {Part::Suspend, where, device}); break;
        case host::FlowStep::ReadHeader:
        case host::FlowStep::ReadState: set(at, work, {Part::StateRead, where, device}); break;
        case host::FlowStep::LoadState: set(at, work, {Part::StateLoad, where, device}); break;
        case host::FlowStep::Resume: set(at, work, {Part::Resume, where, device}); break;
        case host::FlowStep::Notify:
        case host::FlowStep::Idle: set(at, work, work.call); break;
    }
}

void DowntimeMeter::controller_entered(Ps at, VmmSide side, std::uint16_t vf,
                                       nvme::Migration state) {
    const auto device = metrics::Device{vf};
    const Side where = side_of(side);
    if (state == nvme::Migration::Suspending) {
        if (side == VmmSide::Source) {
            blackout_.begin(at, {Part::Drain, where, device});
        }
        set(at, of(side, vf), {Part::Drain, where, device});
    } else if (state == nvme::Migration::Suspended) {
        set(at, of(side, vf), {Part::Suspend, where, device});
    }
    vfs_[static_cast<std::size_t>(side)][vf].operational = state == nvme::Migration::Operational;
    end_if_all_work(at);
}

void DowntimeMeter::controller_lives(Ps at, VmmSide side, std::uint16_t vf, bool ready) {
    vfs_[static_cast<std::size_t>(side)][vf].ready = ready;
    end_if_all_work(at);
}

void DowntimeMeter::interrupts_switched(Ps at, VmmSide side, std::uint16_t vf, bool on) {
    vfs_[static_cast<std::size_t>(side)][vf].interrupts = on;
    end_if_all_work(at);
}

void DowntimeMeter::device_is_at(Ps at, VmmSide side, std::uint16_t device, Part part, bool done) {
    Activity& work = of(side, device);
    set(at, work, done ? work.call : Label{part, side_of(side), metrics::Device{device}});
}

void DowntimeMeter::device_works(Ps at, VmmSide side, std::uint16_t device, bool works,
                                 bool interrupts) {
    vfs_[static_cast<std::size_t>(side)][device] = {works, works, interrupts};
    end_if_all_work(at);
}

void DowntimeMeter::close(Ps at) {
    if (blackout_.begun() && !blackout_.ended()) {
        update(at);
        blackout_.mark(at, shown_);
    }
}

void DowntimeMeter::set(Ps at, Activity& activity, const Label& label) {
    if (!activity.on) {
        return;
    }
    if (blackout_.begun() && !blackout_.ended()) {
        const Ps from = std::max(activity.since, blackout_.begin_at());
        blackout_.busy(activity.label, at - from);
    }
    activity.since = at;
    activity.label = label;
    update(at);
}

void DowntimeMeter::update(Ps at) {
    if (!blackout_.begun() || blackout_.ended()) {
        return;
    }
    Label label = shown_;
    const std::optional<Idle> waited_for = vcpus_run_ ? idle() : std::nullopt;
    if (waited_for) {
        label = {waited_for->part, side_of(owner_), metrics::Device{waited_for->vf}};
    } else if (alternates_) {
        const Activity* work = critical(VmmSide::Source);
        work = work != nullptr ? work : critical(VmmSide::Destination);
        label = work != nullptr ? work->label
                                : Label{Part::Transfer, Side::Network, metrics::no_device};
    } else if (!stream_ended_) {
        const Activity* work = critical(VmmSide::Source);
        label = work != nullptr ? work->label : shown_;
    } else if (const Activity* work = critical(VmmSide::Destination)) {
        label = work->label;
    } else {
        label = {Part::Transfer, Side::Network, metrics::no_device};
    }
    if (label != shown_) {
        shown_ = label;
        blackout_.mark(at, label);
    }
}

/// While the main thread of a VMM waits for those of devices, the first of them that works stands
/// for all.
const DowntimeMeter::Activity* DowntimeMeter::critical(VmmSide side) {
    if (of(side).on) {
        return &of(side);
    }
    for (const Activity& one : threads_[static_cast<std::size_t>(side)]) {
        if (one.on) {
            return &one;
        }
    }
    return nullptr;
}

/// Who works on this device: its thread if that does, else the main one.
DowntimeMeter::Activity& DowntimeMeter::of(VmmSide side, std::uint16_t device) {
    std::vector<Activity>& threads = threads_[static_cast<std::size_t>(side)];
    return device < threads.size() && threads[device].on ? threads[device] : of(side);
}

void DowntimeMeter::thread_call_began(Ps at, VmmSide side, const Effect& call) {
    std::vector<Activity>& threads = threads_[static_cast<std::size_t>(side)];
    if (call.function >= threads.size()) {
        threads.resize(call.function + std::size_t{1});
    }
    Activity& activity = threads[call.function];
    activity.call = {call_part(call, side), side_of(side), metrics::Device{call.function}};
    activity.label = activity.call;
    activity.on = true;
    activity.since = at;
    update(at);
}

void DowntimeMeter::thread_call_ended(Ps at, VmmSide side, std::uint16_t device) {
    Activity& activity = threads_[static_cast<std::size_t>(side)][device];
    set(at, activity, activity.call);
    activity.on = false;
    update(at);
}

/// The blackout is over when the vCPUs run and every VF fetches, on the side that owns the VM.
void DowntimeMeter::end_if_all_work(Ps at) {
    if (!blackout_.begun() || blackout_.ended() || !vcpus_run_) {
        return;
    }
    if (!idle()) {
        blackout_.end(at);
    }
}

std::optional<DowntimeMeter::Idle> DowntimeMeter::idle() const {
    const std::vector<Vf>& vfs = vfs_[static_cast<std::size_t>(owner_)];
    for (std::uint16_t vf = 0; vcpus_run_ && vf < vfs.size(); ++vf) {
        if (!vfs[vf].ready) {
            return Idle{vf, vf < nvme_vfs_ ? "its controller is not enabled" : "it does not run"};
        }
        if (!vfs[vf].operational) {
            return Idle{vf, "its controller is suspended"};
        }
        if (!vfs[vf].interrupts) {
            return Idle{vf, "its interrupts are off", Part::Interrupts};
        }
    }
    return std::nullopt;
}

}  // namespace lmsim::sim
