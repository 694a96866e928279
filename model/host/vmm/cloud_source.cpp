#include "model/host/vmm/cloud.hpp"
#include "model/host/vmm/cloud_decisions.hpp"
#include "model/host/vmm/run.hpp"

namespace lmsim::host::vmm {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int32_t timed_out = 110;  // ETIMEDOUT

/// One step of the source (vmm/src/lib.rs: send_migration).
class CloudSourceRun : public Run {
  public:
    CloudSourceRun(CloudSourceControl& source, Device* devices, const Event& what,
                   const Config& settings, const spec::Rules& in_force, Effects& out)
        : Run{source.flow, devices, what, settings, in_force, out}, control_(source) {}

    void step();

  private:
    bool move(Move what) {
        return advance(Machine::CloudSource, control_.state, what, advance_cloud_source);
    }
    bool move_back(Move what) {
        return advance(Machine::CloudBack, control_.back, what, advance_cloud_back);
    }
    bool at(CloudSource state) const { return is(control_.state, state); }
    bool at(CloudBack state) const { return is(control_.back, state); }

    void start();
    void return_path();
    void answer();
    void settle();
    void enter();
    void enter_device();
    void enter_back();
    bool is_request() const;
    void request();
    void send_table();
    void taken(std::int32_t error);
    void acknowledged();
    void collected();
    void device_answered();
    void read_answered();
    void back_answered();
    void leave();
    void lost();
    void completed();

    std::uint16_t at_work() const { return config.order[control_.place]; }
    bool another() const { return control_.place + 1 < config.devices; }

