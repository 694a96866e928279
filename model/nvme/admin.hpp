#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/io.hpp"
#include "model/nvme/life.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/log_page.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/templates.hpp"
#include "model/wire/track.hpp"

namespace lmsim::nvme {

constexpr std::size_t abort_limit = 4;                // Aborts at once: ACL is one less
constexpr std::uint64_t largest_transfer = 1U << 26;  // whatever the rules say

/// What the commands of one file answer with.
struct Outcome {
    std::uint16_t status = 0;
    std::uint32_t result = 0;  // DW0
    std::uint32_t bytes = 0;   // of data to the host, already in Env::data
    std::uint32_t dw1 = 0;     // DW1
};

inline wire::Sqe to_sqe(const Slot& command) {
    wire::Sqe sqe;
    sqe.opcode = command.opcode;
    sqe.cid = command.cid;
    sqe.nsid = command.nsid;
    sqe.prp1 = command.prp1;
    sqe.prp2 = command.prp2;
    sqe.cdw10 = command.cdw10();
    sqe.cdw11 = command.cdw11();
    sqe.cdw12 = command.cdw12();
    sqe.cdw13 = command.cdw13();
    sqe.cdw14 = command.dw14;
    sqe.cdw15 = command.dw15;
    return sqe;
}

template <class Bounds>
Outcome refuse(const Context<Bounds>& ctx, spec::Id condition) {
    refused_by = condition;
    return {ctx.rules.status(condition), 0, 0, 0};
}

// What features have in common (NVMe Base 2.3, 4.4, 5.2.11): none can be saved.

/// Get Features with SEL 011b.
template <class Bounds>
Outcome feature_capabilities(const Context<Bounds>& ctx, bool of_namespace, bool changeable) {
    const wire::FeatureCapabilities can{false, of_namespace, changeable};
    return {0, wire::encode(can, ctx.rules), 0, 0};
}

/// Does this SEL ask for the default? What is saved is the default too.
template <class Bounds>
bool selects_initial(const Context<Bounds>& ctx, std::uint32_t select) {
    return select == ctx.rules.value(spec::Id::SelectDefault) ||
           select == ctx.rules.value(spec::Id::SelectSaved);
}

/// AD-FEAT-47: Set Features for one namespace.
template <class Bounds>
bool names_namespace(const Context<Bounds>& ctx, const wire::Sqe& sqe) {
    return ctx.rules.on(spec::Id::FeatureOfController) && sqe.nsid != 0 &&
           sqe.nsid <= Bounds::namespaces;
}

inline std::uint64_t mdts_bytes(const Config& config) { return std::uint64_t{4096} << config.mdts; }

/// Gives an admin command its time in the controller; `bytes` is what it will move.
template <class Bounds>
void execute(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    command.stage = Stage::Executing;
    Effect& effect = ctx.effect(EffectKind::Execute, function);
    effect.ticket = Ticket::make(slot, c.generation);
    effect.token = static_cast<std::uint64_t>(Work::Command);
    effect.token2 = command.opcode;
    effect.token3 = command.cdw10() & 0xff;  // SEL, CNS or FID
    effect.length = command.length;
}

/// Is this a Track Send that begins to track memory? Its data tell their own length.
template <class Bounds>
bool starts_tracking(const Context<Bounds>& ctx, const wire::Sqe& sqe, bool mmc) {
    const spec::Rules& rules = ctx.rules;
    return sqe.opcode == rules.value(spec::Id::OpcodeAdminTrackSend) &&
           (mmc || !rules.on(spec::Id::TrackSendToMc)) &&
           wire::track_operation(sqe, rules) == wire::TrackOperation::TrackMemoryChanges &&
           wire::decode_track_memory(sqe, rules).start;
}

/// Bytes that the command moves, by its own length field or by its kind. A command that an MC does
/// not take moves none.
template <class Bounds>
std::uint64_t data_length(const Context<Bounds>& ctx, const wire::Sqe& sqe, bool mmc) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const auto is = [&](Id opcode) { return sqe.opcode == rules.value(opcode); };
    if (is(Id::OpcodeAdminIdentify)) {
        return page_bytes;
    }
    if (is(Id::OpcodeAdminGetLogPage)) {
        return 4 * wire::decode_get_log_page(sqe, rules).dwords;
    }
    if (const std::uint64_t length = namespace_data_length(ctx, sqe, mmc)) {
        return length;
    }
    if (mmc && (wire::is_template_receive(sqe, rules) || wire::is_template_send(sqe, rules))) {
        return rules.value(Id::TemplateSize);
    }
    if (const std::uint32_t length = cdq_data_length(ctx, sqe)) {
        return length;
    }
    if (starts_tracking(ctx, sqe, mmc)) {
        return rules.value(Id::TrackHeaderSize);
    }
    if (is(Id::OpcodeAdminTrackReceive) && (mmc || !rules.on(Id::TrackReceiveToMc))) {
        return wire::decode_track_receive(sqe, rules).dwords * 4;
    }
    if (wire::is_migration_send(sqe, rules) && mmc) {
        const wire::MigrationSend send = wire::decode_migration_send(sqe, rules);
        return send.operation == wire::SendOperation::SetControllerState ? send.dwords * 4 : 0;
    }
    if (wire::is_migration_receive(sqe, rules) && mmc) {
        const wire::MigrationReceive receive = wire::decode_migration_receive(sqe, rules);
        return receive.query_size ? 0 : receive.dwords * 4;
    }
    return 0;
}

