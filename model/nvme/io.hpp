#pragma once

#include <cstdint>

#include "model/nvme/queues.hpp"
#include "model/wire/prp.hpp"
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

template <class Bounds>
void fail(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot, spec::Id condition) {
    Slot& command = ctx.controller(function).slot[slot];
    command.status = ctx.rules.status(condition);
    command.result = 0;
    command.dw14 = 0;
    complete(ctx, function, slot);
}

/// Data of more than two pages: PRP2 names a list that has to be fetched first (NVMe
/// Base 2.3, 4.3.1).
template <class Bounds>
void read_list(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
               std::uint64_t entries) {
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    command.stage = Stage::List;
    Effect& read = ctx.effect(EffectKind::ReadMemory, function);
    read.ticket = Ticket::make(slot, c.generation);
    read.address = command.prp2;
    read.length = 8 * entries;
    read.token = static_cast<std::uint64_t>(Read::PrpList);
}

/// AD-GEN-03: PRP1 is dword aligned, PRP2 as a page has no offset, as a list is qword aligned.
inline bool prps_aligned(const Slot& command, std::uint64_t pages) {
    const std::uint64_t second = pages < 2 ? 0 : pages == 2 ? page_bytes - 1 : 7;
    return (command.prp1 & 3) == 0 && (command.prp2 & second) == 0;
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
    const std::uint64_t pages = wire::prp_pages(command.prp1, command.length, page_bytes);
    if (!prps_aligned(command, pages)) {
        return fail(ctx, function, slot, spec::Id::PrpOffsetNotAllowed);
    }
    if (pages > 2) {
        return read_list(ctx, function, slot, pages - 1);
    }
    start_io(ctx, function, slot);
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
