#pragma once

#include "model/check/place.hpp"

namespace lmsim::check {

/// A Controller Data Queue as controller and host use it.
template <class Bounds>
struct DataQueue {
    using Slot = typename Bounds::Slot;
    QueueLife life = QueueLife::Unknown;
    Slot entries = 0;
    Slot next = 0;      // to post
    Slot take = 0;      // to take
    Slot head = 0;      // as the controller knows it
    Slot unmoved = 0;   // posted, the head not yet beyond them
    Slot untaken = 0;   // posted and not taken
    bool phase = true;  // of the next entry to post
    bool take_phase = true;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.life, self.entries, self.next, self.take, self.head, self.unmoved, self.untaken,
              self.phase, self.take_phase);
    }
};

namespace data_queue {

template <class Slot>
void advance(Slot& at, bool& phase, Slot entries) {
    at = static_cast<Slot>(at + 1 == entries ? 0 : at + 1);
    phase = at == 0 ? !phase : phase;
}

template <class Bounds>
const Invariant* posted(DataQueue<Bounds>& q, const Observation& o) {
    if (q.life == QueueLife::Ended) {
        return invariant(Inv::CdqIsAlive);
    }
    if (o.value != q.next || (o.value2 != 0) != q.phase) {
        return invariant(Inv::CdqInOrder);
    }
    if (q.unmoved == q.entries) {
        return invariant(Inv::CdqKeepsEntries);
    }
    ++q.unmoved;
    q.untaken = static_cast<typename Bounds::Slot>(q.untaken + (q.untaken < q.entries ? 1 : 0));
    advance(q.next, q.phase, q.entries);
    return nullptr;
}

template <class Bounds>
const Invariant* taken(DataQueue<Bounds>& q, const Observation& o) {
    for (std::uint32_t i = 0; i <= o.cid; ++i) {
        if (q.untaken == 0 || o.value + i != q.take || (o.value2 != 0) != q.take_phase) {
            return invariant(Inv::CdqTakenInOrder);
        }
        --q.untaken;
        advance(q.take, q.take_phase, q.entries);
    }
    return nullptr;
}

template <class Bounds>
const Invariant* head_moved(DataQueue<Bounds>& q, const Observation& o) {
    using Slot = typename Bounds::Slot;
    const auto freed = static_cast<Slot>((o.value + q.entries - q.head) % q.entries);
    const auto seen = static_cast<Slot>(q.unmoved - q.untaken);
    // A full turn of the head is no move: entries are then given back by the next one.
    if (o.value >= q.entries || freed > seen) {
        return invariant(Inv::CdqTakenInOrder);
    }
    q.unmoved = static_cast<Slot>(q.unmoved - freed);
    q.head = static_cast<Slot>(o.value);
    return nullptr;
}

}  // namespace data_queue

template <class Bounds>
const Invariant* on_data_queue(DataQueue<Bounds>& q, const Observation& o) {
    using Slot = typename Bounds::Slot;
    if (o.what == What::CdqCreated) {
        q = {};
        q.life = QueueLife::Live;
        q.entries = static_cast<Slot>(o.value);
        LMSIM_ASSERT(q.entries != 0 && q.entries == o.value);
        return nullptr;
    }
    if (q.life == QueueLife::Unknown) {
        return nullptr;
    }
    switch (o.what) {
        case What::CdqPosted: return data_queue::posted(q, o);
        case What::CdqTaken: return data_queue::taken(q, o);
        case What::CdqHead:
            return q.life == QueueLife::Live ? data_queue::head_moved(q, o) : nullptr;
        default: q.life = QueueLife::Ended; return nullptr;
    }
}

}  // namespace lmsim::check
