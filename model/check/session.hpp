#pragma once

#include "model/check/place.hpp"
#include "model/spec/rules.hpp"

namespace lmsim::check {

/// Does a VFIO device in this state touch nothing?
bool is_stopped(std::uint8_t vfio_state);

/// Is there an arc of the uAPI, for a driver with any features?
bool is_arc(std::uint64_t from, std::uint64_t to, const spec::Rules& rules);

/// May state be read (`saving`), or written, in this state?
bool moves_state(std::uint8_t vfio_state, bool saving);

template <class Bounds>
const Invariant* on_vfio_state(Place<Bounds>& place, const Observation& o,
                               const spec::Rules& rules) {
    const auto moved = static_cast<std::uint8_t>(place.still & ~still::stopped);
    if (o.what == What::VfioArc) {
        // On its way to a state in which it works it works before it is there.
        if (!is_stopped(static_cast<std::uint8_t>(o.value))) {
            place.still = moved;
        }
        return nullptr;
    }
    const std::uint8_t was = place.vfio;
    place.vfio = static_cast<std::uint8_t>(o.value);
    place.still = static_cast<std::uint8_t>(moved | (is_stopped(place.vfio) ? still::stopped : 0));
    const bool agrees = was == vfio_unknown || was == o.value2;
    return agrees && (was == vfio_unknown || is_arc(o.value2, o.value, rules))
               ? nullptr
               : invariant(Inv::VfioArcs);
}

template <class Bounds>
const Invariant* on_session(Place<Bounds>& place, const Observation& o) {
    const bool this_one = place.session && place.session_number == o.cid;
    switch (o.what) {
        case What::SessionOpened: {
            const bool second = place.session;
            place.session = true;
            place.session_number = o.cid;
            return second ? invariant(Inv::VfioOneSession) : nullptr;
        }
        case What::SessionClosed:
            place.session = false;
            place.session_number = 0;
            return this_one ? nullptr : invariant(Inv::SessionIsAlive);
        default:
            if (!this_one) {
                return invariant(Inv::SessionIsAlive);
            }
            return place.vfio == vfio_unknown ||
                           moves_state(place.vfio, (o.flags & flag::saving) != 0)
                       ? nullptr
                       : invariant(Inv::VfioSessionState);
    }
}

}  // namespace lmsim::check
