#pragma once

#include "model/check/commands.hpp"
#include "model/check/data_queue.hpp"
#include "model/check/session.hpp"
#include "model/check/state_transfer.hpp"
#include "model/check/touch.hpp"
#include "model/check/user_data.hpp"

namespace lmsim::check {

/// What is remembered of a VF.
template <class Bounds>
struct alignas(Bounds::line) WatchedVf {
    Place<Bounds> place[hosts];
    Commands<Bounds> commands;
    StateTransfer<Bounds> state;
    UserData<Bounds> user_data;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.place, self.commands, self.state, self.user_data);
    }
};

/// Watches one run: what has to be remembered of it for the invariants, and nothing that only
/// counts. With ProofBounds it is trivially copyable and part of the explored state; its VFs may be
/// permuted with those of the rest.
template <class Bounds>
struct Monitor {
    Vm vm;
    typename Bounds::template Table<WatchedVf<Bounds>, Bounds::vfs> vf;
    typename Bounds::template Table<DataQueue<Bounds>, hosts * Bounds::cdqs> cdq;
    typename Bounds::template Table<QueueLife, hosts * Bounds::buffers> buffer;
    typename Bounds::template Table<std::uint8_t, Bounds::pages> dirty;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.vm, self.vf, self.cdq, self.buffer, self.dirty);
    }
};

namespace monitor {

/// The vCPUs start on `o.host`.
template <class Bounds>
const Invariant* vm_runs(Monitor<Bounds>& m, const Observation& o) {
    m.vm.runs = static_cast<std::uint8_t>(m.vm.runs | 1U << o.host);
    m.vm.ended = false;
    const Invariant* broken = m.vm.runs == 1U << o.host ? nullptr : invariant(Inv::OneOwner);
    const auto fell = [&broken](const Invariant* what) { broken = broken ? broken : what; };
    for (WatchedVf<Bounds>& vf : m.vf) {
        if (o.host == destination) {
            fell(state_is_there(vf.state));
            fell(vf.user_data.pending.empty() ? nullptr : invariant(Inv::ChangesAreLogged));
        }
        // Whatever happens from here on happens to a VM that has arrived, or never left.
        vf.state.clear();
        vf.user_data.clear();
        vf.place[source].still &= static_cast<std::uint8_t>(~still::saved);
    }
    for (std::uint8_t& dirty : m.dirty) {
        fell(dirty != 0 && o.host == destination ? invariant(Inv::PagesAreSent) : nullptr);
        dirty = 0;
    }
    return broken;
}

template <class Bounds>
const Invariant* on_vm(Monitor<Bounds>& m, const Observation& o) {
    switch (o.what) {
        case What::VmRuns: return vm_runs(m, o);
        case What::VmStops:
            m.vm.runs = static_cast<std::uint8_t>(m.vm.runs & ~(1U << o.host));
            return nullptr;
        case What::VmEnds:
            m.vm.runs = static_cast<std::uint8_t>(m.vm.runs & ~(1U << o.host));
            m.vm.ended = true;
            return nullptr;
        case What::MigrationBegins: m.vm.journey = Journey::Begun; return nullptr;
        case What::MigrationCompleted: m.vm.journey = Journey::Completed; return nullptr;
        default: m.vm.journey = Journey::Aborted; return nullptr;
    }
}

/// Fetches, Reads, Writes, Posted, Interrupts.
template <class Bounds>
const Invariant* on_device(Monitor<Bounds>& m, WatchedVf<Bounds>& vf, const Observation& o) {
    Place<Bounds>& place = vf.place[o.host];
    const Invariant* broken = nullptr;
    if (place.still != 0 || !m.vm.on(o.host)) {
        if ((place.still & still::saved) != 0) {
            source_goes_on(vf.state, place);
        }
        broken = on_touch(place, m.vm, o);
    }
    if (o.what == What::Posted) {
        const Invariant* fell = on_command(vf.commands, o);
        broken = broken != nullptr ? broken : fell;
    }
    if (broken == nullptr && (o.what == What::Posted || o.what == What::Fetches)) {
        broken = on_queue_use(place, o);
    }
    if (broken == nullptr && o.what == What::Posted && (o.flags & flag::aborted) != 0) {
        broken = invariant(Inv::NoneIsAborted);
    }
    if (broken == nullptr && o.what == What::Writes && (o.flags & flag::outside) != 0) {
        broken = invariant(Inv::WritesInside);
    }
    const bool names_buffer = o.what == What::Writes || o.what == What::Reads;
    if (broken == nullptr && names_buffer && o.value != 0 &&
        m.buffer.at((o.value - 1) * hosts + o.host) == QueueLife::Ended) {
        broken = invariant(Inv::BufferIsAlive);
    }
    return broken;
}

template <class Bounds>
void on_controller(const Vm& vm, WatchedVf<Bounds>& vf, const Observation& o) {
    Place<Bounds>& place = vf.place[o.host];
    switch (o.what) {
        case What::Suspending: place.still |= still::suspending; break;
        case What::Suspended:
            place.still &= static_cast<std::uint8_t>(~still::suspending);
            place.still |= still::suspended;
            break;
        case What::Resumed:
            place.still &= static_cast<std::uint8_t>(~(still::suspended | still::suspending));
            if (o.host == source) {
                source_goes_on(vf.state, place);
            }
            break;
        case What::Reset:
            reset(place);
            if (o.host == destination) {
                lose_state(vf.state, (o.flags & flag::unasked) != 0);
                if (!vm.on(destination)) {
                    lose_completions(vf.commands);
                }
            }
            break;
        default: on_queue_life(place, o); break;
    }
}

template <class Bounds>
const Invariant* on_memory(Monitor<Bounds>& m, const Observation& o) {
    switch (o.what) {
        case What::BufferGiven:
        case What::BufferTaken:
            LMSIM_ASSERT(o.value != 0);
            m.buffer.at((o.value - 1) * hosts + o.host) =
                o.what == What::BufferGiven ? QueueLife::Live : QueueLife::Ended;
            return nullptr;
        case What::PageWritten:
            m.dirty.at(o.value) = m.vm.journey == Journey::Begun ? 1 : 0;
            return nullptr;
        case What::PageSent: m.dirty.at(o.value) = 0; return nullptr;
        default: return o.value == 0 ? nullptr : invariant(Inv::PagesAreSent);
    }
}

}  // namespace monitor

