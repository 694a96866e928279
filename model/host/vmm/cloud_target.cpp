#include "model/host/vmm/cloud.hpp"
#include "model/host/vmm/run.hpp"

namespace lmsim::host::vmm {

namespace {

/// One step of the destination (vmm/src/lib.rs: vm_receive_migration_step).
class CloudTargetRun : public Run {
  public:
    CloudTargetRun(CloudTargetControl& target, Device* devices, const Event& what,
                   const Config& settings, const spec::Rules& in_force, Effects& out)
        : Run{target.flow, devices, what, settings, in_force, out}, control_(target) {}

    void step();

  private:
    bool move(Move what) {
        return advance(Machine::CloudTarget, control_.state, what, advance_cloud_target);
    }
    bool at(CloudTarget state) const { return is(control_.state, state); }

    void take_message();
    void answer();
    void settle();
    void enter();
    void enter_device(MigState wanted, MigState recover, Move without);
    void taken();
    void refuse(std::int32_t error, Call what);
    void released();
    void finish(Outcome outcome);

    std::uint16_t at_work() const { return config.order[control_.place]; }
    bool another() const { return control_.place + 1 < config.devices; }

    CloudTargetControl& control_;
};

void CloudTargetRun::step() {
    if (flow.finished) {
        return;
    }
    switch (event.kind) {
        case EventKind::Start:
            LMSIM_ASSERT(at(CloudTarget::Idle) && config.devices <= max_devices);
            control_.devices = config.devices;
            break;
        case EventKind::Answer: answer(); break;
        case EventKind::Message: take_message(); break;
        case EventKind::ChannelClosed:
        case EventKind::Quit: control_.closed = true; break;
        case EventKind::Continue: break;
        default: LMSIM_ASSERT(!"an event of the destination");
    }
    settle();
}

void CloudTargetRun::take_message() {
    LMSIM_ASSERT(ready_for_message(control_));
    control_.place = 0;
    switch (event.message) {
        case Message::Begin: move(Move::Begin); break;
        case Message::Setup: move(Move::Skip); break;
        case Message::Ram: move(Move::Next); break;
        case Message::State: move(Move::Exact); break;
        case Message::Complete: move(Move::Ready); break;
        default: LMSIM_ASSERT(!"a request");
    }
}

void CloudTargetRun::settle() {
    while (moved && flow.ticket == 0 && !flow.finished) {
        moved = false;
        enter();
    }
    if (!control_.closed || flow.ticket != 0 || flow.finished) {
        return;
    }
    // Its receiving ends without a clean-up.
    if (at(CloudTarget::Idle) || (at(CloudTarget::Ready) && control_.restored)) {
        move(Move::Fail);
    } else {
        move(Move::Again);
    }
    finish(Outcome::Failed);
}

void CloudTargetRun::enter() {
    switch (static_cast<CloudTarget>(control_.state)) {
        case CloudTarget::Answer: message(Message::Ok, 0); break;
        case CloudTarget::Load: call(Call::LoadRam).length = event.length; break;
        case CloudTarget::Build:
            enter_device(MigState::RESUMING, MigState::STOP, Move::Skip);
            break;
        case CloudTarget::Write: call(Call::WriteDeviceBlock, at_work()); break;
        case CloudTarget::Rearm: call(Call::LoadNonIterable, at_work()); break;
        case CloudTarget::Restore: call(Call::LoadNonIterable); break;
        case CloudTarget::Resume:
            enter_device(MigState::RUNNING, MigState::ERROR, Move::Next);
            break;
        case CloudTarget::Vcpus: call(Call::ResumeVcpus); break;
        case CloudTarget::Refuse: message(Message::Ok, 0, flow.error); break;
        case CloudTarget::Release: call(Call::ReleaseDevice, at_work()); break;
        case CloudTarget::Failed: finish(Outcome::Failed); break;
        default: break;
    }
}

/// Sets the device at work, or goes on without one.
void CloudTargetRun::enter_device(MigState wanted, MigState recover, Move without) {
    flow.set_error = 0;
    if (control_.place >= config.devices) {
        move(without);
    } else if (!set_state(at_work(), wanted, recover)) {
        taken();
    }
}

void CloudTargetRun::answer() {
    const Call was = answered();
    std::int32_t error = event.error;
    if (!is(flow.set, SetState::Idle)) {
        const SetResult result = set_answered();
        if (result != SetResult::Done) {
            return;
        }
        error = flow.set_error;
    }
    if (at(CloudTarget::Refuse) || at(CloudTarget::Release)) {
        released();
    } else if (error != 0 && !at(CloudTarget::Answer)) {
        refuse(error, was);
    } else {
        taken();
    }
}

void CloudTargetRun::taken() {
    switch (static_cast<CloudTarget>(control_.state)) {
        case CloudTarget::Write: move(event.value1 != 0 ? Move::Again : Move::Next); break;
        case CloudTarget::Rearm:
            if (another()) {
                ++control_.place;
                move(Move::More);
            } else {
                move(Move::Next);
            }
            break;
        case CloudTarget::Restore:
            control_.restored = true;
            report(Report::DstLoadvmCompleted);
            move(Move::Next);
            break;
        case CloudTarget::Resume:
            if (another()) {
                ++control_.place;
                move(Move::More);
            } else {
                move(Move::Next);
            }
            break;
        case CloudTarget::Vcpus:
            control_.resumed = true;
            report(Report::DstVcpusResumed);
            end(Outcome::Completed);
            move(Move::Next);
            break;
        case CloudTarget::Answer:
            if (control_.resumed) {
                move(Move::Ready);
                finish(Outcome::Completed);
            } else {
                move(Move::Next);
            }
            break;
        default: move(Move::Next); break;
    }
}

void CloudTargetRun::refuse(std::int32_t error, Call what) {
    fail(error, what, control_.place < config.devices ? at_work() : no_device);
    move(Move::Fail);
}

/// Dropping the VM closes its devices.
void CloudTargetRun::released() {
    if (at(CloudTarget::Refuse)) {
        control_.place = 0;
        move(config.devices != 0 ? Move::Next : Move::Skip);
        return;
    }
    device[at_work()].state = MigState::STOP;
    const bool more = another();
    control_.place = static_cast<std::uint16_t>(control_.place + (more ? 1 : 0));
    move(more ? Move::More : Move::Next);
}

void CloudTargetRun::finish(Outcome outcome) {
    if (flow.outcome == Outcome::None) {
        end(outcome);
    }
    flow.finished = true;
    report(Report::Finished);
}

}  // namespace

void step(CloudTargetControl& control, Device* device, const Event& event, const Config& config,
          const spec::Rules& rules, Effects& effects) {
    CloudTargetRun(control, device, event, config, rules, effects).step();
}

bool ready_for_message(const CloudTargetControl& control) {
    return control.flow.ticket == 0 && !control.closed && !control.flow.finished &&
           (is(control.state, CloudTarget::Idle) || is(control.state, CloudTarget::Ready));
}

bool vm_runs(const CloudTargetControl& control) { return control.resumed; }

}  // namespace lmsim::host::vmm
