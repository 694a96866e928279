#include "model/explore/rfc/cdq_owner_system.hpp"

#include <fmt/format.h>

#include <cstring>

#include "model/assert.hpp"
#include "model/explore/rfc/bytes.hpp"
#include "model/host/cdq_owner.hpp"

namespace lmsim::explore {
namespace {

using namespace host;
using Live = OwnedQueue::State;

constexpr std::uint8_t numbers = CdqOwner::slots;  // CDQIDs of the device: the lowest free one
constexpr std::uint8_t unknown_number = numbers;

enum class Kind : std::uint8_t {
    Create,   // a: which of `wishes`
    Delete,   // a: CDQID
    Answer,   // a: slot, b: how
    Write,    // a: CDQID
    Tell,     // a: CDQID, an event
    Handle,   // a: slot
    Suspend,  // a: CDQID
    Reset,
    Remove,
    Disable,
    Free,
};

/// How a command may end: b of an Answer.
enum class How : std::uint8_t { Done, Unkept, Refused, Unknown, LostUndone, LostDone };

enum class Stage : std::uint8_t { Works, Leaves, Disabled, Gone };

struct Wish {
    const char* text;
    std::uint8_t flags;
};
constexpr Wish wishes[] = {
    {"a queue with an eventfd", asks::with_event},
    {"a scattered queue with an eventfd and a large table",
     asks::with_event | asks::scattered | asks::large},
    {"a ring inside a page", asks::unaligned},
    {"a size that is no whole number of entries", asks::malformed},
    {"a queue of another type", asks::other_type},
    {"a queue, without the privilege", asks::unprivileged},
    {"a queue with a descriptor that is no eventfd", asks::with_event | asks::bad_event},
};
constexpr std::uint8_t refused_by_device = asks::malformed | asks::other_type;

/// All bytes, so that it has no padding.
struct OwnerState {
    CdqOwner owner;
    CdqLedger ledger;
    std::uint8_t at_device[numbers] = {};  // by CDQID: 0, or 1 + the slot whose memory it writes
    std::uint8_t refusable[CdqOwner::slots] = {};  // the device will refuse its Create
    std::uint8_t creates = 0;
    std::uint8_t events = 0;
    std::uint8_t faults = 0;
    bool reset_due = false;
    Stage stage = Stage::Works;
};

class OwnerSystem : public ByteSystem<OwnerState> {
  public:
    OwnerSystem(const OwnerBounds& bounds, const spec::Rules& rules)
        : bounds_(bounds), rules_(rules) {}

    bool at_rest(const std::uint8_t* bytes) override {
        const OwnerState state = load(bytes);
        for (const OwnedQueue& queue : state.owner.queue) {
            const bool stands = queue.state == Live::Free || queue.state == Live::Live;
            if (!stands || queue.handlers != 0) {
                return false;
            }
        }
        return !state.reset_due;
    }

    std::string describe(const std::uint8_t* bytes, Action action) override;

  protected:
    void list(const OwnerState& state, Actions& out) override {
        if (state.stage == Stage::Gone) {
            return;
        }
        list_callers(state, out);
        for (std::uint8_t slot = 0; slot < CdqOwner::slots; ++slot) {
            list_slot(state, slot, out);
        }
        for (std::uint8_t cdqid = 0; cdqid < numbers; ++cdqid) {
            list_device(state, cdqid, out);
        }
        list_ends(state, out);
    }
    const check::Invariant* perform(OwnerState& state, Action action) override;

  private:
    bool fault_left(const OwnerState& state) const { return state.faults < bounds_.faults; }

    void list_callers(const OwnerState& state, Actions& out) const {
        if (state.stage != Stage::Works || state.reset_due) {
            return;
        }
        for (std::uint8_t i = 0; state.creates < bounds_.creates && i < std::size(wishes); ++i) {
            out.add(Kind::Create, i);
        }
        for (std::uint8_t cdqid = 0; cdqid <= unknown_number; ++cdqid) {
            out.add(Kind::Delete, cdqid);
        }
    }

