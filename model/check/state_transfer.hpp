#pragma once

#include "model/check/place.hpp"

namespace lmsim::check {

/// The controller state of one VF on its way.
template <class Bounds>
struct StateTransfer {
    bool saved = false;
    bool loaded = false;
    bool stale = false;   // the source went on after it was saved
    bool struck = false;  // the destination's controller was reset, and its host cannot know
    typename Bounds::Digest digest = 0;

    /// Member by member: a new one would bring padding of its own into states that are compared.
    void clear() {
        saved = loaded = stale = struck = false;
        digest = 0;
    }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.saved, self.loaded, self.stale, self.struck, self.digest);
    }
};

template <class Bounds>
const Invariant* on_state(StateTransfer<Bounds>& state, Place<Bounds>& from, const Vm& vm,
                          const Observation& o) {
    const auto digest = static_cast<typename Bounds::Digest>(o.value);
    if (o.what == What::StateSaved) {
        const bool struck = state.struck;  // pieces arrive before all is saved
        state.clear();
        state.struck = struck;
        state.saved = true;
        state.digest = digest;
        from.still |= still::saved;
        return nullptr;
    }
    state.loaded = true;
    state.struck = false;
    if (state.stale || vm.on(source)) {
        state.stale = true;
        return nullptr;  // it harms nobody until the VM starts on it
    }
    const bool whole = state.saved;
    const bool same = state.digest == digest;
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

/// The destination's controller was reset. If its host cannot know, then the VM finds what it would
/// find had it run already: a VF that was reset.
template <class Bounds>
void lose_state(StateTransfer<Bounds>& state, bool unasked) {
    state.loaded = false;
    state.struck = unasked;
}

/// The vCPUs start on the destination.
template <class Bounds>
const Invariant* state_is_there(const StateTransfer<Bounds>& state) {
    return state.stale || (state.saved && !state.loaded && !state.struck)
               ? invariant(Inv::StateIsLast)
               : nullptr;
}

}  // namespace lmsim::check
