#pragma once

#include <deque>
#include <string>
#include <vector>

#include "model/host/vmm/engine.hpp"
#include "model/spec/rules.hpp"
#include "tests/catch.hpp"

// Both engines in a world of plain numbers: every call takes a fixed time, RAM is a count of dirty
// pages, a device is a count of bytes. The world checks what must always hold and can break any one
// call.
namespace lmsim::host::vmm::test {

struct ToyDevice {
    MigState state = MigState::RUNNING;
    std::uint64_t stop_copy = 0;  // bytes to read in STOP_COPY
    std::uint64_t precopy_initial = 0;
    std::uint64_t precopy_dirty = 0;
    std::uint64_t left = 0;     // of the open session
    std::uint64_t written = 0;  // on the destination
    bool released = false;
};

struct Seen {
    bool source;
    Call call;
    std::uint16_t device;
    std::uint64_t token2;
    std::uint64_t token3;
    std::uint64_t length;
    std::int64_t at_ms;
};

struct Figure {
    bool source;
    Report what;
    std::uint64_t value;
    std::uint64_t value3;
    std::uint16_t device;
    std::int64_t at_ms;
};

class Toy {
  public:
    Config config;
    spec::Rules rules;
    Source<4> source;
    Destination<4> destination;
    ToyDevice src[4];
    ToyDevice dst[4];

    std::uint64_t ram_dirty = 1000;  // pages
    std::uint64_t dirty_per_ms = 0;  // pages, while vCPUs run
    std::uint64_t bytes_per_ms = 1000000;
    std::uint64_t throttle = 0;  // percent, as the source says
    std::int64_t now = 1000;
    std::int64_t limit = 1000000;  // ms, then the run gives up

    int fail_call = -1;       // the number of the call to fail, counted over both sides
    int fail_times = 1;       // and how many in a row
    int cancel_at_call = -1;  // cancel when this call of the source is asked
    fsm::Watcher* watcher = nullptr;
    bool drop_return = false;    // the return path breaks before SHUT arrives
    bool threads_first = false;  // devices' threads are faster than the main ones
    bool reinit = false;         // once the vCPUs stand, devices have new initial bytes

    std::uint64_t waiting[4] = {};  // bytes of packets that came, less those written
    std::vector<Seen> calls;
    std::vector<Figure> figures;

    void run() {
        give(true, occurrence(EventKind::Start, now));
        give(false, occurrence(EventKind::Start, now));
        while (now < limit && serve()) {
        }
    }

    bool vcpus_run() const { return vcpus_; }
    bool destination_runs() const { return destination_vcpus_; }
    Outcome outcome() const { return source.control.flow.outcome; }
    void tell_destination(EventKind kind) {
        give(false, occurrence(kind, now));
        while (serve_destination() || serve_threads()) {
        }
    }

    const Figure* figure(Report what) const {
        for (const Figure& one : figures) {
            if (one.what == what) {
                return &one;
            }
        }
        return nullptr;
    }
    int first_set(MigState state, bool of_source) const {
        for (std::size_t i = 0; i < calls.size(); ++i) {
            if (calls[i].call == Call::SetDeviceState && calls[i].source == of_source &&
                calls[i].token2 == static_cast<std::uint64_t>(state)) {
                return static_cast<int>(i);
            }
        }
        return -1;
    }
    int first(Call call, bool of_source = true, std::uint16_t device = 0x7fff) const {
        for (std::size_t i = 0; i < calls.size(); ++i) {
            if (calls[i].call == call && calls[i].source == of_source &&
                (device == 0x7fff || calls[i].device == device)) {
                return static_cast<int>(i);
            }
        }
        return -1;
    }
    /// How often one side sent it.
    int sent(Message message, bool of_source) const {
        int times = 0;
        for (const Seen& one : calls) {
            times += one.source == of_source && one.call == Call::SendMessage &&
                             one.token2 == static_cast<std::uint64_t>(message)
                         ? 1
                         : 0;
        }
        return times;
    }
    /// The SETs of one side as "0>PRE_COPY 1>STOP ...".
    std::string sets(bool of_source) const {
        std::string text;
        for (const Seen& one : calls) {
            if (one.call == Call::SetDeviceState && one.source == of_source) {
                text += text.empty() ? "" : " ";
                text += std::to_string(one.device) + ">" + name(one.token2);
            }
        }
        return text;
    }
    static std::string name(std::uint64_t state) {
        constexpr const char* names[] = {"ERROR",    "STOP",        "RUNNING",  "STOP_COPY",
                                         "RESUMING", "RUNNING_P2P", "PRE_COPY", "PRE_COPY_P2P"};
        return names[state];
    }

