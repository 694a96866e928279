#pragma once

#include <cstdint>

#include "model/nvme/io.hpp"
#include "model/nvme/namespaces.hpp"
#include "model/wire/nvm.hpp"

/// The I/O commands (NVM Command Set 1.2, 3.3). A slot holds of one: `slba`; `dw15` its blocks;
/// `prp1`, `prp2` its data, or of a Write Zeroes whether it deallocates. Of a Dataset Management
/// `dw15` counts the ranges, `result` those that have been dealt with.
namespace lmsim::nvme {

/// There is no room in this step for the changes of a command, or for all of them.
template <class Bounds>
void wait_to_log(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Controller<Bounds>& c = ctx.controller(function);
    LMSIM_ASSERT(c.logging_slot == 0);  // nothing else happens before Event::Continue
    c.slot[slot].stage = Stage::Logging;
    c.logging_slot = slot + 1;
    put_off(ctx, function);
}

/// Flush, of one namespace or of all that are attached (NVMe Base 2.3, 7.2).
template <class Bounds>
void begin_flush(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    using spec::Id;
    const Slot& command = ctx.controller(function).slot[slot];
    if (command.nsid != wire::nsid_broadcast || !ctx.rules.on(Id::FlushBroadcast)) {
        const Id bad = unusable(ctx, function, command.nsid);
        if (bad != Id::Count) {
            return fail(ctx, function, slot, bad);
        }
    }
    media(ctx, function, slot, MediaOp::Flush);
}

/// Dataset Management: the ranges have to be fetched first. As hints alone they change nothing.
template <class Bounds>
void begin_dataset_management(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                              const wire::Sqe& sqe) {
    using spec::Id;
    Slot& command = ctx.controller(function).slot[slot];
    const Id bad = unusable(ctx, function, command.nsid);
    if (bad != Id::Count) {
        return fail(ctx, function, slot, bad);
    }
    const wire::DatasetManagement asked = wire::decode_dataset_management(sqe, ctx.rules);
    if (!asked.deallocate) {
        return complete(ctx, function, slot);
    }
    command.dw15 = asked.ranges;
    command.length = asked.ranges * ctx.rules.value(Id::DsmRangeSize);
    command.prp1 = sqe.prp1;
    command.prp2 = sqe.prp2;
    if (name_data(ctx, function, slot)) {
        fetch_data(ctx, function, slot);
    }
}

/// All that names the data is here: to the media, or first for the data from the host.
template <class Bounds>
void start_io(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Slot& command = ctx.controller(function).slot[slot];
    if (command.opcode == ctx.rules.value(spec::Id::OpcodeNvmRead)) {
        return media(ctx, function, slot, MediaOp::Read);
    }
    if (command.opcode == ctx.rules.value(spec::Id::OpcodeNvmDatasetManagement)) {
        return fetch_data(ctx, function, slot);
    }
    command.stage = Stage::DataIn;
    transfer(ctx, function, slot, EffectKind::TransferIn);
}

/// A fetched command of an I/O queue.
template <class Bounds>
void begin_io(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
              const wire::Sqe& sqe) {
    using spec::Id;
    Slot& command = ctx.controller(function).slot[slot];
    const spec::Rules& rules = ctx.rules;
    const bool zeroes = sqe.opcode == rules.value(Id::OpcodeNvmWriteZeroes);
    command.slba = 0;
    if (!zeroes && sqe.opcode != rules.value(Id::OpcodeNvmRead) &&
        sqe.opcode != rules.value(Id::OpcodeNvmWrite) &&
        sqe.opcode != rules.value(Id::OpcodeNvmCompare)) {
        return sqe.opcode == rules.value(Id::OpcodeNvmFlush) ? begin_flush(ctx, function, slot)
               : sqe.opcode == rules.value(Id::OpcodeNvmDatasetManagement)
                   ? begin_dataset_management(ctx, function, slot, sqe)
                   : fail(ctx, function, slot, in_any_case(rules, Id::UnsupportedOpcode));
    }
    const Id bad = unusable(ctx, function, sqe.nsid);
    if (bad != Id::Count) {
        return fail(ctx, function, slot, bad);
    }
    const wire::NvmRange range = wire::decode_nvm_range(sqe);
    const Namespace& ns = ctx.subsystem.ns[sqe.nsid - 1];
    if (!within(ns, range.slba, range.blocks())) {
        return fail(ctx, function, slot, in_any_case(rules, Id::RangeBeyondNamespace));
    }
    command.slba = range.slba;
    command.dw15 = range.blocks();
    command.length = range.blocks() << block_shift(ctx.config, ns.format);
    if (zeroes) {
        command.prp1 = wire::decode_deac(sqe, rules) ? 1 : 0;
        return media(ctx, function, slot, MediaOp::Deallocate);
    }
    if (command.length > (std::uint64_t{page_bytes} << ctx.config.mdts) &&
        rules.on(Id::TransferBeyondMdts)) {
        return fail(ctx, function, slot, Id::TransferBeyondMdts);
    }
    command.prp1 = sqe.prp1;
    command.prp2 = sqe.prp2;
    if (name_data(ctx, function, slot)) {
        start_io(ctx, function, slot);
    }
}

/// Range `index` of a Dataset Management whose data are here.
template <class Bounds>
wire::DsmRange dsm_range(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                         std::uint32_t index) {
    const Controller<Bounds>& c = ctx.controller(function);
    const std::uint8_t* data =
        ctx.env.data(function, Ticket::make(slot, c.generation), c.slot[slot].length);
    return wire::decode_dsm_range(data + index * ctx.rules.value(spec::Id::DsmRangeSize),
                                  ctx.rules);
}

/// The ranges are here. One that lies beyond the namespace fails them all, before any effect.
template <class Bounds>
void deallocate(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    const Id bad = unusable(ctx, function, command.nsid);
    if (bad != Id::Count) {
        return fail(ctx, function, slot, bad);
    }
    const Namespace& ns = ctx.subsystem.ns[command.nsid - 1];
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < command.dw15; ++i) {
        const wire::DsmRange range = dsm_range(ctx, function, slot, i);
        if (range.nlb != 0 && !within(ns, range.slba, range.nlb)) {
            return fail(ctx, function, slot, in_any_case(ctx.rules, Id::RangeBeyondNamespace));
        }
        bytes += std::uint64_t{range.nlb} << block_shift(ctx.config, ns.format);
    }
    command.slba = dsm_range(ctx, function, slot, 0).slba;
    media(ctx, function, slot, MediaOp::Deallocate, bytes);
}

