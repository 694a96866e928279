#pragma once

#include "model/explore/world/play.hpp"

// Both VMMs of a migration, with what stands between them. Members that only a world of two hosts
// has are instantiated for such worlds alone.
namespace lmsim::explore::world {

/// Bits of what the source decides with an answer.
namespace verdict {
constexpr std::uint8_t exact = 1;  // the estimate is below the threshold
constexpr std::uint8_t ready = 2;  // the pending bytes fit
constexpr std::uint8_t quota = 4;  // the window's quota is spent
constexpr std::uint8_t go_on = exact | ready;
}  // namespace verdict

/// Does the source decide something with the answer that it waits for?
inline bool decides(const host::vmm::SourceControl& control) {
    return control.switchover == 0 && control.rollback == 0 &&
           control.precopy >= static_cast<std::uint8_t>(host::vmm::Precopy::SetupSize);
}

/// Nobody but its VMM can tell when the call was done.
inline bool is_unseen(host::vmm::Call call) {
    using host::vmm::Call;
    switch (call) {
        case Call::DirtyLogStart:
        case Call::DirtyLogStop:
        case Call::QueryStopCopySize:
        case Call::QueryPrecopyInfo:
        case Call::RamSyncBitmap:
        case Call::BlockFlush:
        case Call::LoadRam:
        case Call::LoadNonIterable: return true;
        default: return false;
    }
}

/// The process of the destination is gone, or refuses the stream.
inline bool is_dead(const host::vmm::DestinationControl& control) {
    return control.flow.finished && control.flow.outcome != host::vmm::Outcome::Completed;
}

template <class W>
void Play<W>::begin_migration() {
    tell(check::What::MigrationBegins, check::source);
    give(check::source, host::vmm::occurrence(host::vmm::EventKind::Start, 0));
    give(check::destination, host::vmm::occurrence(host::vmm::EventKind::Start, 0));
}

template <class W>
void Play<W>::give(std::uint8_t host, const host::vmm::Event& event) {
    auto& journey = w.journey();
    {
        Scratch::Lease effects(scratch_);
        if (host == check::source) {
            host::vmm::step(journey.source, event, s.vmm, s.rules, *effects);
        } else {
            host::vmm::step(journey.destination, event, s.vmm, s.rules, *effects);
        }
        for (const Effect& effect : *effects) {
            if (effect.kind == EffectKind::StartTimer) {
                journey.call[host] = Outstanding{};
                journey.call[host].active = true;
                journey.call[host].timer = true;
                journey.call[host].ticket = effect.ticket;
            } else if (effect.kind == EffectKind::Call) {
                asked(host, effect);
            } else if (effect.kind == EffectKind::Report) {
                reported(host, effect);
            }
        }
    }
    const Outstanding& call = journey.call[host];
    const auto what = static_cast<host::vmm::Call>(call.call);
    if (!call.active || call.timer) {
        return;
    }
    if (what == host::vmm::Call::SetDeviceState) {
        if (!w.vf[host][call.device].waiting) {
            set_state(host, call.device, static_cast<vfio::MigState>(call.token2));
        }
    } else if (!s.config.exact_calls && is_unseen(what) &&
               (host != check::source || !decides(journey.source.control))) {
        this->call(host, verdict::go_on);
    }
}

template <class W>
void Play<W>::asked(std::uint8_t host, const Effect& call) {
    Outstanding& now = w.journey().call[host];
    now = Outstanding{};
    now.active = true;
    now.call = static_cast<std::uint8_t>(call.token);
    now.device =
        call.function == host::vmm::no_device ? no_one : static_cast<std::uint8_t>(call.function);
    now.token2 = static_cast<std::uint8_t>(call.token2);
    now.token3 = static_cast<std::uint8_t>(call.token3);
    now.length = static_cast<std::uint16_t>(call.length);
    now.ticket = call.ticket;
}

template <class W>
void Play<W>::reported(std::uint8_t host, const Effect& report) {
    using host::vmm::Outcome;
    if (static_cast<host::vmm::Report>(report.token) != host::vmm::Report::Outcome) {
        return;
    }
    const auto outcome = static_cast<Outcome>(report.token2);
    const unsigned here = 1U << host;
    if (outcome == Outcome::Aborted) {
        // The process ends, and the VM with it if it is here.
        if (host == check::source || (w.running & here) != 0) {
            tell(check::What::VmEnds, host);
        }
        w.running = static_cast<std::uint8_t>(w.running & ~here);
        w.journey().closed = w.journey().closed || host == check::source;
    }
    if (host == check::source) {
        const bool well = outcome == Outcome::Completed;
        tell(well ? check::What::MigrationCompleted : check::What::MigrationAborted, host);
        if (!well && s.config.completes && w.faults == 0 && broken == nullptr) {
            broken = &undisturbed_completes;
        }
    }
}

/// The outstanding call, or the timer, of this side is over.
template <class W>
void Play<W>::answered(std::uint8_t host, std::uint16_t error, std::uint64_t value,
                       std::uint8_t chosen) {
    using host::vmm::Verdict;
    const Outstanding call = w.journey().call[host];
    if (!call.active) {
        return;
    }
    w.journey().call[host] = Outstanding{};
    host::vmm::Event event = call.timer ? host::vmm::occurrence(host::vmm::EventKind::TimerFired, 0)
                                        : host::vmm::answer(call.ticket, 0, error, value);
    event.ticket = call.ticket;
    if (host == check::source) {
        const auto judge = [chosen](std::uint8_t bit) {
            return (chosen & bit) != 0 ? Verdict::Yes : Verdict::No;
        };
        event.exact = judge(verdict::exact);
        event.ready = judge(verdict::ready);
        event.quota = judge(verdict::quota);
    }
    give(host, event);
}

template <class W>
void Play<W>::call(std::uint8_t host, std::uint8_t chosen) {
    const Outstanding call = w.journey().call[host];
    std::uint64_t value = 0;
    const std::uint16_t error = call.timer ? std::uint16_t{0} : perform(host, call, value);
    answered(host, error, value, chosen);
}

template <class W>
std::uint16_t Play<W>::perform(std::uint8_t host, const Outstanding& call, std::uint64_t& value) {
    using host::vmm::Call;
    using host::vmm::Marker;
    using host::vmm::Message;
    Parcel parcel;
    parcel.device = call.device;
    switch (static_cast<Call>(call.call)) {
        case Call::ResetDevice:
        case Call::ReleaseDevice: reset_vf(host, call.device); return 0;
        case Call::ResumeVcpus: run_vcpus(host); return 0;
        case Call::PauseVcpus:
            w.running = static_cast<std::uint8_t>(w.running & ~(1U << host));
            tell(check::What::VmStops, host);
            return 0;
        case Call::QueryStopCopySize: value = Scratch::room; return 0;
        case Call::ReadDeviceBlock:
            return static_cast<std::uint16_t>(read_state(host, call.device, value));
        case Call::WriteDeviceBlock:
            return static_cast<std::uint16_t>(
                write_state(host, call.device, w.vf[host][call.device].arrived));
        case Call::RamSendSlice: parcel.message = Message::Ram; return send(host, parcel);
        case Call::SendDeviceBlock:
            parcel.message = Message::DeviceData;
            parcel.marker = static_cast<Marker>(call.token3);
            parcel.length = call.length;
            parcel.content = call.length == 0 ? 0 : w.vf[host][call.device].arrived;
            return send(host, parcel);
        case Call::SaveNonIterable:
            parcel.message = Message::NonIterable;
            return send(host, parcel);
        case Call::SendMessage:
            parcel.message = static_cast<Message>(call.token2);
            parcel.error = call.token3;
            return send(host, parcel);
        case Call::CloseChannel: w.journey().closed = true; return 0;
        default: return 0;
    }
}

/// Nobody takes what is sent over a connection that is broken.
template <class W>
std::uint16_t Play<W>::send(std::uint8_t host, const Parcel& parcel) {
    auto& journey = w.journey();
    if (journey.cut || (host == check::source && is_dead(journey.destination.control))) {
        return static_cast<std::uint16_t>(vfio::Errno::Io);
    }
    (host == check::source ? journey.forward : journey.back).push(parcel);
    return 0;
}

template <class W>
void Play<W>::run_vcpus(std::uint8_t host) {
    w.running = static_cast<std::uint8_t>(w.running | 1U << host);
    w.owner = host;
    tell(check::What::VmRuns, host);
    for (std::uint8_t vf = 0; vf < vfs; ++vf) {
        if (w.vf[host][vf].struck && !w.guest[vf].lost) {
            lose(vf);
        }
    }
}

template <class W>
void Play<W>::deliver() {
    const Parcel parcel = w.journey().forward.pop();
    host::vmm::Event event = host::vmm::occurrence(host::vmm::EventKind::Message, 0);
    event.message = parcel.message;
    event.device = parcel.device == no_one ? host::vmm::no_device : parcel.device;
    event.marker = parcel.marker;
    event.length = parcel.length;
    if (parcel.content != 0) {
        w.vf[check::destination][parcel.device].arrived = parcel.content;
    }
    give(check::destination, event);
}

template <class W>
void Play<W>::deliver_back() {
    const Parcel parcel = w.journey().back.pop();
    host::vmm::Event event = host::vmm::occurrence(host::vmm::EventKind::ReturnPath, 0);
    event.message = parcel.message;
    event.error = parcel.error;
    give(check::source, event);
}

template <class W>
void Play<W>::tell_closed() {
    w.journey().told_closed = true;
    give(check::destination, host::vmm::occurrence(host::vmm::EventKind::ChannelClosed, 0));
}

/// The source's end of the return path finds that nobody is there.
template <class W>
void Play<W>::tell_cut() {
    w.journey().told_cut = true;
    host::vmm::Event event = host::vmm::occurrence(host::vmm::EventKind::ReturnPath, 0);
    event.message = host::vmm::Message::Shut;
    event.error = static_cast<std::int32_t>(vfio::Errno::Io);
    give(check::source, event);
}

template <class W>
void Play<W>::cancel() {
    give(check::source, host::vmm::occurrence(host::vmm::EventKind::Cancel, 0));
}

/// The oldest parcel with device state loses its last four bytes.
template <class W>
void Play<W>::damage() {
    for (Parcel& parcel : w.journey().forward.parcel) {
        if (parcel.content != 0) {
            parcel.content = scratch_.contents.shortened(parcel.content, 4);
            parcel.length -= 4;
            return;
        }
    }
}

template <class W>
void Play<W>::cut() {
    w.journey().cut = true;
    w.journey().forward = Lane{};
    w.journey().back = Lane{};
}

}  // namespace lmsim::explore::world