  private:
    struct Pending {
        bool there = false;
        bool timer = false;
        Effect effect;
        bool broken = false;
    };
    struct InFlight {
        Message message;
        std::uint16_t device;
        std::uint64_t length;
        Marker marker;
        std::int32_t error;
    };

    struct Packet {
        std::uint16_t device;
        std::uint64_t number;
        std::uint64_t length;
        bool config;
    };

    bool serve() {
        if (threads_first) {
            return serve_threads() || serve_destination() || serve_source();
        }
        return serve_destination() || serve_source() || serve_threads();
    }

    void give(bool to_source, const Event& event) {
        Effects effects;
        effects.watcher = watcher;
        if (to_source) {
            step(source, event, config, rules, effects);
        } else {
            step(destination, event, config, rules, effects);
        }
        for (const Effect& effect : effects) {
            take(to_source, effect);
        }
    }

    void take(bool of_source, const Effect& effect) {
        Pending& pending = of_source ? source_ : destination_;
        if (effect.kind == EffectKind::Report) {
            figures.push_back({of_source, static_cast<Report>(effect.token), effect.token2,
                               effect.token3, effect.function, now});
            if (figures.back().what == Report::CpuThrottle) {
                throttle = effect.token2;
            }
        }
        if (effect.kind != EffectKind::Call && effect.kind != EffectKind::StartTimer) {
            return;
        }
        const bool of_thread = (effect.ticket & thread_mark) != 0;
        if (effect.kind == EffectKind::Call && of_thread) {
            take_call(of_source, effect, thread_[of_source ? 0 : 1][thread_of(effect.ticket)]);
            return;
        }
        take_call(of_source, effect, pending);
    }

    void take_call(bool of_source, const Effect& effect, Pending& pending) {
        REQUIRE_FALSE(pending.there);  // one call at a time
        pending = {true, effect.kind == EffectKind::StartTimer, effect, false};
        if (pending.timer) {
            return;
        }
        const int number = static_cast<int>(calls.size());
        pending.broken = fail_call >= 0 && number >= fail_call && number < fail_call + fail_times;
        calls.push_back({of_source, static_cast<Call>(effect.token), effect.function, effect.token2,
                         effect.token3, effect.length, now});
        cancel_now_ = cancel_now_ || number == cancel_at_call;
    }

    void pass(std::int64_t ms) {
        now += ms;
        if (vcpus_) {
            fresh_dirty_ += dirty_per_ms * static_cast<std::uint64_t>(ms) * (100 - throttle) / 100;
        }
    }

    bool serve_source() {
        if (cancel_now_) {
            cancel_now_ = false;
            give(true, occurrence(EventKind::Cancel, now));
            return true;
        }
        if (!back_.empty()) {
            Event event = occurrence(EventKind::ReturnPath, now);
            event.message = back_.front().message;
            event.error = back_.front().error;
            back_.pop_front();
            give(true, event);
            return true;
        }
        if (!source_.there) {
            return false;
        }
        const Pending asked = source_;
        source_.there = false;
        if (asked.timer) {
            pass(static_cast<std::int64_t>(asked.effect.length / 1000000000));
            Event event = occurrence(EventKind::TimerFired, now);
            event.ticket = asked.effect.ticket;
            give(true, event);
            return true;
        }
        give(true, asked.broken ? broken(asked.effect) : perform_source(asked.effect));
        return true;
    }

