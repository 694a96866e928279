#pragma once

#include "model/check/place.hpp"

namespace lmsim::check {

/// The controller state of one VF on its way.
template <class Bounds>
struct StateTransfer {
    bool saved = false;
    bool loaded = false;
    bool stale = false;  // the source went on after it was saved
    typename Bounds::Digest digest = 0;

    /// Member by member: a new one would bring padding of its own into states that are compared.
    void clear() {
        saved = loaded = stale = false;
        digest = 0;
    }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.saved, self.loaded, self.stale, self.digest);
    }
};

template <class Bounds>
const Invariant* on_state(StateTransfer<Bounds>& state, Place<Bounds>& from, const Observation& o) {
    const auto digest = static_cast<typename Bounds::Digest>(o.value);
    if (o.what == What::StateSaved) {
        state.clear();
        state.saved = true;
        state.digest = digest;
        from.still |= still::saved;
        return nullptr;
    }
    const bool whole = state.saved;
    const bool same = state.digest == digest;
    state.loaded = true;
    return !whole ? invariant(Inv::StateWasSaved) : same ? nullptr : invariant(Inv::StateIsKept);
}

/// The source's controller works again. It may: then the state that was saved is none any more.
template <class Bounds>
void source_goes_on(StateTransfer<Bounds>& state, Place<Bounds>& from) {
    if (state.saved) {
        state.clear();
        state.stale = true;
    }
    from.still &= static_cast<std::uint8_t>(~still::saved);
}

/// The vCPUs start on the destination.
template <class Bounds>
const Invariant* state_is_there(const StateTransfer<Bounds>& state) {
    return state.stale || (state.saved && !state.loaded) ? invariant(Inv::StateIsLast) : nullptr;
}

}  // namespace lmsim::check