    void list_slot(const OwnerState& state, std::uint8_t slot, Actions& out) const {
        const OwnedQueue& queue = state.owner.queue[slot];
        if (queue.handlers != 0) {
            out.add(Kind::Handle, slot);
        }
        const bool creating = queue.state == Live::Creating;
        if ((!creating && queue.state != Live::Deleting) || state.stage == Stage::Disabled) {
            return;
        }
        const auto add = [&](How how) { out.add(Kind::Answer, slot, how); };
        if (creating && state.refusable[slot] != 0) {
            return add(How::Refused);
        }
        const bool there = creating || state.at_device[queue.cdqid] != 0;
        add(there ? How::Done : How::Unknown);
        if (creating) {
            add(How::Unkept);
        }
        if (fault_left(state) && there) {
            add(How::Refused);
            add(How::LostUndone);
            add(How::LostDone);
        }
    }

    void list_device(const OwnerState& state, std::uint8_t cdqid, Actions& out) const {
        const std::uint8_t slot = state.at_device[cdqid];
        if (slot == 0) {
            return;
        }
        const std::uint64_t ring = object_of(slot - 1U, Part::Ring);
        if (state.ledger.held[ring - 1] == 0 || state.ledger.written[ring - 1] == 0) {
            out.add(Kind::Write, cdqid);
        }
        if (state.events < bounds_.events) {
            out.add(Kind::Tell, cdqid);
        }
        if (fault_left(state) && state.stage == Stage::Works) {
            out.add(Kind::Suspend, cdqid);
        }
    }

    void list_ends(const OwnerState& state, Actions& out) const {
        if (state.stage == Stage::Works && (fault_left(state) || state.reset_due)) {
            out.add(Kind::Reset);
        }
        if (state.stage == Stage::Works) {
            out.add(Kind::Remove);
        }
        if (state.stage == Stage::Leaves) {
            out.add(Kind::Disable);
        }
        bool quiet = true;
        for (const OwnedQueue& queue : state.owner.queue) {
            quiet = quiet && queue.handlers == 0;
        }
        if (state.stage == Stage::Disabled && quiet) {
            out.add(Kind::Free);
        }
    }

    const check::Invariant* give(OwnerState& state, const OwnerEvent& event);
    const check::Invariant* answer(OwnerState& state, std::uint8_t slot, How how);
    static std::uint8_t lowest_free(const OwnerState& state);