    /// The first packet that has come, or the first call under way.
    bool serve_threads() {
        for (int side = 0; side < 2; ++side) {
            for (Pending& pending : thread_[side]) {
                if (pending.there) {
                    const Pending asked = pending;
                    pending.there = false;
                    give(side == 0, asked.broken ? broken(asked.effect)
                                    : side == 0  ? perform_source(asked.effect)
                                                 : perform_destination(asked.effect));
                    return true;
                }
            }
        }
        if (packets_.empty()) {
            return false;
        }
        const Packet packet = packets_.front();
        packets_.pop_front();
        Event event = occurrence(EventKind::DevicePacket, now);
        event.device = packet.device;
        event.value0 = packet.number;
        event.length = packet.length;
        event.marker = packet.config ? Marker::ConfigSpace : Marker::None;
        waiting[packet.device] += packet.length;
        event.value1 = waiting[packet.device];
        give(false, event);
        return true;
    }

    bool serve_destination() {
        if (destination_.there) {
            const Pending asked = destination_;
            destination_.there = false;
            if (asked.broken && static_cast<Call>(asked.effect.token) == Call::SendMessage) {
                back_.push_back({Message::Shut, no_device, 0, Marker::None, 5});  // path broken
            }
            give(false, asked.broken ? broken(asked.effect) : perform_destination(asked.effect));
            return true;
        }
        if (destination.control.flow.finished && !told_broken_ && config.return_path &&
            destination.control.flow.outcome == Outcome::Failed) {
            told_broken_ = true;
            back_.push_back({Message::Shut, no_device, 0, Marker::None, 5});  // its process is gone
        }
        if (!ready_for_message(destination.control)) {
            return false;
        }
        if (!wire_.empty()) {
            Event event = occurrence(EventKind::Message, now);
            event.message = wire_.front().message;
            event.device = wire_.front().device;
            event.length = wire_.front().length;
            event.marker = wire_.front().marker;
            wire_.pop_front();
            give(false, event);
            return true;
        }
        if (closed_ && !told_closed_) {
            told_closed_ = true;
            give(false, occurrence(EventKind::ChannelClosed, now));
            return true;
        }
        return false;
    }

    Event broken(const Effect& effect) {
        pass(1);
        return answer(effect.ticket, now, 5);
    }

    Event perform_source(const Effect& effect);
    Event perform_destination(const Effect& effect);
    Event set_state(ToyDevice& device, const Effect& effect);
    std::uint64_t ram_slice(const Effect& effect);