    CloudSourceControl& control_;
    Call asked_ = Call::None;  // what the event answers
};

void CloudSourceRun::step() {
    if (flow.finished) {
        return;
    }
    switch (event.kind) {
        case EventKind::Start: start(); break;
        case EventKind::Answer: answer(); break;
        case EventKind::ReturnPath: return_path(); break;
        case EventKind::Cancel: break;  // it has no such request
        default: LMSIM_ASSERT(!"an event of the source");
    }
    settle();
}

void CloudSourceRun::start() {
    LMSIM_ASSERT(at(CloudSource::Idle) && config.devices <= max_devices);
    control_.devices = config.devices;
    control_.start_ms = event.now_ms;
    move(Move::Begin);
}

/// The answer of a request; a connection that breaks is an answer, too.
void CloudSourceRun::return_path() {
    moved = true;
    if (event.error != 0) {
        fail(event.error, Call::None);
    } else {
        control_.ok = true;
    }
}

void CloudSourceRun::answer() {
    asked_ = answered();
    std::int32_t error = event.error;
    if (!is(flow.set, SetState::Idle)) {
        const SetResult result = set_answered();
        if (result != SetResult::Done) {
            return;
        }
        error = flow.set_error;
    }
    if (!at(CloudBack::Idle)) {
        back_answered();
    } else {
        taken(error);
    }
}

void CloudSourceRun::settle() {
    while (moved && flow.ticket == 0 && !flow.finished) {
        moved = false;
        if (!at(CloudBack::Idle)) {
            enter_back();
        } else if (at(CloudSource::Failed)) {
            leave();
        } else if (flow.error != 0) {
            move(Move::Fail);
        } else if (is_request() && control_.sent) {
            acknowledged();
        } else {
            enter();
        }
    }
}

/// Does the state end with the destination's answer?
bool CloudSourceRun::is_request() const {
    switch (static_cast<CloudSource>(control_.state)) {
        case CloudSource::Hello:
        case CloudSource::Setup:
        case CloudSource::Send:
        case CloudSource::LastSend:
        case CloudSource::LateSend:
        case CloudSource::State:
        case CloudSource::Complete: return true;
        default: return false;
    }
}

void CloudSourceRun::enter() {
    switch (static_cast<CloudSource>(control_.state)) {
        case CloudSource::LogStart: call(Call::DirtyLogStart); break;
        case CloudSource::Collect: call(Call::RamSyncBitmap); break;
        case CloudSource::LastCollect:
        case CloudSource::LateCollect: call(Call::RamSyncBitmap).token2 = 1; break;
        case CloudSource::Pause:
            control_.downtime_start_ms = event.now_ms;
            control_.vm_stopped = true;
            report(Report::SrcDowntimeStart);
            call(Call::PauseVcpus);
            break;
        case CloudSource::Stop:
        case CloudSource::Freeze:
        case CloudSource::Read:
        case CloudSource::Thaw: enter_device(); break;
        case CloudSource::LogStop: call(Call::DirtyLogStop); break;
        case CloudSource::Completed:
            flow.finished = true;
            report(Report::Finished);
            break;
        default: request(); break;
    }
}

void CloudSourceRun::request() {
    switch (static_cast<CloudSource>(control_.state)) {
        case CloudSource::Hello: message(Message::Begin, 0); break;
        case CloudSource::Setup: message(Message::Setup, 0); break;
        case CloudSource::Send:
        case CloudSource::LastSend:
        case CloudSource::LateSend: send_table(); break;
        case CloudSource::State: call(Call::SendState).length = base64_bytes(control_.blob); break;
        case CloudSource::Complete: message(Message::Complete, 0); break;
        default: break;
    }
}

void CloudSourceRun::send_table() {
    control_.send_ns = event.now_ns;
    Effect& effect = call(Call::RamSendSlice);
    effect.token3 = at(CloudSource::Send) ? 0 : 1;
    const bool twice = at(CloudSource::LastSend) && rules.on(spec::Id::CloudSendsTwice);
    effect.address = twice ? control_.twice_pages * config.page_bytes : 0;
}

/// A device that has the state already is done.
void CloudSourceRun::enter_device() {
    if (at(CloudSource::Read)) {
        call(Call::ReadDeviceBlock, at_work()).length = device_block_bytes;
        return;
    }
    const bool freezes = at(CloudSource::Freeze);
    const MigState wanted = freezes ? MigState::STOP_COPY : MigState::STOP;
    flow.set_error = 0;
    if (!set_state(at_work(), wanted, freezes ? MigState::STOP : MigState::ERROR)) {
        device_answered();
    }
}

/// The host has done what was asked; of a request, has sent it.
void CloudSourceRun::taken(std::int32_t error) {
    if (error != 0) {
        fail(error, asked_);
        moved = true;
        return;
    }
    if (is_request()) {
        control_.transferred += event.value0;
        control_.last_bytes = at(CloudSource::Send) ? event.value0 : control_.last_bytes;
        control_.sent = true;
        moved = control_.ok;
        return;
    }
    switch (static_cast<CloudSource>(control_.state)) {
        case CloudSource::LogStart:
            control_.logging = true;
            control_.memory_ms = event.now_ms;
            report(Report::SetupEnds, static_cast<std::uint64_t>(event.now_ms - control_.start_ms));
            move(Move::Next);
            break;
        case CloudSource::Collect: collected(); break;
        case CloudSource::LastCollect:
            control_.twice_pages = event.length;
            move(Move::Next);
            break;
        case CloudSource::Pause:
            control_.place = 0;
            control_.paused = config.devices == 0;
            move(config.devices == 0 ? Move::Skip : Move::Next);
            break;
        case CloudSource::Read: read_answered(); break;
        case CloudSource::Stop:
        case CloudSource::Freeze:
        case CloudSource::Thaw: device_answered(); break;
        case CloudSource::LogStop:
            control_.logging = false;
            move(Move::Next);
            break;
        default: move(Move::Next); break;
    }
}

void CloudSourceRun::device_answered() {
    if (at(CloudSource::Freeze)) {
        move(Move::Next);
    } else if (another()) {
        ++control_.place;
        move(Move::More);
    } else {
        if (at(CloudSource::Stop)) {
            control_.paused = true;
            report(Report::SrcVmStopped);
        }
        control_.place = 0;
        move(Move::Next);
    }
}

void CloudSourceRun::read_answered() {
    control_.blob += event.value0;
    move(event.value0 != 0 ? Move::Again : Move::Next);
}

/// The destination has done it, too.
void CloudSourceRun::acknowledged() {
    if (!control_.ok) {
        return;
    }
    control_.sent = false;
    control_.ok = false;
    switch (static_cast<CloudSource>(control_.state)) {
        case CloudSource::Send: control_.last_ns = event.now_ns - control_.send_ns; break;
        case CloudSource::LastSend:
            if (config.devices == 0) {
                move(Move::Skip);
                return;
            }
            break;
        case CloudSource::LateSend: report(Report::SrcIterableSaved); break;
        case CloudSource::State: report(Report::SrcNonIterableSaved); break;
        case CloudSource::Complete: completed(); break;
        default: break;
    }
    move(Move::Next);
}

void CloudSourceRun::collected() {
    control_.table_pages = event.value0;
    const std::uint64_t bytes = control_.table_pages * config.page_bytes;
    report(Report::DirtySync, ++control_.rounds).token3 = bytes;
    const CloudEstimate estimate = cloud_estimate(bytes, control_.last_bytes, control_.last_ns);
    if (estimate.known) {
        report(Report::ExpectedDowntime, static_cast<std::uint64_t>(estimate.ns / ns_per_ms));
    }
    const auto limit = static_cast<std::int64_t>(config.downtime_limit_ms) * ns_per_ms;
    switch (cloud_decides(estimate, limit, event.now_ms - control_.memory_ms,
                          static_cast<std::int64_t>(config.timeout_ms), config.ignore_timeout)) {
        case CloudVerdict::Iterate: move(Move::Next); break;
        case CloudVerdict::Pause: move(Move::Ready); break;
        case CloudVerdict::Cancel:
            fail(timed_out, Call::None);
            moved = true;
            break;
    }
}

void CloudSourceRun::completed() {
    const std::int64_t downtime = event.now_ms - control_.downtime_start_ms;
    // It prints one figure, whatever QEMU has.
    report(Report::SrcFlushed, static_cast<std::uint64_t>(downtime));
    report(Report::SrcDowntimeEnd, static_cast<std::uint64_t>(downtime));
    const std::int64_t total = event.now_ms - control_.start_ms;
    report(Report::TotalTime, static_cast<std::uint64_t>(total)).token3 = control_.transferred;
    end(Outcome::Completed);
}

void CloudSourceRun::leave() {
    end(Outcome::Failed);
    control_.place = 0;
    move_back(Move::Begin);
}

void CloudSourceRun::enter_back() {
    switch (static_cast<CloudBack>(control_.back)) {
        case CloudBack::Close: call(Call::CloseChannel); break;
        case CloudBack::Devices:
            flow.set_error = 0;
            if (control_.place >= config.devices) {
                move_back(Move::Next);
            } else if (!set_state(at_work(), MigState::RUNNING, MigState::ERROR)) {
                back_answered();
            }
            break;
        case CloudBack::Vcpus: call(Call::ResumeVcpus); break;
        case CloudBack::LogStop:
            if (!control_.logging) {
                move_back(Move::Next);
                break;
            }
            control_.logging = false;
            call(Call::DirtyLogStop);
            break;
        case CloudBack::Done:
            flow.finished = true;
            report(Report::Finished);
            break;
        default: break;
    }
}

void CloudSourceRun::back_answered() {
    switch (static_cast<CloudBack>(control_.back)) {
        case CloudBack::Close: {
            // A pause that failed left the VM's state as it was.
            const bool resumes =
                control_.vm_stopped && (control_.paused || !rules.on(spec::Id::CloudPauseHole));
            move_back(resumes ? Move::Next : Move::Skip);
            break;
        }
        case CloudBack::Devices:
            if (flow.set_error != 0) {
                lost();
                return;
            }
            ++control_.place;
            move_back(control_.place < config.devices ? Move::More : Move::Next);
            break;
        case CloudBack::Vcpus:
            control_.vm_stopped = false;
            control_.paused = false;
            move_back(Move::Next);
            break;
        default: move_back(Move::Next); break;
    }
}

/// A VM that cannot be resumed: its process exits.
void CloudSourceRun::lost() {
    end(Outcome::Aborted);
    flow.finished = true;
    report(Report::Finished);
}

}  // namespace

void step(CloudSourceControl& control, Device* device, const Event& event, const Config& config,
          const spec::Rules& rules, Effects& effects) {
    CloudSourceRun(control, device, event, config, rules, effects).step();
}

bool vm_runs(const CloudSourceControl& control) {
    return !control.vm_stopped && control.flow.outcome != Outcome::Aborted;
}

}  // namespace lmsim::host::vmm