    OwnerBounds bounds_;
    spec::Rules rules_;
};

std::uint8_t OwnerSystem::lowest_free(const OwnerState& state) {
    std::uint8_t cdqid = 0;
    while (cdqid < numbers && state.at_device[cdqid] != 0) {
        ++cdqid;
    }
    LMSIM_ASSERT(cdqid < numbers);
    return cdqid;
}

/// A step of the owner's, and what the ledger says of it.
const check::Invariant* OwnerSystem::give(OwnerState& state, const OwnerEvent& event) {
    Effects effects;
    step(state.owner, event, rules_, effects);
    for (const Effect& effect : effects) {
        if (effect.kind == EffectKind::Call) {
            const check::Invariant* broken = broken_by(state.ledger.told(effect));
            if (broken != nullptr) {
                return broken;
            }
        } else if (effect.kind == EffectKind::Submit && event.kind == OwnerEvent::Kind::Create) {
            state.refusable[effect.ticket] = (event.flags & refused_by_device) != 0 ? 1 : 0;
        }
    }
    return nullptr;
}

const check::Invariant* OwnerSystem::answer(OwnerState& state, std::uint8_t slot, How how) {
    const bool creating = state.owner.queue[slot].state == Live::Creating;
    const bool done = how == How::Done || how == How::Unkept || how == How::LostDone;
    const bool fault = how == How::Refused || how == How::LostUndone || how == How::LostDone;
    state.faults =
        static_cast<std::uint8_t>(state.faults + (fault && state.refusable[slot] == 0 ? 1 : 0));
    OwnerEvent event;
    event.kind = OwnerEvent::Kind::Answer;
    event.slot = slot;
    event.kept = how != How::Unkept;
    event.answer = how == How::Refused                              ? OwnerAnswer::Refused
                   : how == How::Unknown                            ? OwnerAnswer::Unknown
                   : how == How::LostDone || how == How::LostUndone ? OwnerAnswer::TimedOut
                                                                    : OwnerAnswer::Done;
    state.reset_due = state.reset_due || event.answer == OwnerAnswer::TimedOut;
    if (done && creating) {
        event.cdqid = lowest_free(state);
        state.at_device[event.cdqid] = static_cast<std::uint8_t>(slot + 1);
    } else if (done) {
        state.at_device[state.owner.queue[slot].cdqid] = 0;
    }
    state.refusable[slot] = 0;
    return give(state, event);
}

const check::Invariant* OwnerSystem::perform(OwnerState& state, Action action) {
    OwnerEvent event;
    event.ticket = 1;
    event.cdqid = action.a;
    event.slot = action.a;
    const auto all_gone = [&state] { std::memset(state.at_device, 0, sizeof state.at_device); };
    switch (static_cast<Kind>(action.kind)) {
        case Kind::Create:
            ++state.creates;
            event.flags = wishes[action.a].flags;
            return give(state, event);
        case Kind::Delete: event.kind = OwnerEvent::Kind::Delete; return give(state, event);
        case Kind::Answer: return answer(state, action.a, static_cast<How>(action.b));
        case Kind::Write:
            return broken_by(
                state.ledger.device_writes(object_of(state.at_device[action.a] - 1U, Part::Ring)));
        case Kind::Tell:
            ++state.events;
            event.kind = OwnerEvent::Kind::Event;
            return give(state, event);
        case Kind::Handle: event.kind = OwnerEvent::Kind::Handle; return give(state, event);
        case Kind::Suspend:
            ++state.faults;
            state.at_device[action.a] = 0;
            event.kind = OwnerEvent::Kind::Deleted;
            return give(state, event);
        case Kind::Reset:
            state.faults = static_cast<std::uint8_t>(state.faults + (state.reset_due ? 0 : 1));
            state.reset_due = false;
            all_gone();
            event.kind = OwnerEvent::Kind::Reset;
            return give(state, event);
        case Kind::Remove:
            state.stage = Stage::Leaves;
            event.kind = OwnerEvent::Kind::Remove;
            return give(state, event);
        case Kind::Disable:
            state.stage = Stage::Disabled;
            state.reset_due = false;
            all_gone();
            event.kind = OwnerEvent::Kind::Reset;
            return give(state, event);
        case Kind::Free: break;
    }
    state.stage = Stage::Gone;
    event.kind = OwnerEvent::Kind::Free;
    const check::Invariant* broken = give(state, event);
    return broken != nullptr ? broken : broken_by(state.ledger.ended());
}

std::string OwnerSystem::describe(const std::uint8_t* bytes, Action action) {
    const OwnerState state = load(bytes);
    const char* const how[] = {"done",           "done, but the table has no room",
                               "refused",        "no such queue",
                               "lost, not done", "lost, but done"};
    switch (static_cast<Kind>(action.kind)) {
        case Kind::Create: return fmt::format("a program asks for {}", wishes[action.a].text);
        case Kind::Delete: return fmt::format("a program deletes queue {}", action.a);
        case Kind::Answer:
            return fmt::format(
                "{} of slot {}: {}",
                state.owner.queue[action.a].state == Live::Creating ? "Create" : "Delete", action.a,
                how[action.b]);
        case Kind::Write: return fmt::format("the device posts an entry to queue {}", action.a);
        case Kind::Tell: return fmt::format("the device tells an event of queue {}", action.a);
        case Kind::Handle: return fmt::format("the event of slot {} is handled", action.a);
        case Kind::Suspend: return fmt::format("a Suspend with DUDMQ deletes queue {}", action.a);
        case Kind::Reset: return "the controller is reset";
        case Kind::Remove: return "the controller is removed";
        case Kind::Disable: return "the controller is disabled";
        case Kind::Free: break;
    }
    return "the last reference to the controller goes";
}

}  // namespace

std::unique_ptr<System> make_cdq_owner_system(const OwnerBounds& bounds, const spec::Rules& rules) {
    return std::make_unique<OwnerSystem>(bounds, rules);
}

}  // namespace lmsim::explore
