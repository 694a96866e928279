#include <algorithm>
#include <iterator>
#include <utility>

#include "model/assert.hpp"
#include "model/explore/world/small_device.hpp"

namespace lmsim::explore {
namespace {

using nvme::Slot;
using nvme::Stage;
using Controller = nvme::Controller<SmallBounds>;

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
void sort_slots(Controller& c, std::uint8_t (&moved)[SmallBounds::slots]) {
    std::uint8_t order[SmallBounds::slots];
    for (std::uint8_t i = 0; i < SmallBounds::slots; ++i) {
        order[i] = i;
    }
    // By insertion: there are three, and the library's stable sort would allocate.
    for (std::size_t i = 1; i < SmallBounds::slots; ++i) {
        for (std::size_t k = i; k != 0 && before(c.slot[order[k]], c.slot[order[k - 1]]); --k) {
            std::swap(order[k], order[k - 1]);
        }
    }
    Slot sorted[SmallBounds::slots];
    c.free_slot = 0;
    for (std::uint8_t i = SmallBounds::slots; i-- != 0;) {
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

}  // namespace

void canonicalize(SmallDevice& device) {
    Controller& pf = device.subsystem.controller[0];
    Controller& vf = device.subsystem.controller[1];
    rotate(pf.sq[0], device.entry);
    rotate(vf.sq[1], device.guest);
    vf.sq[0].head = 0;
    vf.sq[0].tail = 0;
    rewind(pf.cq[0]);
    rewind(vf.cq[0]);
    rewind(vf.cq[1]);
    std::uint8_t moved[SmallBounds::slots] = {};
    for (Controller* c : {&vf, &pf}) {
        c->generation = 0;
        c->next_queue = 0;
        LMSIM_ASSERT(c->logging_slot == 0);
        sort_slots(*c, moved);
        std::fill(c->aer + c->aers, std::end(c->aer), std::uint16_t{0});
        std::fill(c->tracking.range + c->tracking.ranges, std::end(c->tracking.range),
                  nvme::TrackedRange{});
    }
    if (vf.suspender != 0) {
        vf.suspender = moved[vf.suspender - 1] + 1U;
    }
    std::fill(device.completion + device.done, std::end(device.completion), PfCompletion{});
}

}  // namespace lmsim::explore