/// AD-GEN-05: does another admin command, an outstanding AER too, have the CID of this one? How
/// many commands are searched is the controller's own affair: those of I/O queues are not.
template <class Bounds>
bool id_in_use(const Controller<Bounds>& c, std::uint32_t slot) {
    std::uint32_t left = c.busy + c.aers;  // so many slots are in use
    for (std::uint32_t i = 0; left != 0; ++i) {
        LMSIM_ASSERT(i < Bounds::slots);
        const Slot& other = c.slot[i];
        left -= other.stage != Stage::Free ? 1 : 0;
        const bool known = other.stage != Stage::Free && other.stage != Stage::Fetching;
        if (i != slot && known && other.sqid == 0 && other.cid == c.slot[slot].cid) {
            return true;
        }
    }
    return false;
}

/// AD-ABRT-40: this Abort is one too many.
template <class Bounds>
bool too_many_aborts(const Controller<Bounds>& c, std::uint32_t abort_opcode) {
    std::size_t outstanding = 0;  // without the one that asks: it is still at Fetching
    for (const Slot& other : c.slot) {
        const bool known = other.stage != Stage::Free && other.stage != Stage::Fetching;
        outstanding += known && other.sqid == 0 && other.opcode == abort_opcode ? 1 : 0;
    }
    return outstanding >= abort_limit;
}

/// An AER waits for an event and counts as no command in flight (NVMe Base 2.3, 5.2.2).
template <class Bounds>
void hold_aer(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Controller<Bounds>& c = ctx.controller(function);
    if (c.aers >= Bounds::aers) {
        return fail(ctx, function, slot, in_any_case(ctx.rules, spec::Id::AerTooMany));
    }
    c.slot[slot].stage = Stage::Held;
    c.aer[c.aers++] = static_cast<std::uint16_t>(slot);
    finished(ctx, function);
    deliver_events(ctx, function);
}

/// The function whose controller has this CNTLID and can be migrated; 0 if none: the MMC is not.
template <class Bounds>
std::uint16_t find_migratable(const Context<Bounds>& ctx, std::uint16_t cntlid) {
    for (std::uint16_t i = 1; i < ctx.subsystem.functions; ++i) {
        if (ctx.subsystem.controller[i].cntlid == cntlid) {
            return i;
        }
    }
    return 0;
}

/// Get Controller State and Track Receive: is their controller suspended as the command arrives?
/// CSUP, CP and SUSP tell whether it was all the while (LM-GET-02, LM-TRK-82), so this is kept
/// until the command happens.
template <class Bounds>
bool stands_still(const Context<Bounds>& ctx, const wire::Sqe& sqe) {
    using spec::Id;
    std::uint16_t cntlid = 0;
    if (wire::is_migration_receive(sqe, ctx.rules)) {
        cntlid = wire::decode_migration_receive(sqe, ctx.rules).cntlid;
    } else if (sqe.opcode == ctx.rules.value(Id::OpcodeAdminTrackReceive)) {
        cntlid = wire::decode_track_receive(sqe, ctx.rules).cntlid;
    } else {
        return false;
    }
    const std::uint16_t function = find_migratable(ctx, cntlid);
    return function != 0 && is(ctx.subsystem.controller[function].migration, Migration::Suspended);
}

/// LM-TRK-55: of PRP1 and PRP2 only PRP1 is sure to name data while RNMRTD is not known.
template <class Bounds>
bool splits_track_header(const Context<Bounds>& ctx, const wire::Sqe& sqe, bool mmc) {
    return ctx.rules.on(spec::Id::TrackHeaderSplit) && starts_tracking(ctx, sqe, mmc) &&
           wire::prp_pages(sqe.prp1, ctx.rules.value(spec::Id::TrackHeaderSize), page_bytes) > 1;
}