/// All has come to rest: nothing that was begun is under way. Returns the first invariant that does
/// not hold then.
template <class Bounds>
const Invariant* at_end(const Monitor<Bounds>& m) {
    const bool aborted = m.vm.journey == Journey::Aborted;
    if (m.vm.ended) {
        return nullptr;
    }
    if (aborted && !m.vm.on(source)) {
        return invariant(Inv::AbortKeepsVm);
    }
    if (m.vm.runs == 0) {
        return invariant(Inv::SomeOwner);
    }
    for (const WatchedVf<Bounds>& vf : m.vf) {
        for (std::uint8_t host = 0; host < hosts; ++host) {
            if (m.vm.on(host) && vf.place[host].still != 0) {
                return invariant(aborted ? Inv::AbortKeepsDevices : Inv::OwnerHasDevices);
            }
        }
        if (const Invariant* broken = all_complete(vf.commands)) {
            return broken;
        }
    }
    return nullptr;
}

/// The next thing that was seen. Returns the invariant that it breaks, nullptr if none.
template <class Bounds>
const Invariant* step(Monitor<Bounds>& m, const Observation& o, const spec::Rules& rules) {
    switch (o.what) {
        case What::VmRuns:
        case What::VmStops:
        case What::VmEnds:
        case What::MigrationBegins:
        case What::MigrationCompleted:
        case What::MigrationAborted: return monitor::on_vm(m, o);
        case What::Submitted:
        case What::Completed:
        case What::Abandoned: return on_command(m.vf.at(o.vf).commands, o);
        case What::Posted:
        case What::Fetches:
        case What::Reads:
        case What::Writes:
        case What::Interrupts: return monitor::on_device(m, m.vf.at(o.vf), o);
        case What::QueueCreated:
        case What::QueueDeleted:
        case What::Suspending:
        case What::Suspended:
        case What::Resumed:
        case What::Reset: monitor::on_controller(m.vm, m.vf.at(o.vf), o); return nullptr;
        case What::StateSaved:
        case What::StateLoaded: {
            WatchedVf<Bounds>& vf = m.vf.at(o.vf);
            return on_state(vf.state, vf.place[source], m.vm, o);
        }
        case What::VfioArc:
        case What::VfioState: return on_vfio_state(m.vf.at(o.vf).place[o.host], o, rules);
        case What::SessionOpened:
        case What::SessionClosed:
        case What::SessionUsed: return on_session(m.vf.at(o.vf).place[o.host], o);
        case What::BufferGiven:
        case What::BufferTaken:
        case What::PageWritten:
        case What::PageSent:
        case What::MemoryArrived: return monitor::on_memory(m, o);
        case What::LogStarts:
        case What::Changed:
        case What::Logged:
        case What::LogLost:
        case What::LogStops: on_user_data(m.vf.at(o.vf).user_data, o); return nullptr;
        case What::CdqCreated:
        case What::CdqPosted:
        case What::CdqTaken:
        case What::CdqHead:
        case What::CdqDeleted:
            return on_data_queue(m.cdq.at(std::size_t{o.queue} * hosts + o.host), o);
        case What::Rest: return at_end(m);
    }
    return nullptr;
}

}  // namespace lmsim::check
