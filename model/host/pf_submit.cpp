#include "model/host/pf_submit.hpp"

#include <algorithm>

namespace lmsim::host {
namespace {

constexpr std::size_t room = 4;  // what one tag's part of a step may push

template <class Queue>
std::uint32_t timer_ticket(const Queue& queue, std::uint16_t tag) {
    return tag | static_cast<std::uint32_t>(queue.generation[tag]) << 16;
}

/// A free tag in [from, to), or `to`.
template <class Queue>
std::uint16_t free_tag(const Queue& queue, std::uint16_t from, std::uint16_t to) {
    while (from < to && queue.owner[from] != 0) {
        ++from;
    }
    return from;
}

template <class Queue>
void issue(Queue& queue, std::uint16_t tag, std::uint32_t owner, std::uint64_t timeout_ps,
           Effects& effects) {
    queue.owner[tag] = owner;
    ++queue.generation[tag];
    ++queue.pending;
    Effect& submit = effects.push(EffectKind::Submit);
    submit.ticket = owner;
    submit.token = tag;
    if (timeout_ps != 0) {
        Effect& timer = effects.push(EffectKind::StartTimer);
        timer.ticket = timer_ticket(queue, tag);
        timer.length = timeout_ps;
    }
}

void reply(std::uint32_t owner, PfError error, Effects& effects) {
    Effect& effect = effects.push(EffectKind::Reply);
    effect.ticket = owner;
    effect.flags = static_cast<std::uint8_t>(error);
}

void reply(std::uint32_t owner, const PfEvent& event, Effects& effects) {
    Effect& effect = effects.push(EffectKind::Reply);
    effect.ticket = owner;
    effect.token = event.status;
    effect.token2 = event.dw0;
    effect.token3 = event.dw1;
}

template <class Queue>
void request(Queue& queue, const PfEvent& event, std::uint64_t timeout_ps, Effects& effects) {
    LMSIM_ASSERT(event.owner != 0);
    const auto shared = static_cast<std::uint16_t>(queue.depth - queue.reserved);
    const bool aer = event.kind == PfEvent::Kind::SubmitAer;
    const bool kept = aer && queue.reserved != 0;
    const std::uint16_t end = kept ? queue.depth : shared;
    const std::uint16_t tag = free_tag(queue, kept ? shared : std::uint16_t{0}, end);
    if (!queue.resetting && tag < end && (aer || queue.waiting == 0)) {
        // An AER waits for as long as nothing happens: it has no time-out.
        issue(queue, tag, event.owner, aer ? 0 : timeout_ps, effects);
    } else if (event.kind == PfEvent::Kind::Submit && queue.waiting < Queue::waiters) {
        const std::size_t last = (queue.waiting_head + queue.waiting) % Queue::waiters;
        queue.waiter[last] = event.owner;
        ++queue.waiting;
    } else {
        reply(event.owner, PfError::Again, effects);
    }
}

/// Whoever waited longest gets a tag that came free.
template <class Queue>
void hand_out(Queue& queue, std::uint64_t timeout_ps, Effects& effects) {
    const auto shared = static_cast<std::uint16_t>(queue.depth - queue.reserved);
    while (queue.waiting != 0 && !queue.resetting) {
        const std::uint16_t tag = free_tag(queue, 0, shared);
        if (tag == shared) {
            return;
        }
        if (effects.size() + room > Effects::capacity) {
            queue.more = true;
            return;
        }
        const std::uint32_t owner = queue.waiter[queue.waiting_head];
        queue.waiting_head = static_cast<std::uint16_t>((queue.waiting_head + 1U) % Queue::waiters);
        --queue.waiting;
        issue(queue, tag, owner, timeout_ps, effects);
    }
}

template <class Queue>
void release(Queue& queue, std::uint16_t tag) {
    queue.owner[tag] = 0;
    ++queue.generation[tag];
    --queue.pending;
}

template <class Queue>
void completed(Queue& queue, const PfEvent& event, std::uint64_t timeout_ps, Effects& effects) {
    if (event.tag >= queue.depth || queue.owner[event.tag] == 0) {
        return;
    }
    const std::uint32_t owner = queue.owner[event.tag];
    release(queue, event.tag);
    reply(owner, event, effects);
    hand_out(queue, timeout_ps, effects);
}

template <class Queue>
void fail(Queue& queue, std::uint16_t tag, PfError error, Effects& effects) {
    const std::uint32_t owner = queue.owner[tag];
    release(queue, tag);
    reply(owner, error, effects);
}

/// Every pending command ends without a completion; those who wait stay and are served afterwards.
template <class Queue>
void give_up(Queue& queue, Effects& effects) {
    queue.resetting = true;
    for (std::uint16_t tag = 0; tag < queue.depth && queue.pending != 0; ++tag) {
        if (queue.owner[tag] == 0) {
            continue;
        }
        if (effects.size() + room > Effects::capacity) {
            queue.more = true;
            return;
        }
        fail(queue, tag, PfError::Reset, effects);
    }
}

/// A time-out: the driver can only reset the PF (Linux nvme_timeout() on the admin queue).
template <class Queue>
void timed_out(Queue& queue, std::uint32_t ticket, Effects& effects) {
    const auto tag = static_cast<std::uint16_t>(ticket);
    if (tag >= queue.depth || queue.owner[tag] == 0 || timer_ticket(queue, tag) != ticket) {
        return;
    }
    fail(queue, tag, PfError::TimedOut, effects);
    effects.push(EffectKind::Call).token = call_reset_pf;
    give_up(queue, effects);
}

}  // namespace

std::uint16_t tags_for_aers(std::uint16_t depth, std::uint16_t wanted, const spec::Rules& rules) {
    const auto most = static_cast<std::uint16_t>(depth - 1);
    return rules.on(spec::Id::HostReservesAerTags) ? std::min(wanted, most) : std::uint16_t{0};
}

bool resubmits_aer(PfError error, const spec::Rules& rules) {
    return error == PfError::None && rules.on(spec::Id::HostResubmitsAer);
}

bool resubmits_aer(PfError error, const wire::AerResult& event, bool claims,
                   const spec::Rules& rules) {
    const bool one_shot = event.type == rules.value(spec::Id::EventTypeOneShot);
    const bool handled = claims && event.is(wire::CdqEvent::TailPointer, rules);
    const bool forgotten = one_shot && !handled && rules.on(spec::Id::RfcOneShotEndsAers);
    return resubmits_aer(error, rules) && !forgotten;
}

template <std::size_t Tags, std::size_t Waiters>
void step(PfQueue<Tags, Waiters>& queue, const PfEvent& event, std::uint64_t timeout_ps,
          Effects& effects) {
    queue.more = false;
    switch (event.kind) {
        case PfEvent::Kind::Submit:
        case PfEvent::Kind::SubmitNow:
        case PfEvent::Kind::SubmitAer: request(queue, event, timeout_ps, effects); break;
        case PfEvent::Kind::Completed: completed(queue, event, timeout_ps, effects); break;
        case PfEvent::Kind::TimerFired: timed_out(queue, event.owner, effects); break;
        case PfEvent::Kind::ResetBegan: give_up(queue, effects); break;
        case PfEvent::Kind::ResetDone:
            queue.resetting = false;
            hand_out(queue, timeout_ps, effects);
            break;
        case PfEvent::Kind::Continue:
            if (queue.resetting) {
                give_up(queue, effects);
            } else {
                hand_out(queue, timeout_ps, effects);
            }
            break;
    }
}

template void step(SimPfQueue&, const PfEvent&, std::uint64_t, Effects&);
template void step(ProofPfQueue&, const PfEvent&, std::uint64_t, Effects&);

}  // namespace lmsim::host
