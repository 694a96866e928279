#include "model/host/cdq_owner.hpp"

namespace lmsim::host {
namespace {

using spec::Id;
using vfio::Errno;
using State = OwnedQueue::State;

struct Context {
    CdqOwner& owner;
    const spec::Rules& rules;
    Effects& effects;

    std::size_t slot_of(const OwnedQueue& queue) const {
        return static_cast<std::size_t>(&queue - owner.queue);
    }
    void tell(Hold what, const OwnedQueue& queue, Part part, std::uint8_t flags = 0) {
        host::tell(effects, what, object_of(slot_of(queue), part), flags);
    }
    void submit(const OwnedQueue& queue, OwnerCommand command) {
        Effect& effect = effects.push(EffectKind::Submit);
        effect.ticket = static_cast<std::uint32_t>(slot_of(queue));
        effect.token = static_cast<std::uint64_t>(command);
    }
    void reply(std::uint8_t ticket, Errno error, std::uint8_t cdqid = 0) {
        Effect& effect = effects.push(EffectKind::Reply);
        effect.ticket = ticket;
        effect.token = static_cast<std::uint64_t>(error);
        effect.token2 = cdqid;
    }
    void answer(OwnedQueue& queue, Errno error) {
        if (queue.caller != 0) {
            reply(queue.caller, error, queue.cdqid);
            queue.caller = 0;
        }
    }
};

/// The eventfd of a queue: nobody's where there is none, or what R004-10 left there.
void eventfd(Context& context, Hold what, OwnedQueue& queue) {
    if (queue.bad_event) {
        tell(context.effects, what, no_object);
    } else if (queue.has_event) {
        context.tell(what, queue, Part::Eventfd);
    }
}

/// All of what is held for a queue that the device cannot write any more.
void release(Context& context, OwnedQueue& queue) {
    if (queue.handlers != 0 && !context.rules.on(Id::RfcEventUnlocked)) {
        queue.state = State::Leaving;
        return;
    }
    eventfd(context, Hold::Give, queue);
    if (queue.listed) {
        context.tell(Hold::Give, queue, Part::List);
    }
    context.tell(Hold::Give, queue, Part::Ring,
                 context.rules.on(Id::RfcUnpinnedClean) ? hold::clean : std::uint8_t{0});
    context.tell(Hold::Give, queue, Part::Pages,
                 context.rules.on(Id::RfcPagesKfreed) ? hold::kfreed : std::uint8_t{0});
    context.tell(Hold::Give, queue, Part::Queue);
    const std::uint8_t handlers = queue.handlers;
    queue = OwnedQueue{};
    queue.handlers = handlers;
}

/// What is wrong with a Create, before anything is taken.
Errno check(const Context& context, const OwnerEvent& event) {
    const auto is = [&](std::uint8_t flag, Id defect) {
        return (event.flags & flag) != 0 && !context.rules.on(defect);
    };
    if (context.owner.removed) return Errno::NoDevice;
    if (is(asks::unprivileged, Id::RfcAnybodyCreates)) return Errno::Access;
    if (is(asks::unaligned, Id::RfcUnalignedRing)) return Errno::Invalid;
    if (is(asks::malformed, Id::RfcCreateUnchecked)) return Errno::Invalid;
    if (is(asks::other_type, Id::RfcAnyQueueType)) return Errno::Invalid;
    return is(asks::bad_event, Id::RfcBadEventfdKept) ? Errno::BadFd : Errno::Ok;
}

OwnedQueue* free_slot(CdqOwner& owner) {
    for (OwnedQueue& queue : owner.queue) {
        if (queue.state == State::Free) {
            return &queue;
        }
    }
    return nullptr;
}

void take(Context& context, OwnedQueue& queue, const OwnerEvent& event) {
    const auto asked = [&](std::uint8_t flag) { return (event.flags & flag) != 0; };
    queue.listed = asked(asks::scattered);
    queue.has_event = asked(asks::with_event);
    queue.bad_event = asked(asks::bad_event);
    context.tell(Hold::Take, queue, Part::Queue);
    const int ring = (asked(asks::unaligned) ? hold::foreign : 0) |
                     (asked(asks::unprivileged) ? hold::uninvited : 0);
    context.tell(Hold::Take, queue, Part::Pages,
                 asked(asks::large) ? hold::vmalloced : std::uint8_t{0});
    context.tell(Hold::Take, queue, Part::Ring, static_cast<std::uint8_t>(ring));
    if (queue.listed) {
        context.tell(Hold::Take, queue, Part::List);
    }
    if (queue.has_event && !queue.bad_event) {
        context.tell(Hold::Take, queue, Part::Eventfd);
    }
}

void create(Context& context, const OwnerEvent& event) {
    const Errno error = check(context, event);
    if (error != Errno::Ok) {
        return context.reply(event.ticket, error);
    }
    OwnedQueue* queue = free_slot(context.owner);
    if (queue == nullptr) {
        return context.reply(event.ticket, Errno::NoMemory);
    }
    take(context, *queue, event);
    queue->state = State::Creating;
    queue->caller = event.ticket;
    context.submit(*queue, OwnerCommand::Create);
}

/// Of those in the table, the one with this number.
OwnedQueue* find(CdqOwner& owner, std::uint8_t cdqid) {
    for (OwnedQueue& queue : owner.queue) {
        if (queue.state == State::Live && queue.cdqid == cdqid) {
            return &queue;
        }
    }
    return nullptr;
}

void send_delete(Context& context, OwnedQueue& queue) {
    if (context.rules.on(Id::RfcEventfdPutEarly)) {
        eventfd(context, Hold::Give, queue);
    }
    queue.state = State::Deleting;
    context.submit(queue, OwnerCommand::Delete);
}

void remove(Context& context, const OwnerEvent& event) {
    OwnedQueue* queue = find(context.owner, event.cdqid);
    if (queue != nullptr) {
        queue->caller = event.ticket;
        return send_delete(context, *queue);
    }
    if (context.rules.on(Id::RfcUnknownIdUsed)) {
        tell(context.effects, Hold::Use, no_object);
    }
    context.reply(event.ticket, Errno::Invalid);
}

/// The queue is at the device. A number that is in the table already is a stale one (R004-21): the
/// table forgets what it held.
void created(Context& context, OwnedQueue& queue, const OwnerEvent& event) {
    OwnedQueue* stale = find(context.owner, event.cdqid);
    if (stale != nullptr) {
        *stale = OwnedQueue{};
    }
    queue.cdqid = event.cdqid;
    if (!event.kept) {
        queue.error = static_cast<std::uint8_t>(Errno::NoMemory);
        return send_delete(context, queue);
    }
    queue.state = State::Live;
    context.answer(queue, Errno::Ok);
}

void create_answered(Context& context, OwnedQueue& queue, const OwnerEvent& event) {
    if (event.answer == OwnerAnswer::Done) {
        return created(context, queue, event);
    }
    context.answer(queue, Errno::Io);
    if (event.answer == OwnerAnswer::TimedOut) {
        queue.state = State::Doomed;
    } else {
        release(context, queue);
    }
}

/// R004-11: the eventfd was put when the Delete was sent.
void forget_eventfd(const Context& context, OwnedQueue& queue) {
    if (context.rules.on(Id::RfcEventfdPutEarly)) {
        queue.has_event = queue.bad_event = false;
    }
}

void delete_answered(Context& context, OwnedQueue& queue, const OwnerEvent& event) {
    const bool of_create = queue.error != 0;
    const bool is_gone = event.answer == OwnerAnswer::Done || event.answer == OwnerAnswer::Unknown;
    const bool forgotten = of_create && context.rules.on(Id::RfcDeleteFailureForgotten);
    const auto error = of_create ? static_cast<Errno>(queue.error)
                       : is_gone ? Errno::Ok
                                 : Errno::Io;
    context.answer(queue, error);
    queue.error = 0;
    if (is_gone || forgotten) {
        forget_eventfd(context, queue);
        release(context, queue);
    } else if (event.answer == OwnerAnswer::TimedOut || of_create) {
        forget_eventfd(context, queue);
        queue.state = State::Doomed;
    } else {
        queue.state = State::Live;
    }
}

void answered(Context& context, const OwnerEvent& event) {
    OwnedQueue& queue = context.owner.queue[event.slot];
    if (queue.state == State::Creating) {
        create_answered(context, queue, event);
    } else if (queue.state == State::Deleting) {
        delete_answered(context, queue, event);
    }
}

void event_came(Context& context, const OwnerEvent& event) {
    OwnedQueue* queue = find(context.owner, event.cdqid);
    if (queue != nullptr && queue->has_event && queue->handlers == 0) {
        ++queue->handlers;
    }
}

void handled(Context& context, const OwnerEvent& event) {
    OwnedQueue& queue = context.owner.queue[event.slot];
    if (queue.handlers == 0) {
        return;
    }
    context.tell(Hold::Use, queue, Part::Queue);
    eventfd(context, Hold::Use, queue);
    --queue.handlers;
    if (queue.state == State::Leaving && queue.handlers == 0) {
        release(context, queue);
    }
}

void deleted_by_suspend(Context& context, const OwnerEvent& event) {
    OwnedQueue* queue = find(context.owner, event.cdqid);
    if (queue != nullptr && !context.rules.on(Id::RfcStaleAfterReset)) {
        release(context, *queue);
    }
}

/// No command is answered any more, and no queue is left.
void reset(Context& context) {
    const bool stale = context.rules.on(Id::RfcStaleAfterReset);
    const bool too_late = context.owner.removed && context.rules.on(Id::RfcDeletedTooLate);
    for (OwnedQueue& queue : context.owner.queue) {
        if (queue.state == State::Free || queue.state == State::Leaving) {
            continue;
        }
        context.answer(queue, Errno::Io);
        const bool in_table = queue.state == State::Live || queue.state == State::Deleting;
        if (in_table && (stale || too_late) && queue.error == 0) {
            queue.state = State::Live;
            continue;
        }
        if (queue.state == State::Deleting) {
            forget_eventfd(context, queue);
        }
        release(context, queue);
    }
}

/// The controller is going: queues are deleted while they can be, and whatever is left is given
/// back when the reset that follows has ended them.
void leave(Context& context) {
    context.owner.removed = true;
    for (OwnedQueue& queue : context.owner.queue) {
        if (queue.state == State::Live && !context.rules.on(Id::RfcDeletedTooLate)) {
            send_delete(context, queue);
        }
    }
}

/// R004-20: the Deletes of this moment find no admin queue, and fail.
void ended(Context& context) {
    for (OwnedQueue& queue : context.owner.queue) {
        if (queue.state == State::Live) {
            eventfd(context, Hold::Give, queue);
            queue = OwnedQueue{};
        }
    }
}

}  // namespace

void step(CdqOwner& owner, const OwnerEvent& event, const spec::Rules& rules, Effects& effects) {
    Context context{owner, rules, effects};
    switch (event.kind) {
        case OwnerEvent::Kind::Create: create(context, event); break;
        case OwnerEvent::Kind::Delete: remove(context, event); break;
        case OwnerEvent::Kind::Answer: answered(context, event); break;
        case OwnerEvent::Kind::Event: event_came(context, event); break;
        case OwnerEvent::Kind::Handle: handled(context, event); break;
        case OwnerEvent::Kind::Deleted: deleted_by_suspend(context, event); break;
        case OwnerEvent::Kind::Reset: reset(context); break;
        case OwnerEvent::Kind::Remove: leave(context); break;
        case OwnerEvent::Kind::Free: ended(context); break;
    }
}

}  // namespace lmsim::host
