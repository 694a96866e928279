#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "model/nvme/queue_commands.hpp"
#include "model/nvme/templates.hpp"
#include "model/spec/codes.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/vendor_area.hpp"

namespace lmsim::nvme {

constexpr std::uint8_t state_uuids = 1;  // that CNS 20h lists: our vendor area's

/// The versions that CNS 20h lists: the controller's own, before which a dialect may have 0h.
struct StateVersions {
    std::uint16_t number[2] = {0, 0};
    std::uint8_t count = 0;

    explicit StateVersions(const spec::Rules& rules) {
        if (rules.on(spec::Id::FormatsListVersion0)) {
            number[count++] = 0;
        }
        number[count++] = static_cast<std::uint16_t>(rules.value(spec::Id::NvmeStateVersion));
    }
};

/// Does a CSVI or CSUUIDI ask for something, and for one of `count`? (ID-FMT-06)
inline bool asks(std::uint8_t index, const spec::Rules& rules) {
    return index >= rules.value(spec::Id::FormatsFirstIndex);
}
inline bool is_beyond(std::uint8_t index, std::uint8_t count, const spec::Rules& rules) {
    return index >= rules.value(spec::Id::FormatsFirstIndex) + count;
}
/// Version 0h of a controller that lists it beside its own?
inline bool is_version0(std::uint8_t csvi, const spec::Rules& rules) {
    return rules.on(spec::Id::FormatsListVersion0) &&
           csvi == rules.value(spec::Id::FormatsFirstIndex);
}

/// Which parts a Get Controller State asks for, and whether the controller stands still.
struct StateParts {
    bool nvme = true;
    bool vendor = true;
    bool suspended = true;
    bool version0 = false;  // where a dialect has another
};

/// Whatever v0 leaves out and Config says is carried (NVMe Base 2.3, 5.2.17.1.3, figure 375).
template <class Bounds>
wire::VendorArea vendor_area(const Controller<Bounds>& c, const Config& config) {
    wire::VendorArea area;
    if (config.carry_registers) {
        area.cc = c.cc;
        area.csts = csts(settled(c.life), c.cc);
    }
    if (config.carry_admin_queue) {
        area.aqa = c.aqa;
        area.asq = c.asq;
        area.acq = c.acq;
        area.admin_sq_head = static_cast<std::uint16_t>(c.sq[0].head);
        area.admin_sq_tail = static_cast<std::uint16_t>(c.sq[0].tail);
        area.admin_cq_head = static_cast<std::uint16_t>(c.cq[0].head);
        area.admin_cq_tail = static_cast<std::uint16_t>(c.cq[0].tail);
        area.admin_cq_phase = c.cq[0].phase != 0;
    }
    if (config.carry_features) {
        area.number_of_queues = c.queues_granted;
        area.async_event_config = c.aer_config;
        area.interrupt_coalescing = c.coalescing;
        area.volatile_write_cache = c.write_cache;
    }
    if (config.carry_aer) {
        area.aer_count = c.aers;
        for (std::uint16_t i = 0; i < c.aers; ++i) {
            area.aer_cids[i] = c.slot[c.aer[i]].cid;
        }
    }
    return area;
}

/// What a state that holds the whole controller has of it.
template <class Bounds>
wire::VendorArea own_part(const Controller<Bounds>& c) {
    return vendor_area(c, Config{});
}

template <class Bounds>
wire::StateShape shape_of(const Context<Bounds>& ctx, std::uint16_t function, StateParts parts) {
    const Controller<Bounds>& c = ctx.subsystem.controller[function];
    wire::StateShape shape;
    shape.cp = parts.suspended;
    shape.nvme_state = parts.nvme;
    for (std::size_t i = 1; parts.nvme && i < Bounds::queues; ++i) {
        shape.sqs = static_cast<std::uint16_t>(shape.sqs + (exists(c.sq[i]) ? 1 : 0));
        shape.cqs = static_cast<std::uint16_t>(shape.cqs + (exists(c.cq[i]) ? 1 : 0));
    }
    shape.version0 = parts.version0;
    const bool whole = wire::state_body(parts.version0, ctx.rules) != wire::StateBody::Queues;
    if (whole) {
        shape.aers = c.aers;
    }
    if (parts.vendor) {
        const wire::VendorArea area = vendor_area(c, ctx.config);
        shape.vendor_bytes = (whole ? 0 : wire::vendor_area_size(area)) + ctx.config.vendor_bytes;
    }
    return shape;
}

template <class Bounds>
std::size_t saved_size(const Context<Bounds>& ctx, std::uint16_t function, StateParts parts) {
    return wire::state_size(shape_of(ctx, function, parts), ctx.rules);
}

/// Bytes that no state of this device exceeds: what is accepted piece by piece.
template <class Bounds>
std::uint64_t largest_state(const Context<Bounds>& ctx) {
    wire::StateShape shape;
    shape.sqs = static_cast<std::uint16_t>(ctx.config.queue_pairs);
    shape.cqs = shape.sqs;
    shape.vendor_bytes = wire::vendor_area_max + ctx.config.vendor_bytes;
    shape.aers = wire::VendorArea::max_aers;
    return wire::state_size(shape, ctx.rules);
}

inline wire::SqState saved(const Sq& sq, std::uint16_t qid) {
    wire::SqState state;
    state.prp1 = sq.base;
    state.qsize = static_cast<std::uint16_t>(sq.size - 1);
    state.qid = qid;
    state.cqid = sq.cqid;
    state.pc = (sq.attributes & 1) != 0;
    state.qprio = static_cast<std::uint8_t>(sq.attributes >> 1 & 3);
    state.hp = static_cast<std::uint16_t>(sq.head);
    state.tp = static_cast<std::uint16_t>(sq.tail);
    return state;
}

inline wire::CqState saved(const Cq& cq, std::uint16_t qid) {
    wire::CqState state;
    state.prp1 = cq.base;
    state.qsize = static_cast<std::uint16_t>(cq.size - 1);
    state.qid = qid;
    state.hp = static_cast<std::uint16_t>(cq.head);
    state.tp = static_cast<std::uint16_t>(cq.tail);
    state.pc = (cq.attributes & 1) != 0;
    state.ien = (cq.attributes & 2) != 0;
    state.s0pt = wire::slot0_phase(cq.phase != 0, state.tp);
    state.iv = cq.vector;
    return state;
}

/// Zeros at the end of the function's state that nobody keeps.
template <class Bounds>
std::size_t zeros_behind(const Context<Bounds>& ctx, std::uint16_t function, StateParts parts) {
    const std::size_t vendor = parts.vendor ? ctx.config.vendor_bytes : 0;
    return vendor == 0 ? 0 : vendor - ctx.env.vendor_stored(function, vendor);
}

/// Writes the function's state but for `zeros` at its end; `to` holds the rest of saved_size()
/// bytes, which is `size`.
template <class Bounds>
void save_state(Context<Bounds>& ctx, std::uint16_t function, StateParts parts, std::uint8_t* to,
                std::size_t size, std::size_t zeros) {
    const Controller<Bounds>& c = ctx.controller(function);
    const wire::StateShape shape = shape_of(ctx, function, parts);
    wire::ControllerStateWriter writer(to, size, shape, ctx.rules, zeros);
    if (ctx.rules.on(spec::Id::Templates)) {
        wire::set_state_template(to, exported_after(ctx), ctx.rules);
    }
    std::size_t sqs = 0;
    std::size_t cqs = 0;
    for (std::uint16_t i = 1; parts.nvme && i < Bounds::queues; ++i) {
        if (exists(c.sq[i])) {
            writer.set_sq(sqs++, saved(c.sq[i], i));
        }
        if (exists(c.cq[i])) {
            writer.set_cq(cqs++, saved(c.cq[i], i));
        }
    }
    const bool whole = wire::state_body(parts.version0, ctx.rules) != wire::StateBody::Queues;
    if (parts.nvme && whole) {
        writer.set_own(own_part(c));
    }
    if (!parts.vendor) {
        return;
    }
    std::uint8_t* opaque = writer.vendor_data();
    if (!whole) {
        const wire::VendorArea area = vendor_area(c, ctx.config);
        wire::encode(area, opaque);
        opaque += wire::vendor_area_size(area);
    }
    if (ctx.config.vendor_bytes != zeros) {
        std::memcpy(opaque, ctx.env.vendor(function), ctx.config.vendor_bytes - zeros);
    }
}

/// Could a host have made these queues here, by the commands that create them?
template <class Bounds>
bool fits(const Context<Bounds>& ctx, const Controller<Bounds>& c,
          const wire::ControllerStateView& state) {
    if (state.nvme().check_queues().error != wire::Error::None) {
        return false;
    }
    for (std::size_t i = 0; i < state.sq_count(); ++i) {
        const wire::SqState sq = state.sq(i);
        if (sq.qid > io_pairs(ctx, c) || sq.qsize >= ctx.config.queue_size || !sq.pc ||
            sq.prp1 % page_bytes != 0) {
            return false;
        }
    }
    for (std::size_t i = 0; i < state.cq_count(); ++i) {
        const wire::CqState cq = state.cq(i);
        if (cq.qid > io_pairs(ctx, c) || cq.qsize >= ctx.config.queue_size || !cq.pc ||
            cq.prp1 % page_bytes != 0 || (cq.ien && cq.iv >= vector_limit(ctx, c))) {
            return false;
        }
    }
    return true;
}

/// LM-SET-07: the commit creates the I/O queues as they were.
template <class Bounds>
void load_queues(Context<Bounds>& ctx, std::uint16_t function,
                 const wire::ControllerStateView& state) {
    Controller<Bounds>& c = ctx.controller(function);
    for (std::size_t i = 0; i < state.cq_count(); ++i) {
        const wire::CqState from = state.cq(i);
        Cq& cq = c.cq[from.qid];
        move_cq(ctx, function, from.qid, QueueEvent::SetState);
        clear(cq);
        cq.base = from.prp1;
        cq.size = from.qsize + 1U;
        cq.head = from.hp;
        cq.tail = from.tp;
        cq.vector = from.iv;
        cq.phase = wire::next_phase(from.s0pt, from.tp) ? 1 : 0;
        cq.attributes = static_cast<std::uint8_t>((from.pc ? 1 : 0) | (from.ien ? 2 : 0));
    }
    for (std::size_t i = 0; i < state.sq_count(); ++i) {
        const wire::SqState from = state.sq(i);
        Sq& sq = c.sq[from.qid];
        move_sq(ctx, function, from.qid, QueueEvent::SetState);
        clear(sq);
        sq.base = from.prp1;
        sq.size = from.qsize + 1U;
        sq.head = from.hp;
        sq.tail = from.tp;
        sq.cqid = from.cqid;
        sq.attributes = static_cast<std::uint8_t>((from.pc ? 1 : 0) | from.qprio << 1);
        ++c.cq[from.cqid].users;
        mark_ready(c, from.qid, sq.head != sq.tail);
    }
}

/// Could this controller have got there? The bytes came over a network.
template <class Bounds>
bool fits(const Context<Bounds>& ctx, const Controller<Bounds>& c, const wire::VendorArea& area) {
    const std::uint32_t sq_last = area.aqa & 0xfff;
    const std::uint32_t cq_last = area.aqa >> 16 & 0xfff;
    return area.number_of_queues <= io_pairs(ctx, c) && area.aer_count <= Bounds::aers &&
           area.admin_sq_head <= sq_last && area.admin_sq_tail <= sq_last &&
           area.admin_cq_head <= cq_last && area.admin_cq_tail <= cq_last;
}

template <class Bounds>
void load_aers(Controller<Bounds>& c, const wire::VendorArea& area) {
    for (std::uint16_t i = 0; i < area.aer_count; ++i) {
        LMSIM_ASSERT(c.free_slot != 0);  // there are more slots than AERs, and none is in use
        const std::uint32_t slot = take_slot(c);
        --c.busy;  // held AERs are not in flight
        c.slot[slot].stage = Stage::Held;
        c.slot[slot].sqid = 0;
        c.slot[slot].cid = area.aer_cids[i];
        c.slot[slot].opcode = spec::opcode::AdminAer;
        c.aer[c.aers++] = static_cast<std::uint16_t>(slot);
    }
}

/// What the vendor area holds goes where it came from; a part that nobody carried is as after
/// reset. The life that the controller led until then is over, with its AERs and its own work.
template <class Bounds>
void load_vendor(Context<Bounds>& ctx, std::uint16_t function, const wire::VendorArea& area) {
    Controller<Bounds>& c = ctx.controller(function);
    while (c.aers != 0) {
        release_slot(c, c.aer[--c.aers]);
    }
    c.generation = (c.generation + 1) & 0xffff;
    c.owed = static_cast<std::uint8_t>(c.owed & ~owed::enable);
    live(ctx, function, LifeEvent::FunctionReset);
    drop_queue(ctx, function, 0);
    mark_ready(c, 0, false);
    c.cc = area.cc;
    c.aqa = area.aqa;
    c.asq = area.asq;
    c.acq = area.acq;
    c.queues_granted = area.number_of_queues;
    c.aer_config = area.async_event_config;
    c.coalescing = area.interrupt_coalescing;
    c.write_cache = area.volatile_write_cache;
    if ((area.cc & cc_enable) == 0) {
        return;
    }
    create_admin_queues(ctx, function, QueueEvent::SetState);
    c.sq[0].head = area.admin_sq_head;
    c.sq[0].tail = area.admin_sq_tail;
    c.cq[0].head = area.admin_cq_head;
    c.cq[0].tail = area.admin_cq_tail;
    c.cq[0].phase = area.admin_cq_phase ? 1 : 0;
    mark_ready(c, 0, c.sq[0].head != c.sq[0].tail);
    load_aers(c, area);
    live(ctx, function, LifeEvent::CommitState);
    if ((area.csts & csts_shutdown_mask) != 0) {
        live(ctx, function, LifeEvent::Shutdown);
        live(ctx, function,
             LifeEvent::ShutdownDone);  // what was under way is over: nothing is left
    }
}

/// Finds what queue states leave out: in the NVMe state where a dialect has it there, else in our
/// vendor area. `carried`: it is there. Takes opaque vendor data, which anybody could have sent.
/// What lies behind `stored` bytes of the state is zeros.
template <class Bounds>
spec::Id take_own_part(Context<Bounds>& ctx, std::uint16_t function,
                       const wire::ControllerStateView& state, std::size_t stored,
                       wire::VendorArea& area, bool& carried) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    const bool whole = state.has_nvme_state() && state.nvme().has_own();
    if (whole) {
        const auto own = state.nvme().own();
        if (!own) return Id::SetStateIncomplete;
        area = *own;
        carried = true;
    }
    if (state.vendor_size() != 0) {
        if (state.vendor_size() < ctx.config.vendor_bytes) return Id::SetStateIncomplete;
        const std::size_t own = state.vendor_size() - ctx.config.vendor_bytes;
        if (!whole) {
            const auto decoded = wire::decode_vendor_area(state.vendor_data(), own);
            if (!decoded) return Id::SetStateIncomplete;
            area = *decoded;
            carried = true;
        } else if (own != 0) {
            return Id::SetStateIncomplete;
        }
    }
    if (carried && !fits(ctx, c, area)) return Id::SetStateQueueInvalid;
    if (state.vendor_size() != 0 && ctx.config.vendor_bytes != 0) {
        const std::size_t length = ctx.config.vendor_bytes;
        const std::size_t at = state.size() - length;
        ctx.env.load_vendor(function, state.vendor_data() + state.vendor_size() - length,
                            std::min(length, std::max(stored, at) - at), length);
    }
    return Id::Count;
}

