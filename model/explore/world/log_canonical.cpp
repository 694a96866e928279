#include <algorithm>
#include <iterator>

#include "model/explore/world/log_state.hpp"
#include "model/wire/cdq.hpp"

namespace lmsim::explore {
namespace {

using nvme::Slot;
using nvme::Stage;
using Controller = nvme::Controller<LogBounds>;

/// A ring of `size` slots whose first entry is at 0; what lies past the last one is cleared.
template <class Entry, std::size_t Size>
void rotate(nvme::Sq& sq, Entry (&entries)[Size]) {
    std::rotate(std::begin(entries), entries + sq.head, std::end(entries));
    const std::size_t held = (sq.tail + Size - sq.head) % Size;
    std::fill(entries + held, std::end(entries), Entry{});
    sq.tail = static_cast<std::uint32_t>(held);
    sq.head = 0;
}

/// Every completion was taken at once.
void rewind(nvme::Cq& cq) {
    LMSIM_ASSERT(cq.head == cq.tail);
    cq.head = 0;
    cq.tail = 0;
    cq.phase = 1;
}

bool before(const Slot& a, const Slot& b) {
    return a.stage != b.stage ? a.stage > b.stage : a.cid < b.cid;
}

/// Occupied slots first, in order; `moved[i]` is where slot i went.
void sort_slots(Controller& c, std::uint8_t (&moved)[LogBounds::slots]) {
    std::uint8_t order[LogBounds::slots];
    for (std::uint8_t i = 0; i < LogBounds::slots; ++i) {
        order[i] = i;
    }
    std::stable_sort(std::begin(order), std::end(order),
                     [&c](std::uint8_t a, std::uint8_t b) { return before(c.slot[a], c.slot[b]); });
    Slot sorted[LogBounds::slots];
    c.free_slot = 0;
    for (std::uint8_t i = LogBounds::slots; i-- != 0;) {
        moved[order[i]] = i;
        if (c.slot[order[i]].stage == Stage::Free) {
            sorted[i].next = c.free_slot;
            c.free_slot = i + 1U;
        } else {
            sorted[i] = c.slot[order[i]];
            sorted[i].next = 0;
        }
    }
    std::copy(std::begin(sorted), std::end(sorted), std::begin(c.slot));
    for (std::uint16_t i = 0; i < c.aers; ++i) {
        c.aer[i] = moved[c.aer[i]];
    }
}

void canonicalize(host::Udmq& log) {
    using host::LogState;
    log.number = log.number == 0 ? 0 : 1;
    log.move = log.move == 0 ? 0 : 1;
    log.tries = 0;
    log.asked = log.moving ? log.asked : 0;
    if (log.state == LogState::Off) {
        // A new log begins anew, but for the look and the timer of the old one.
        log.cdqid = 0;
        log.slot = 0;
        log.held = 0;
        log.trigger = 0;
        log.phase = 1;
        log.error = 0;
        log.number = 0;
        log.move = 0;
        log.first = log.ended = log.full = log.lost = log.gone = log.again = false;
    }
}

/// Of entries that nobody reads any more the phase alone can still be seen.
void forget_entries(LogState& state, const spec::Rules& rules) {
    const host::Udmq& log = state.log;
    for (std::uint32_t i = 0; i < log.entries && state.ring_given; ++i) {
        std::uint8_t* entry = state.ring + LogState::entry_bytes * i;
        if ((i + log.entries - log.slot) % log.entries >= state.queue.untaken) {
            wire::UdmqEntry forgotten;
            forgotten.lbacir = wire::Lbacir::None;
            forgotten.phase = wire::udmq_phase(entry, rules);
            encode(forgotten, entry, rules);
        }
    }
}

}  // namespace

void canonicalize(LogState& state, const spec::Rules& rules) {
    Controller& pf = state.subsystem.controller[0];
    Controller& vf = state.subsystem.controller[1];
    rotate(pf.sq[0], state.command);
    rotate(vf.sq[1], state.write);
    vf.sq[0].head = 0;
    vf.sq[0].tail = 0;
    rewind(pf.cq[0]);
    rewind(vf.cq[0]);
    rewind(vf.cq[1]);
    std::uint8_t moved[LogBounds::slots] = {};
    for (Controller* c : {&vf, &pf}) {
        c->generation = 0;
        c->next_queue = 0;
        LMSIM_ASSERT(c->logging_slot == 0);
        sort_slots(*c, moved);
    }
    if (vf.suspender != 0) {
        vf.suspender = moved[vf.suspender - 1] + 1U;
    }
    std::fill(state.completion + state.done, std::end(state.completion), LogCompletion{});
    for (nvme::Cdq& queue : state.subsystem.cdq) {
        queue.tpt = queue.etpt ? queue.tpt : 0;
    }
    forget_entries(state, rules);
    canonicalize(state.log);
    if (state.log.state == host::LogState::Off) {
        const check::QueueLife life = state.queue.life;
        state.queue = {};
        state.queue.life = life;
    }
}

}  // namespace lmsim::explore