/// Data of a command have come from the host.
template <class Bounds>
void data_arrived(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    const Slot& command = ctx.controller(function).slot[slot];
    if (command.opcode == ctx.rules.value(spec::Id::OpcodeNvmDatasetManagement)) {
        return deallocate(ctx, function, slot);
    }
    const bool compare = command.opcode == ctx.rules.value(spec::Id::OpcodeNvmCompare);
    media(ctx, function, slot, compare ? MediaOp::Read : MediaOp::Write);
}

/// The changes of a Dataset Management, each range once, and its completion after the last: what
/// does not fit into this step is for Event::Continue.
template <class Bounds>
void finish_ranges(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    const Namespace& ns = ctx.subsystem.ns[command.nsid - 1];
    while (command.result < command.dw15 && ctx.rules.on(spec::Id::DsmIsLogged)) {
        const wire::DsmRange range = dsm_range(ctx, function, slot, command.result);
        if (range.nlb != 0 && within(ns, range.slba, range.nlb)) {
            if (!can_log(ctx)) {
                return wait_to_log(ctx, function, slot);
            }
            change(ctx, function, {command.nsid, range.slba, range.nlb, true});
        }
        ++command.result;
    }
    command.result = 0;
    complete(ctx, function, slot);
}

/// The change that a Write or a Write Zeroes makes.
template <class Bounds>
void finish_write(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    using spec::Id;
    const Slot& command = ctx.controller(function).slot[slot];
    const bool zeroes = command.opcode == ctx.rules.value(Id::OpcodeNvmWriteZeroes);
    const bool changes =
        zeroes || command.opcode == ctx.rules.value(Id::OpcodeNvmWrite);  // a Compare does not
    if (changes && ctx.rules.on(zeroes ? Id::WriteZeroesIsLogged : Id::WriteIsLogged)) {
        if (!can_log(ctx)) {
            return wait_to_log(ctx, function, slot);
        }
        const bool deallocates =
            zeroes && command.prp1 != 0 && ctx.rules.on(Id::WriteZeroesDeallocates);
        change(ctx, function, {command.nsid, command.slba, command.dw15, deallocates});
    }
    complete(ctx, function, slot);
}

