#include "model/host/vmm/destination.hpp"
#include "model/host/vmm/threads.hpp"

namespace lmsim::host::vmm {

namespace {

constexpr auto ended = static_cast<std::uint8_t>(LoadThread::Ended);
constexpr auto failed = static_cast<std::uint8_t>(LoadThread::Failed);

}  // namespace

LoadThreadRun::LoadThreadRun(DestinationControl& destination, Device* devices, DeviceThread& thread,
                             const Event& what, const Config& settings, const spec::Rules& in_force,
                             Effects& out)
    : Run{thread.flow, devices, what, settings, in_force, out},
      control_(destination),
      thread_(thread) {
    mark = thread_mark;
    quiet = destination.flow.error != 0 || destination.threads.error != 0;
}

bool LoadThreadRun::move(Move what) {
    const bool taken = effects.took(advance_load_thread(thread_.state, what, rules), flow.cursor);
    moved = moved || taken;
    return taken;
}

/// Packets may have come before.
void LoadThreadRun::begin(std::uint16_t index) {
    flow.cursor = index;
    move(Move::Begin);
    settle();
}

void LoadThreadRun::settle() {
    if (flow.ticket != 0) {
        return;
    }
    do {
        moved = false;
        if (control_.threads.abort) {
            move(Move::Fail);
            return;
        }
        enter();
    } while (moved && flow.ticket == 0);
}

void LoadThreadRun::enter() {
    switch (static_cast<LoadThread>(thread_.state)) {
        case LoadThread::Wait: take_packet(); break;
        case LoadThread::Late:
            if (thread_.config_ready) {
                move(Move::Next);
            }
            break;
        case LoadThread::Lock:
            // The main thread has the big lock while it loads.
            if (control_.flow.ticket == 0 && control_.threads.holder == 0 && move(Move::Next)) {
                control_.threads.holder = static_cast<std::uint16_t>(flow.cursor + 1);
                call(Call::LoadNonIterable, flow.cursor);
            }
            break;
        default: break;
    }
}

void LoadThreadRun::take_packet() {
    if (thread_.last_known && thread_.packet == thread_.last) {
        move(config.config_late ? Move::Again : Move::Skip);
    } else if (thread_.packet < thread_.arrived && move(Move::Next)) {
        call(Call::WriteDeviceBlock, flow.cursor).token2 = thread_.packet;
    }
}

void LoadThreadRun::take_answer() {
    const Call was = answered();
    if (at(LoadThread::Config)) {
        control_.threads.holder = 0;
    }
    if (event.error != 0) {
        fail(event.error, was, flow.cursor);
        if (control_.threads.error == 0) {
            control_.threads.error = event.error;
        }
        move(Move::Fail);
        return;
    }
    ++thread_.packet;
    move(Move::Next);
}

/// Channels take packets as soon as the stream has begun, whatever the threads are at.
void DestinationRun::packet_arrived() {
    if (flow.finished || control_.threads.count == 0 || control_.channel_error != 0) {
        return;
    }
    LMSIM_ASSERT(event.device < control_.threads.count);
    DeviceThread& thread = thread_[event.device];
    const bool twice = event.value0 != thread.arrived || thread.last_known;
    const bool full = config.queue_cap != 0 && event.value1 > config.queue_cap;
    if (twice || full) {
        const auto error = full ? vfio::Errno::NoMemory : vfio::Errno::Invalid;
        control_.channel_error = static_cast<std::int32_t>(error);
        return;
    }
    if (event.marker == Marker::ConfigSpace) {
        thread.last_known = true;
        thread.last = thread.arrived;
    }
    ++thread.arrived;
    settle_thread(event.device);
}

void DestinationRun::settle_thread(std::uint16_t index) {
    LoadThreadRun(control_, device, thread_[index], event, config, rules, effects).settle();
}

void DestinationRun::thread_answered() {
    const std::uint16_t index = thread_of(event.ticket);
    LoadThreadRun run(control_, device, thread_[index], event, config, rules, effects);
    run.take_answer();
    run.settle();
    if (control_.threads.waited_for && !threads_work()) {
        control_.threads.waited_for = false;
        released();
    }
}

/// One after the other, as devices have numbers.
void DestinationRun::thread_started() {
    const std::uint16_t index = flow.cursor;
    LoadThreadRun(control_, device, thread_[index], event, config, rules, effects).begin(index);
    ++flow.cursor;
    if (flow.cursor < config.devices) {
        call(Call::StartThread, flow.cursor);
    } else {
        load_ends();
    }
}

/// Those that wait for the lock, or for what the main thread has just come to.
void DestinationRun::settle_threads() {
    for (std::uint16_t i = 0; i < control_.threads.count && flow.ticket == 0; ++i) {
        const DeviceThread& one = thread_[i];
        if (is(one.state, LoadThread::Lock) || is(one.state, LoadThread::Late)) {
            settle_thread(i);
        }
    }
}

void DestinationRun::abort_threads() {
    control_.threads.abort = true;
    for (std::uint16_t i = 0; i < control_.threads.count; ++i) {
        settle_thread(i);
    }
}

bool DestinationRun::threads_work() const {
    return any_busy(thread_, control_.threads.count, ended, failed);
}

/// At the stream's end, with the big lock dropped.
void DestinationRun::join_threads() {
    std::int32_t error =
        control_.threads.error != 0 ? control_.threads.error : control_.channel_error;
    if (error == 0 && control_.closed && threads_work()) {
        error = static_cast<std::int32_t>(vfio::Errno::Io);  // the channels are closed, too
    }
    if (error != 0) {
        abort_threads();
    }
    if (threads_work()) {
        return;
    }
    if (error != 0) {
        flow.error = control_.threads.error;  // has been told
        stop_with(error, Call::None, no_device);
    } else if (move(Move::Skip)) {
        stream_ends();
    }
}

}  // namespace lmsim::host::vmm