/// A fetched command of an admin queue.
template <class Bounds>
void begin_admin(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                 const wire::Sqe& sqe) {
    Slot& command = ctx.controller(function).slot[slot];
    command.slba = sqe.cdw10 | static_cast<std::uint64_t>(sqe.cdw11) << 32;
    command.dw12 = sqe.cdw12 | static_cast<std::uint64_t>(sqe.cdw13) << 32;
    command.dw14 = sqe.cdw14;
    command.dw15 = sqe.cdw15;
    command.prp1 = sqe.prp1;
    command.prp2 = sqe.prp2;
    command.result = stands_still(ctx, sqe) ? 1 : 0;
    if (ctx.rules.on(spec::Id::CommandIdInUse) && id_in_use(ctx.controller(function), slot)) {
        return fail(ctx, function, slot, spec::Id::CommandIdInUse);
    }
    if (sqe.opcode == ctx.rules.value(spec::Id::OpcodeAdminAer)) {
        return hold_aer(ctx, function, slot);
    }
    if (ctx.rules.on(spec::Id::AbortTooMany) &&
        sqe.opcode == ctx.rules.value(spec::Id::OpcodeAdminAbort) &&
        too_many_aborts(ctx.controller(function), sqe.opcode)) {
        return fail(ctx, function, slot, spec::Id::AbortTooMany);
    }
    if (begin_cdq(ctx, function, slot, sqe)) {
        return;
    }
    const bool mmc = ctx.controller(function).primary;
    const std::uint64_t length = data_length(ctx, sqe, mmc);
    if (length > mdts_bytes(ctx.config) &&
        (ctx.rules.on(spec::Id::TransferBeyondMdts) || length > largest_transfer)) {
        return fail(ctx, function, slot, in_any_case(ctx.rules, spec::Id::TransferBeyondMdts));
    }
    if (splits_track_header(ctx, sqe, mmc)) {
        return fail(ctx, function, slot, spec::Id::TrackHeaderSplit);
    }
    command.length = static_cast<std::uint32_t>(length);
    if (name_data(ctx, function, slot)) {
        start_admin(ctx, function, slot);
    }
}

/// All that names the data is here: fetch what comes from the host (opcode bits 1:0), or execute.
template <class Bounds>
void start_admin(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    const Slot& command = ctx.controller(function).slot[slot];
    constexpr unsigned host_to_controller = 1;
    if ((command.opcode & 3U) == host_to_controller && command.length != 0) {
        return fetch_data(ctx, function, slot);
    }
    execute(ctx, function, slot);
}

/// A Track Send has its header and nothing else: it says how much there is.
template <class Bounds>
bool wants_descriptors(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Slot& command = ctx.controller(function).slot[slot];
    if (command.length != ctx.rules.value(spec::Id::TrackHeaderSize) ||
        !starts_tracking(ctx, to_sqe(command), ctx.controller(function).primary)) {
        return false;
    }
    const auto header = wire::TrackMemoryView::parse_header(
        ctx.env.data(function, slot, command.length), command.length, ctx.rules);
    const std::uint64_t size = wire::track_memory_size(header->count(), ctx.rules);
    if (size <= command.length || size > std::min(mdts_bytes(ctx.config), largest_transfer)) {
        return false;  // nothing to fetch, or too much: the command will be refused
    }
    command.length = static_cast<std::uint32_t>(size);
    return true;
}

/// The host's data of an admin command are here.
template <class Bounds>
void command_data_arrived(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    if (!wants_descriptors(ctx, function, slot)) {
        return execute(ctx, function, slot);
    }
    if (name_data(ctx, function, slot)) {
        fetch_data(ctx, function, slot);
    }
}

/// The command's time in the controller is over: it happens now, all at once.
template <class Bounds>
void finish_admin(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot) {
    Controller<Bounds>& c = ctx.controller(function);
    Slot& command = c.slot[slot];
    Outcome outcome;
    if (!process(ctx, function, slot, outcome)) {
        return;  // a Suspend that waits for its controller to drain
    }
    command.status = outcome.status;
    command.result = outcome.result;
    command.dw14 = outcome.dw1;
    if (outcome.bytes != 0) {
        Effect& effect = ctx.effect(EffectKind::WriteMemory, function);
        effect.ticket = Ticket::make(slot, c.generation);
        effect.address = command.prp1;
        effect.token = command.prp2;
        effect.length = outcome.bytes;
    }
    complete(ctx, function, slot);
}

}  // namespace lmsim::nvme
