#pragma once

#include <cstdint>

#include "model/nvme/prp_lists.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::nvme {

template <class Bounds>
void media(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot, MediaOp op,
           std::uint64_t bytes) {
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    command.stage = Stage::Media;
    Effect& effect = ctx.effect(EffectKind::Media, function);
    effect.ticket = Ticket::make(slot, c.generation);
    effect.address = command.slba;
    effect.length = bytes;
    effect.token = static_cast<std::uint64_t>(op);
}

template <class Bounds>
void media(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot, MediaOp op) {
    media(ctx, function, slot, op, ctx.controller(function).slot[slot].length);
}

template <class Bounds>
void transfer(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot, EffectKind kind) {
    Controller<Bounds>& c = ctx.controller(function);
    const Slot& command = c.slot[slot];
    Effect& effect = ctx.effect(kind, function);
    effect.ticket = Ticket::make(slot, c.generation);
    effect.address = command.prp1;
    effect.length = command.length;
    effect.token = command.prp2;
    effect.token2 = command.slba;
}

/// The host's data of a command are on their way into Env::data.
template <class Bounds>
void fetch_data(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    command.stage = Stage::DataIn;
    Effect& effect = ctx.effect(EffectKind::ReadMemory, function);
    effect.ticket = Ticket::make(slot, c.generation);
    effect.address = command.prp1;
    effect.token = static_cast<std::uint64_t>(Read::CommandData);
    effect.token2 = command.prp2;
    effect.length = command.length;
}

}  // namespace lmsim::nvme