/// What the media could not do, or what has happened to the namespace meanwhile: commands to one
/// that was detached or deleted end as if it had been inactive from the start (NVMe Base 2.3,
/// 8.1.16). Id::Count if the command succeeds.
template <class Bounds>
spec::Id failure(const Context<Bounds>& ctx, std::uint16_t function, const Slot& command,
                 bool failed) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (failed) {
        const Id why = command.opcode == rules.value(Id::OpcodeNvmCompare) ? Id::CompareFailed
                       : command.opcode == rules.value(Id::OpcodeNvmRead)  ? Id::MediaReadFailed
                                                                           : Id::MediaWriteFailed;
        if (rules.on(why)) {
            return why;
        }
    }
    if (command.nsid == wire::nsid_broadcast) {
        return Id::Count;  // a Flush
    }
    if (!attached(ctx.subsystem.controller[function], command.nsid) &&
        rules.on(Id::NamespaceInactive)) {
        return Id::NamespaceInactive;
    }
    const Namespace& ns = ctx.subsystem.ns[command.nsid - 1];
    const bool ranged = command.opcode != rules.value(Id::OpcodeNvmFlush) &&
                        command.opcode != rules.value(Id::OpcodeNvmDatasetManagement);
    return ranged && !within(ns, command.slba, command.dw15)
               ? in_any_case(rules, Id::RangeBeyondNamespace)
               : Id::Count;
}

/// Counts a command that the media have finished, as SMART does (5.2.12.1.3): reads with Compare,
/// writes that bring data.
template <class Bounds>
void count(Context<Bounds>& ctx, std::uint16_t function, const Slot& command, bool failed) {
    using spec::Id;
    Usage* usage = ctx.env.usage(function);
    if (usage == nullptr) {
        return;
    }
    const auto is = [&](Id opcode) { return command.opcode == ctx.rules.value(opcode); };
    if (failed) {
        usage->media_errors += is(Id::OpcodeNvmCompare) ? 0 : 1;
    } else if (is(Id::OpcodeNvmRead) || is(Id::OpcodeNvmCompare)) {
        ++usage->reads;
        usage->bytes_read += command.length;
    } else if (is(Id::OpcodeNvmWrite)) {
        ++usage->writes;
        usage->bytes_written += command.length;
    }
}

/// The media are done: data of a read go out before the completion does (posted writes keep order).
template <class Bounds>
void media_done(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot, bool failed) {
    using spec::Id;
    Slot& command = ctx.controller(function).slot[slot];
    count(ctx, function, command, failed);
    const Id bad = failure(ctx, function, command, failed);
    if (bad != Id::Count) {
        return fail(ctx, function, slot, bad);
    }
    if (command.opcode == ctx.rules.value(Id::OpcodeNvmRead)) {
        if (command.sqid != no_queue) {
            transfer(ctx, function, slot, EffectKind::TransferOut);
        }
        return complete(ctx, function, slot);
    }
    if (command.opcode == ctx.rules.value(Id::OpcodeNvmDatasetManagement)) {
        return finish_ranges(ctx, function, slot);
    }
    finish_write(ctx, function, slot);
}

}  // namespace lmsim::nvme
