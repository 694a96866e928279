#pragma once

#include "model/check/place.hpp"

namespace lmsim::check {

/// What holds while the controller is suspended.
constexpr Inv while_suspended(What what) {
    switch (what) {
        case What::Fetches:
        case What::Reads: return Inv::SuspendedFetchesNothing;
        case What::Interrupts: return Inv::SuspendedIsSilent;
        default: return Inv::SuspendedWritesNothing;
    }
}

/// The VF on `place` fetched, read, wrote or interrupted.
template <class Bounds>
const Invariant* on_touch(const Place<Bounds>& place, const Vm& vm, const Observation& o) {
    if ((place.still & still::suspended) != 0) {
        return invariant(while_suspended(o.what));
    }
    if ((place.still & still::stopped) != 0) {
        return invariant(Inv::VfioStopped);
    }
    if ((place.still & still::suspending) != 0 && o.what == What::Fetches) {
        return invariant(Inv::SuspendingFetchesNothing);
    }
    return vm.runs != 0 && !vm.on(o.host) ? invariant(Inv::WorksForOwner) : nullptr;
}

/// Of the queue that it used, if that is known.
template <class Bounds>
const Invariant* on_queue_use(Place<Bounds>& place, const Observation& o) {
    const bool sq_ended = place.sq.at(o.queue) == QueueLife::Ended;
    const bool cq_ended =
        o.what == What::Posted && o.value != 0 && place.cq.at(o.value - 1) == QueueLife::Ended;
    return sq_ended || cq_ended ? invariant(Inv::QueueIsAlive) : nullptr;
}

template <class Bounds>
void on_queue_life(Place<Bounds>& place, const Observation& o) {
    auto& queues = (o.flags & flag::is_cq) != 0 ? place.cq : place.sq;
    queues.at(o.queue) = o.what == What::QueueCreated ? QueueLife::Live : QueueLife::Ended;
}

template <class Bounds>
void reset(Place<Bounds>& place) {
    place.still = 0;
    place.vfio = vfio_unknown;
    for (auto* queues : {&place.sq, &place.cq}) {
        queues->for_each(
            [](QueueLife& life) { life = life == QueueLife::Unknown ? life : QueueLife::Ended; });
    }
}

}  // namespace lmsim::check