/// Verifies and takes a whole state, zeros but for `stored` bytes; Id::Count, or the condition that
/// it breaks, which changes nothing.
template <class Bounds>
spec::Id commit_state(Context<Bounds>& ctx, std::uint16_t function, const wire::MigrationSend& send,
                      const std::uint8_t* bytes, std::uint64_t size, std::size_t stored) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    const auto state = wire::ControllerStateView::parse(bytes, size, ctx.rules);
    const spec::Rules& rules = ctx.rules;
    const Id incomplete = in_any_case(rules, Id::SetStateIncomplete);
    const Id invalid = in_any_case(rules, Id::SetStateQueueInvalid);
    if (!state) return incomplete;
    if (rules.on(Id::SetStateCsviMissing) && !asks(send.csvi, rules) && state->has_nvme_state()) {
        return Id::SetStateCsviMissing;
    }
    if (rules.on(Id::SetStateCsuuidiMissing) && !asks(send.csuuidi, rules) &&
        state->vendor_size() != 0) {
        return Id::SetStateCsuuidiMissing;
    }
    if (is_of_other_template(ctx, bytes)) {
        return Id::SetStateOtherTemplate;
    }
    if (rules.on(Id::SetStateQueuesExist) && state->has_nvme_state() && has_io_queue(c)) {
        return Id::SetStateQueuesExist;
    }
    if (!fits(ctx, c, *state)) return invalid;
    wire::VendorArea area;
    bool carried = false;
    const Id broken = take_own_part(ctx, function, *state, stored, area, carried);
    if (broken != Id::Count) return in_any_case(rules, broken);
    if (ctx.rules.on(Id::SetStateCreatesQueues)) {
        load_queues(ctx, function, *state);
    }
    if (carried) {
        load_vendor(ctx, function, area);
    }
    c.committed = true;
    return Id::Count;
}

}  // namespace lmsim::nvme
