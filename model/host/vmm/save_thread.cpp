#include "model/host/vmm/source.hpp"
#include "model/host/vmm/threads.hpp"

namespace lmsim::host::vmm {

namespace {

constexpr auto ended = static_cast<std::uint8_t>(SaveThread::Ended);
constexpr auto failed = static_cast<std::uint8_t>(SaveThread::Failed);

}  // namespace

bool any_busy(const DeviceThread* thread, std::uint16_t count, std::uint8_t end,
              std::uint8_t failure) {
    for (std::uint16_t i = 0; i < count; ++i) {
        const std::uint8_t state = thread[i].state;
        if (thread[i].flow.ticket != 0 || (state != 0 && state != end && state != failure)) {
            return true;
        }
    }
    return false;
}

SaveThreadRun::SaveThreadRun(SourceControl& source, Device* devices, DeviceThread& thread,
                             const Event& what, const Config& settings, const spec::Rules& in_force,
                             Effects& out)
    : Run{thread.flow, devices, what, settings, in_force, out}, control_(source), thread_(thread) {
    mark = thread_mark;
    quiet = source.flow.error != 0 || source.threads.error != 0;
}

bool SaveThreadRun::move(Move what) {
    const bool taken = effects.took(advance_save_thread(thread_.state, what, rules), flow.cursor);
    moved = moved || taken;
    return taken;
}

void SaveThreadRun::begin(std::uint16_t index) {
    thread_ = DeviceThread{};
    flow.cursor = index;
    move(Move::Begin);
    settle();
}

void SaveThreadRun::settle() {
    const bool waits = at(SaveThread::Lock);
    if (flow.ticket != 0 || (!moved && !waits)) {
        return;
    }
    do {
        moved = false;
        if (control_.threads.abort && (at(SaveThread::Read) || at(SaveThread::Lock))) {
            move(Move::Fail);
            return;
        }
        enter();
    } while (moved && flow.ticket == 0);
}

void SaveThreadRun::enter() {
    Threads& threads = control_.threads;
    switch (static_cast<SaveThread>(thread_.state)) {
        case SaveThread::Set:
            if (!set_state(flow.cursor, MigState::STOP_COPY, MigState::STOP)) {
                move(Move::Next);
            }
            break;
        case SaveThread::Read:
            call(Call::ReadDeviceBlock, flow.cursor).length = device[flow.cursor].read_bytes;
            break;
        case SaveThread::Lock:
            thread_.turn = thread_.turn != 0 ? thread_.turn : ++threads.turns;
            if (threads.holder == 0) {
                threads.holder = static_cast<std::uint16_t>(flow.cursor + 1);
                thread_.turn = 0;
                move(Move::Next);
            }
            break;
        case SaveThread::Queue: {
            Effect& effect = call(Call::QueueDevicePacket, flow.cursor);
            effect.length = thread_.block;
            effect.address = packet_framing_bytes;
            effect.token2 = thread_.packet;
            effect.token3 = thread_.last_known ? 1 : 0;
            break;
        }
        default: break;
    }
}

void SaveThreadRun::take_answer() {
    answered();
    if (!is(flow.set, SetState::Idle)) {
        const SetResult result = set_answered();
        if (result == SetResult::Aborted) {
            control_.flow.outcome = Outcome::Aborted;
            control_.flow.finished = true;
        } else if (result == SetResult::Done) {
            if (flow.set_error != 0) {
                stop_with(flow.set_error, Call::SetDeviceState);
            } else {
                move(Move::Next);
            }
        }
    } else if (at(SaveThread::Read)) {
        read_answered();
    } else {
        queued();
    }
}

/// Here ENOMSG is an error, too: the device does not run.
void SaveThreadRun::read_answered() {
    if (event.error != 0) {
        stop_with(event.error, Call::ReadDeviceBlock);
        return;
    }
    thread_.block = event.value0;
    if (thread_.block != 0) {
        move(Move::Next);
        return;
    }
    thread_.last_known = move(Move::Again);
    if (!thread_.last_known) {
        move(Move::Skip);
    }
}

void SaveThreadRun::queued() {
    control_.threads.holder = 0;
    control_.transferred += event.value0;
    if (event.error != 0) {
        stop_with(event.error, Call::QueueDevicePacket);
        return;
    }
    ++thread_.packet;
    move(thread_.last_known ? Move::Skip : Move::Next);
}

void SaveThreadRun::stop_with(std::int32_t error, Call what) {
    fail(error, what, flow.cursor);
    if (control_.threads.error == 0) {
        control_.threads.error = error;
    }
    move(Move::Fail);
}

/// The event belongs to a thread: to itself, and to those that it lets go on.
void SourceRun::thread_answered() {
    const std::uint16_t index = thread_of(event.ticket);
    SaveThreadRun run(control, device, thread[index], event, config, rules, effects);
    run.take_answer();
    run.settle();
    pass_the_lock();
    moved = true;  // the main thread may wait for its end
}

/// Who has waited longest has the queue next.
void SourceRun::pass_the_lock() {
    while (control.threads.holder == 0) {
        DeviceThread* next = nullptr;
        for (std::uint16_t i = 0; i < control.threads.count; ++i) {
            DeviceThread& one = thread[i];
            const bool waits = one.turn != 0 && is(one.state, SaveThread::Lock);
            if (waits && (next == nullptr || one.turn < next->turn)) {
                next = &one;
            }
        }
        if (next == nullptr) {
            return;
        }
        SaveThreadRun(control, device, *next, event, config, rules, effects).settle();
    }
}

/// The threads are created one after the other, as devices have numbers.
bool SourceRun::start_threads() {
    if (!config.device_multifd || config.devices == 0) {
        return false;
    }
    if (asked_ == Call::StartThread) {
        const std::uint16_t index = control.threads.count++;
        SaveThreadRun(control, device, thread[index], event, config, rules, effects).begin(index);
    }
    if (control.threads.count == config.devices || flow.finished || !move_switchover(Move::More)) {
        return false;
    }
    call(Call::StartThread, control.threads.count);
    moved = false;
    return true;
}

void SourceRun::abort_threads() {
    control.threads.abort = true;
    for (std::uint16_t i = 0; i < control.threads.count; ++i) {
        SaveThreadRun(control, device, thread[i], event, config, rules, effects).settle();
    }
}

bool SourceRun::threads_work() const {
    return any_busy(thread, control.threads.count, ended, failed);
}

/// All the rest of the iterable state has gone.
void SourceRun::join_threads() {
    const bool cancelled = control.cancelled && !rules.on(spec::Id::VmmCancelWaits);
    if (control.threads.error != 0 || flow.error != 0 || cancelled) {
        abort_threads();
    }
    if (threads_work()) {
        return;
    }
    flow.error = flow.error != 0 ? flow.error : control.threads.error;
    if (flow.error != 0 || cancelled) {
        move_switchover(Move::Fail);
        return;
    }
    flow.cursor = 0;
    report(Report::SrcIterableSaved);
    move_switchover(Move::Skip);
    move_switchover(Move::Next);
}

}  // namespace lmsim::host::vmm
