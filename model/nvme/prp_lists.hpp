#pragma once

#include <cstdint>

#include "model/nvme/queues.hpp"
#include "model/nvme/refused.hpp"
#include "model/wire/prp.hpp"

/// Where the data of a command stand (NVMe Base 2.3, 4.3.1): PRP1, PRP2 and the lists behind it.
/// The controller reads the lists for what they are worth; the host of the model walks them again
/// when it moves the data.
namespace lmsim::nvme {

/// Ends a command with a status and neither result nor data.
template <class Bounds>
void fail_with(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
               std::uint16_t status) {
    Slot& command = ctx.controller(function).slot[slot];
    command.status = status;
    command.result = 0;
    command.dw14 = 0;
    complete(ctx, function, slot);
}

template <class Bounds>
void fail(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot, spec::Id condition) {
    refused_by = condition;
    fail_with(ctx, function, slot, ctx.rules.status(condition));
}

/// Data to the host: opcode bits 1:0 are 10b or 11b.
inline bool writes_host(const Slot& command) { return (command.opcode & 2) != 0; }

/// AD-DMA-44: looks at each piece of the data that the controller is going to write, because a
/// posted write does not tell where it went.
template <class Bounds>
struct ReachCheck {
    Context<Bounds>& ctx;
    std::uint16_t function;
    bool wanted;
    bool failed = false;

    void operator()(const wire::PrpSegment& piece) {
        failed = failed || (wanted && !ctx.env.reaches(function, piece.address, piece.length));
    }
};

/// What follows from a walk that has come so far: true if all data have a place.
template <class Bounds>
bool go_on_naming(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                  const wire::PrpWalk& walk, bool unreachable) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    if (walk.error != wire::Error::None) {
        fail(ctx, function, slot, in_any_case(ctx.rules, Id::PrpListOffset));
        return false;
    }
    if (unreachable) {
        fail(ctx, function, slot, Id::DataOutUnreachable);
        return false;
    }
    if (walk.done()) {
        command.next = 0;
        return true;
    }
    command.stage = Stage::List;
    Effect& read = ctx.effect(EffectKind::ReadMemory, function);
    read.ticket = Ticket::make(slot, c.generation);
    read.address = walk.list;
    read.length = walk.list_bytes;
    read.token = static_cast<std::uint64_t>(Read::PrpList);
    return false;
}

template <class Bounds>
ReachCheck<Bounds> reach_check(Context<Bounds>& ctx, std::uint16_t function, const Slot& command) {
    return {ctx, function, writes_host(command) && ctx.rules.on(spec::Id::DataOutUnreachable)};
}

/// Where are the data of a fetched command, `length` bytes (0: none) at `prp1`, `prp2`? True: all
/// of it is known, so the command can go on. False: the command waits for its PRP list at
/// Stage::List, until list_arrived(), or has ended.
template <class Bounds>
bool name_data(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    using spec::Id;
    Slot& command = ctx.controller(function).slot[slot];
    const std::uint64_t pages = wire::prp_pages(command.prp1, command.length, page_bytes);
    const std::uint64_t second = pages < 2 ? 0 : pages == 2 ? page_bytes - 1 : 7;
    // AD-GEN-03: PRP1 is dword aligned, PRP2 as a page has no offset, as a list is qword aligned.
    if (pages != 0 && ((command.prp1 & 3) != 0 || (command.prp2 & second) != 0)) {
        if (ctx.rules.on(Id::PrpOffsetNotAllowed)) {
            fail(ctx, function, slot, Id::PrpOffsetNotAllowed);
            return false;
        }
        command.prp1 &= ~std::uint64_t{3};
        command.prp2 &= ~second;
    }
    command.next = 0;
    ReachCheck<Bounds> check = reach_check(ctx, function, command);
    const wire::PrpWalk walk =
        wire::begin_prp(command.prp1, command.prp2, command.length, page_bytes, check);
    return go_on_naming(ctx, function, slot, walk, check.failed);
}

/// The answer to what a command at Stage::List waited for, as for name_data(). Slot::next holds
/// how far its lists have come: 0 before the first, then 1 more than the pages that they named.
template <class Bounds>
bool list_arrived(Context<Bounds>& ctx, const Event& event, std::uint32_t slot) {
    using spec::Id;
    const std::uint16_t function = event.function;
    Slot& command = ctx.controller(function).slot[slot];
    if (event.failed) {
        fail(ctx, function, slot, in_any_case(ctx.rules, Id::PrpListUnreachable));
        return false;
    }
    const std::uint64_t first = page_bytes - (command.prp1 & (page_bytes - 1));
    const std::uint64_t named = command.next == 0 ? 0 : command.next - 1;
    const std::uint64_t before = command.length - first - named * page_bytes;
    const std::uint64_t list = command.next == 0 ? command.prp2 : 0;  // later ones fill a page
    ReachCheck<Bounds> check = reach_check(ctx, function, command);
    wire::PrpWalk walk = wire::prp_walk_at(list, before, page_bytes);
    walk = wire::continue_prp(walk, event.bytes, walk.list_bytes, check);
    const std::uint64_t first_list = command.prp2 & ~std::uint64_t{page_bytes - 1};
    if (walk.needs_list() && walk.list == first_list && ctx.rules.on(Id::PrpListLoop)) {
        fail(ctx, function, slot, Id::PrpListLoop);
        return false;
    }
    command.next = static_cast<std::uint32_t>(named + (before - walk.remaining) / page_bytes + 1);
    return go_on_naming(ctx, function, slot, walk, check.failed);
}

/// A submission queue entry could not be read: nobody knows whose it was (NVMe Base 2.3, 9.5).
template <class Bounds>
void entry_unreachable(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Slot& command = ctx.controller(function).slot[slot];
    if (ctx.rules.on(spec::Id::SqeUnreachableIsFatal) && command.sqid != no_queue) {
        fail_controller(ctx, function);
    }
    command.sqid = no_queue;  // there is nothing to complete
    complete(ctx, function, slot);
}

}  // namespace lmsim::nvme
