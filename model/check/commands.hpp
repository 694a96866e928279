#pragma once

#include "model/check/place.hpp"

namespace lmsim::check {

/// Of an identifier: what its command has come to.
enum class Fate : std::uint8_t { None, Open, Waits, PostedHere, PostedThere };

/// The guest's commands of one VF.
template <class Bounds>
struct Commands {
    using Queue = typename Bounds::template OfCids<Fate>;
    typename Bounds::template Table<Queue, Bounds::queues> fate;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.fate);
    }
};

constexpr Fate posted_on(std::uint8_t host) {
    return host == source ? Fate::PostedHere : Fate::PostedThere;
}

inline const Invariant* post(Fate& fate, std::uint8_t host) {
    switch (fate) {
        case Fate::None: return invariant(Inv::CompletesOnce);
        case Fate::Open:
        case Fate::Waits: fate = posted_on(host); return nullptr;
        default:
            return invariant(fate == posted_on(host) ? Inv::CompletesOnce
                                                     : Inv::CompletesOnOneSide);
    }
}

template <class Bounds>
const Invariant* on_command(Commands<Bounds>& commands, const Observation& o) {
    if (o.what == What::Abandoned && o.cid == every_cid) {
        for (auto& queue : commands.fate) {
            queue.for_each([](Fate& fate) { fate = Fate::None; });
        }
        return nullptr;
    }
    Fate& fate = commands.fate.at(o.queue).at(o.cid);
    const Fate was = fate;
    switch (o.what) {
        case What::Submitted:
            fate = (o.flags & flag::may_wait) != 0 ? Fate::Waits : Fate::Open;
            return was == Fate::None ? nullptr : invariant(Inv::IdentifierIsFree);
        case What::Posted: return post(fate, o.host);
        case What::Completed:
            fate = Fate::None;
            return was == Fate::None                         ? invariant(Inv::CompletesOnce)
                   : was == Fate::Open || was == Fate::Waits ? invariant(Inv::TakenWasPosted)
                                                             : nullptr;
        default: fate = Fate::None; return nullptr;
    }
}

/// The destination's controller was reset before the VM ran there: nobody will find what it has
/// completed. If the VM goes on at the source, that is where it has to be completed.
template <class Bounds>
void lose_completions(Commands<Bounds>& commands) {
    for (auto& queue : commands.fate) {
        queue.for_each([](Fate& fate) { fate = fate == Fate::PostedThere ? Fate::Open : fate; });
    }
}

/// At rest.
template <class Bounds>
const Invariant* all_complete(const Commands<Bounds>& commands) {
    bool all = true;
    for (const auto& queue : commands.fate) {
        queue.for_each([&all](Fate fate) { all &= fate == Fate::None || fate == Fate::Waits; });
    }
    return all ? nullptr : invariant(Inv::CompletesAtAll);
}

}  // namespace lmsim::check
