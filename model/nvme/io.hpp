#pragma once

#include <cstdint>

#include "model/nvme/prp_lists.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::nvme {

template <class Bounds>
void media(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot, MediaOp op) {
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    command.stage = Stage::Media;
    Effect& effect = ctx.effect(EffectKind::Media, function);
    effect.ticket = Ticket::make(slot, c.generation);
    effect.address = command.slba;
    effect.length = command.length;
    effect.token = static_cast<std::uint64_t>(op);
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

/// All that names the data is here: to the media, or first for the data to be written.
template <class Bounds>
void start_io(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Slot& command = ctx.controller(function).slot[slot];
    if (command.opcode == ctx.rules.value(spec::Id::OpcodeNvmRead)) {
        return media(ctx, function, slot, MediaOp::Read);
    }
    command.stage = Stage::DataIn;
    transfer(ctx, function, slot, EffectKind::TransferIn);
}

/// A fetched command of an I/O queue (NVM Command Set 1.2, 3.3).
template <class Bounds>
void begin_io(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
              const wire::Sqe& sqe) {
    Slot& command = ctx.controller(function).slot[slot];
    const spec::Rules& rules = ctx.rules;
    const bool read = sqe.opcode == rules.value(spec::Id::OpcodeNvmRead);
    const bool write = sqe.opcode == rules.value(spec::Id::OpcodeNvmWrite);
    if (!read && !write && sqe.opcode != rules.value(spec::Id::OpcodeNvmFlush) &&
        sqe.opcode != rules.value(spec::Id::OpcodeNvmWriteZeroes)) {
        return fail(ctx, function, slot, spec::Id::UnsupportedOpcode);
    }
    if (sqe.nsid != 1) {
        return fail(ctx, function, slot, spec::Id::NamespaceInvalid);
    }
    command.slba = 0;
    if (sqe.opcode == rules.value(spec::Id::OpcodeNvmFlush)) {
        return media(ctx, function, slot, MediaOp::Flush);
    }
    const std::uint64_t blocks = (sqe.cdw12 & 0xffff) + std::uint64_t{1};
    command.slba = sqe.cdw10 | static_cast<std::uint64_t>(sqe.cdw11) << 32;
    if (command.slba >= ctx.config.blocks || blocks > ctx.config.blocks - command.slba) {
        return fail(ctx, function, slot, spec::Id::RangeBeyondNamespace);
    }
    command.length = static_cast<std::uint32_t>(blocks * ctx.config.block_bytes);
    if (!read && !write) {
        return media(ctx, function, slot, MediaOp::Deallocate);
    }
    if (command.length > (std::uint64_t{4096} << ctx.config.mdts)) {
        return fail(ctx, function, slot, spec::Id::TransferBeyondMdts);
    }
    command.prp1 = sqe.prp1;
    command.prp2 = sqe.prp2;
    if (name_data(ctx, function, slot)) {
        start_io(ctx, function, slot);
    }
}

/// The media are done: data of a read go out before the completion does (posted writes keep order).
template <class Bounds>
void media_done(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    const Slot& command = ctx.controller(function).slot[slot];
    if (command.opcode == ctx.rules.value(spec::Id::OpcodeNvmRead) && command.sqid != no_queue) {
        transfer(ctx, function, slot, EffectKind::TransferOut);
    }
    complete(ctx, function, slot);
}

}  // namespace lmsim::nvme
