#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/events.hpp"

/// The ring of a Controller Data Queue (NVMe Base 2.3, 8.1.7). Positions are slots.
namespace lmsim::nvme {

/// MCUDMQ and MNSUDMQ: there is no room for more than Bounds::cdqs.
template <class Bounds>
std::uint16_t mcudmq(const Config& config) {
    return std::min(config.mcudmq, static_cast<std::uint16_t>(Bounds::cdqs));
}
template <class Bounds>
std::uint16_t mnsudmq(const Config& config) {
    return std::min(config.mnsudmq, static_cast<std::uint16_t>(Bounds::cdqs));
}

/// Entries that were posted and that the host has not consumed.
inline std::uint32_t cdq_posted(const Cdq& queue) {
    return queue.tail >= queue.head ? queue.tail - queue.head
                                    : queue.entries - queue.head + queue.tail;
}

/// Entries that still fit.
inline std::uint32_t cdq_room(const Cdq& queue, const spec::Rules& rules) {
    const std::uint32_t free = rules.on(spec::Id::CdqOneSlotStaysFree) ? 1 : 0;
    return queue.entries - free - cdq_posted(queue);
}

/// Pages that a discontiguous queue takes.
inline std::uint64_t cdq_page_count(std::uint64_t entries, const spec::Rules& rules) {
    return (entries * wire::udmq_entry_size(rules) + page_bytes - 1) / page_bytes;
}

template <class Bounds>
std::uint64_t cdq_slot_address(Context<Bounds>& ctx, std::uint16_t cdqid) {
    const Cdq& queue = ctx.subsystem.cdq[cdqid];
    const std::uint64_t offset = std::uint64_t{queue.tail} * wire::udmq_entry_size(ctx.rules);
    if (queue.contiguous) {
        return queue.base + offset;
    }
    const auto pages = static_cast<std::uint32_t>(cdq_page_count(queue.entries, ctx.rules));
    return ctx.env.cdq_pages(cdqid, pages)[offset / page_bytes] + offset % page_bytes;
}

/// Posts an entry, for which there must be room, in the creator's name: the queue is its own. Up to
/// 3 effects.
template <class Bounds>
void post_cdqe(Context<Bounds>& ctx, std::uint16_t cdqid, wire::UdmqEntry entry) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    Cdq& queue = ctx.subsystem.cdq[cdqid];
    entry.phase = queue.phase != 0;
    const wire::UdmqWords words = wire::to_words(entry, rules);
    Effect& effect = ctx.effect(EffectKind::PostCdqe, queue.creator);
    effect.ticket = cdqid;
    effect.address = cdq_slot_address(ctx, cdqid);
    effect.length = wire::udmq_entry_size(rules);
    effect.token = words.word[0];
    effect.token2 = words.word[1];
    effect.token3 = words.word[3];
    const std::uint32_t slot = queue.tail;
    queue.tail = slot + 1 == queue.entries ? 0 : slot + 1;
    if (queue.tail == 0 && rules.on(Id::CdqPhaseInverts)) {
        queue.phase ^= 1;
    }
    const std::uint32_t reached = rules.on(Id::CdqTriggerOnNewTail) ? queue.tail : slot;
    if (queue.etpt && queue.tpt == reached && rules.on(Id::CdqTriggerGivesEvent)) {
        queue.etpt = !rules.on(Id::CdqTriggerOnce);
        raise_event(ctx, cdqid, wire::CdqEvent::TailPointer);
    }
}

}  // namespace lmsim::nvme