    Pending source_;
    Pending destination_;
    Pending thread_[2][4];
    std::deque<Packet> packets_;
    std::deque<InFlight> wire_;
    std::deque<InFlight> back_;
    std::uint64_t fresh_dirty_ = 0;  // not yet in the bitmap
    bool vcpus_ = true;
    bool destination_vcpus_ = false;
    bool cancel_now_ = false;
    bool closed_ = false;
    bool told_closed_ = false;
    bool told_broken_ = false;
};

inline Event Toy::set_state(ToyDevice& device, const Effect& effect) {
    device.state = static_cast<MigState>(effect.token2);
    if (device.state == MigState::PRE_COPY) {
        device.left = device.precopy_initial + device.precopy_dirty;
    } else if (device.state == MigState::STOP_COPY) {
        device.left = device.stop_copy;
    }
    pass(2);
    return answer(effect.ticket, now);
}

inline std::uint64_t Toy::ram_slice(const Effect& effect) {
    std::uint64_t pages = ram_dirty;
    const std::uint64_t page = config.page_bytes;
    if (effect.length != 0 && pages * page >= effect.length) {
        pages = (effect.length + page - 1) / page;
    }
    if (effect.token2 != 0 && pages * page > bytes_per_ms * effect.token2) {
        pages = bytes_per_ms * effect.token2 / page;
    }
    ram_dirty -= pages;
    return pages;
}

inline Event Toy::perform_source(const Effect& effect) {
    ToyDevice& device = src[effect.function & 3];
    const auto done = [&](std::int64_t ms, std::uint64_t value0 = 0, std::uint64_t value1 = 0) {
        pass(ms);
        return answer(effect.ticket, now, 0, value0, value1);
    };
    switch (static_cast<Call>(effect.token)) {
        case Call::SetDeviceState: return set_state(device, effect);
        case Call::ResetDevice: device.state = MigState::RUNNING; return done(3);
        case Call::PauseVcpus: vcpus_ = false; return done(1);
        case Call::ResumeVcpus:
            for (int i = 0; i < config.devices; ++i) {
                REQUIRE(src[i].state == MigState::RUNNING);
            }
            vcpus_ = true;
            return done(1);
        case Call::QueryStopCopySize: return done(0, device.stop_copy);
        case Call::QueryPrecopyInfo: {
            Event info = done(
                0, device.precopy_initial < device.left ? device.precopy_initial : device.left,
                device.left > device.precopy_initial ? device.left - device.precopy_initial : 0);
            info.length = reinit && !vcpus_ ? 1 : 0;
            return info;
        }
        case Call::RamSyncBitmap: {
            const std::uint64_t fresh = fresh_dirty_;
            fresh_dirty_ = 0;
            ram_dirty += fresh;
            return done(1, ram_dirty, fresh);
        }
        case Call::RamSendSlice: {
            const std::uint64_t bytes = ram_slice(effect) * config.page_bytes;
            wire_.push_back({Message::Ram, no_device, bytes, Marker::None, 0});
            return done(static_cast<std::int64_t>(bytes / bytes_per_ms) + 1, bytes, ram_dirty);
        }
        case Call::ReadDeviceBlock: {
            const std::uint64_t bytes = device.left < effect.length ? device.left : effect.length;
            device.left -= bytes;
            return done(0, bytes);
        }
        case Call::SendDeviceBlock: {
            wire_.push_back({Message::DeviceData, effect.function, effect.length,
                             static_cast<Marker>(effect.token3), 0});
            const std::uint64_t bytes = effect.length + effect.address;
            return done(static_cast<std::int64_t>(bytes / bytes_per_ms), bytes);
        }
        case Call::QueueDevicePacket:
            packets_.push_back({effect.function, effect.token2, effect.length, effect.token3 != 0});
            return done(1, effect.length + effect.address);
        case Call::SaveNonIterable:
            wire_.push_back({Message::NonIterable, effect.function, 100, Marker::None, 0});
            return done(1, 100);
        case Call::SendMessage:
            wire_.push_back({static_cast<Message>(effect.token2), no_device, 0, Marker::None, 0});
            return done(0, 8);
        case Call::CloseChannel: closed_ = true; return done(0);
        default: return done(1);
    }
}

inline Event Toy::perform_destination(const Effect& effect) {
    ToyDevice& device = dst[effect.function & 3];
    const auto done = [&](std::int64_t ms) {
        pass(ms);
        return answer(effect.ticket, now);
    };
    switch (static_cast<Call>(effect.token)) {
        case Call::SetDeviceState: return set_state(device, effect);
        case Call::ResetDevice: device.state = MigState::RUNNING; return done(3);
        case Call::ReleaseDevice: device.released = true; return done(1);
        case Call::WriteDeviceBlock:
            REQUIRE(device.state == MigState::RESUMING);
            if ((effect.ticket & thread_mark) != 0) {  // packets are 1 MiB or the rest
                const std::uint64_t most = std::uint64_t{1} << 20;
                const std::uint64_t bytes =
                    waiting[effect.function] < most ? waiting[effect.function] : most;
                waiting[effect.function] -= bytes;
                device.written += bytes;
                return done(4);
            }
            device.written += effect.length;
            return done(1);
        case Call::ResumeVcpus:
            for (int i = 0; i < config.devices; ++i) {
                REQUIRE(dst[i].state == MigState::RUNNING);
            }
            destination_vcpus_ = true;
            return done(1);
        case Call::SendMessage: {
            const auto message = static_cast<Message>(effect.token2);
            const bool dropped = drop_return && message == Message::Shut;
            back_.push_back({message, no_device, 0, Marker::None,
                             dropped ? 5 : static_cast<std::int32_t>(effect.token3)});
            return done(0);
        }
        default: return done(0);
    }
}

/// A world with `devices` devices that have everything, RAM that fits, and a return path.
inline Toy world(std::uint16_t devices, std::uint8_t features = vfio::all_mig_flags) {
    Toy toy;
    toy.config.devices = devices;
    toy.config.return_path = true;
    for (std::uint16_t i = 0; i < devices; ++i) {
        toy.config.features[i] = features;
        toy.src[i].stop_copy = (std::uint64_t{3} << 20) + i;
        toy.src[i].precopy_initial = 100000;
        toy.src[i].precopy_dirty = 50000;
    }
    return toy;
}

}  // namespace lmsim::host::vmm::test
