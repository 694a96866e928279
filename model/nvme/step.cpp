#include "model/nvme/step.hpp"

#include <algorithm>
#include <iterator>

#include "model/nvme/commands.hpp"

namespace lmsim::nvme {
namespace {

/// What CDW0 may not ask for, where no command is fused and SGLS is 0; Id::Count if nothing.
spec::Id check_flags(std::uint8_t flags, bool admin, const spec::Rules& rules) {
    using spec::Id;
    constexpr std::uint8_t fuse = 0x03;
    constexpr std::uint8_t psdt = 0xC0;
    if (admin && (flags & psdt) != 0 && rules.on(Id::AdminUsesSgl)) {
        return Id::AdminUsesSgl;
    }
    const bool asked = (flags & fuse) != 0 || (!admin && (flags & psdt) != 0);
    return asked && rules.on(Id::ReservedFieldValue) ? Id::ReservedFieldValue : Id::Count;
}

template <class Bounds>
void fetched(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
             const std::uint8_t* bytes) {
    const wire::Sqe sqe = wire::decode_sqe(bytes);
    Slot& command = ctx.controller(function).slot[slot];
    command.opcode = sqe.opcode;
    command.cid = sqe.cid;
    command.nsid = sqe.nsid;
    command.status = 0;
    command.result = 0;
    command.length = 0;
    command.dw14 = 0;
    const spec::Id bad = check_flags(sqe.flags, command.sqid == 0, ctx.rules);
    if (bad != spec::Id::Count) {
        return fail(ctx, function, slot, bad);
    }
    if (command.sqid == 0) {
        begin_admin(ctx, function, slot, sqe);
    } else {
        begin_io(ctx, function, slot, sqe);
    }
}

template <class Bounds>
void done(Context<Bounds>& ctx, const Event& event) {
    Controller<Bounds>& c = ctx.controller(event.function);
    if (Ticket::generation(event.ticket) != c.generation) {
        return;  // an answer from before a reset
    }
    const std::uint32_t slot = Ticket::slot(event.ticket);
    if (slot == no_slot) {
        return work_done(ctx, event.function);
    }
    const bool admin = c.slot[slot].sqid == 0;
    switch (c.slot[slot].stage) {
        case Stage::Fetching:
            if (event.failed) {
                entry_unreachable(ctx, event.function, slot);
            } else {
                fetched(ctx, event.function, slot, event.bytes);
            }
            break;
        case Stage::List:
            if (admin && is_cdq(ctx, c.slot[slot])) {
                cdq_list_arrived(ctx, event, slot);
                break;
            }
            if (!list_arrived(ctx, event, slot)) {
                break;
            }
            if (admin) {
                start_admin(ctx, event.function, slot);
            } else {
                start_io(ctx, event.function, slot);
            }
            break;
        case Stage::DataIn:
            if (event.failed && ctx.rules.on(spec::Id::DataInUnreachable)) {
                fail(ctx, event.function, slot, spec::Id::DataInUnreachable);
            } else if (admin) {
                command_data_arrived(ctx, event.function, slot);
            } else {
                data_arrived(ctx, event.function, slot);
            }
            break;
        case Stage::Executing: finish_admin(ctx, event.function, slot); break;
        case Stage::Media:
            if (admin) {
                format_done(ctx, event.function, slot, event.failed);
            } else {
                media_done(ctx, event.function, slot, event.failed);
            }
            break;
        case Stage::Free:
        case Stage::Suspending:
        case Stage::Logging:
        case Stage::Held:
        case Stage::Full: LMSIM_ASSERT(!"an answer that nothing asked for");
    }
    if (c.free_slot != 0) {
        fetch(ctx, event.function);
    }
}

/// No queues: how a controller begins.
template <class Bounds>
void drop_queues(Controller<Bounds>& c) {
    std::fill(std::begin(c.ready), std::end(c.ready), 0);
    std::fill(std::begin(c.sq), std::end(c.sq), Sq{});
    std::fill(std::begin(c.cq), std::end(c.cq), Cq{});
    c.next_queue = 0;
}

/// A VF begins online with its share of the flexible resources, or offline without any.
template <class Bounds>
void give_resources(Controller<Bounds>& c, const Config& config, std::uint16_t vfs) {
    c.vq = static_cast<std::uint16_t>(std::min(config.flexible_vqs / vfs, config.queue_pairs + 1));
    c.vi = static_cast<std::uint16_t>(std::min(config.flexible_vis / vfs, private_vectors(config)));
    const bool enough =
        (config.flexible_vqs == 0 || c.vq >= 2) && (config.flexible_vis == 0 || c.vi >= 1);
    c.online = config.vfs_online && enough;
    if (!c.online) {
        c.vq = 0;
        c.vi = 0;
    }
}

}  // namespace

template <class Bounds>
void initialize(Subsystem<Bounds>& subsystem, const Config& config, std::uint16_t vfs) {
    LMSIM_ASSERT(vfs + std::size_t{1} <= Bounds::functions);
    LMSIM_ASSERT(config.queue_pairs >= 1 && config.queue_pairs < Bounds::queues);
    LMSIM_ASSERT(config.contexts >= 1 && config.vendor_bytes % 4 == 0);
    subsystem.functions = static_cast<std::uint16_t>(vfs + 1);
    subsystem.more = false;
    subsystem.wake_first = 0;
    subsystem.wake_end = 0;
    initialize_namespaces(subsystem, config);
    for (std::uint16_t i = 0; i <= vfs; ++i) {
        Controller<Bounds>& c = subsystem.controller[i];
        c.cntlid = i;
        c.primary = i == 0;
        c.online = true;
        drop_commands(c, config, true);
        drop_queues(c);
        default_features(c, config);
        if (i != 0) {
            give_resources(c, config, vfs);
        }
    }
}

template <class Bounds>
void step(Subsystem<Bounds>& subsystem, const Event& event, const Config& config,
          const spec::Rules& rules, Env& env, Effects& effects) {
    LMSIM_ASSERT(event.function < subsystem.functions);
    Context<Bounds> ctx{subsystem, config, rules, env, effects};
    LMSIM_ASSERT(subsystem.wake_end == 0 || event.kind == Event::Kind::Continue);
    subsystem.more = false;
    switch (event.kind) {
        case Event::Kind::SqDoorbell: ring_sq(ctx, event); break;
        case Event::Kind::CqDoorbell: ring_cq(ctx, event); break;
        case Event::Kind::Done: done(ctx, event); break;
        case Event::Kind::Register: write_register(ctx, event); break;
        case Event::Kind::LevelReset: function_reset(ctx, event.function); break;
        case Event::Kind::Continue: go_on(ctx); break;
    }
}

template <class Bounds>
std::size_t snapshot(Subsystem<Bounds>& subsystem, std::uint16_t function, const Config& config,
                     const spec::Rules& rules, Env& env, std::uint8_t* to, std::size_t capacity,
                     std::size_t* stored) {
    Effects none;
    Context<Bounds> ctx{subsystem, config, rules, env, none};
    const bool suspended = is(ctx.controller(function).migration, Migration::Suspended);
    const StateParts parts{true, true, suspended};
    const std::size_t size = saved_size(ctx, function, parts);
    if (size > capacity) {
        return 0;
    }
    const std::size_t zeros = stored == nullptr ? 0 : zeros_behind(ctx, function, parts);
    save_state(ctx, function, parts, to, size - zeros, zeros);
    if (stored != nullptr) {
        *stored = size - zeros;
    }
    return size;
}

template std::size_t snapshot(Subsystem<SimBounds>&, std::uint16_t, const Config&,
                              const spec::Rules&, Env&, std::uint8_t*, std::size_t, std::size_t*);
template std::size_t snapshot(Subsystem<ProofBounds>&, std::uint16_t, const Config&,
                              const spec::Rules&, Env&, std::uint8_t*, std::size_t, std::size_t*);
template std::size_t snapshot(Subsystem<WorldBounds<1>>&, std::uint16_t, const Config&,
                              const spec::Rules&, Env&, std::uint8_t*, std::size_t, std::size_t*);
template std::size_t snapshot(Subsystem<WorldBounds<2>>&, std::uint16_t, const Config&,
                              const spec::Rules&, Env&, std::uint8_t*, std::size_t, std::size_t*);
template std::size_t snapshot(Subsystem<WorldBounds<1, 3>>&, std::uint16_t, const Config&,
                              const spec::Rules&, Env&, std::uint8_t*, std::size_t, std::size_t*);
template void initialize(Subsystem<WorldBounds<1>>&, const Config&, std::uint16_t);
template void initialize(Subsystem<WorldBounds<2>>&, const Config&, std::uint16_t);
template void initialize(Subsystem<WorldBounds<1, 3>>&, const Config&, std::uint16_t);
template void step(Subsystem<WorldBounds<1>>&, const Event&, const Config&, const spec::Rules&,
                   Env&, Effects&);
template void step(Subsystem<WorldBounds<2>>&, const Event&, const Config&, const spec::Rules&,
                   Env&, Effects&);
template void step(Subsystem<WorldBounds<1, 3>>&, const Event&, const Config&, const spec::Rules&,
                   Env&, Effects&);
template void initialize(Subsystem<SimBounds>&, const Config&, std::uint16_t);
template void initialize(Subsystem<ProofBounds>&, const Config&, std::uint16_t);
template void step(Subsystem<SimBounds>&, const Event&, const Config&, const spec::Rules&, Env&,
                   Effects&);
template void step(Subsystem<ProofBounds>&, const Event&, const Config&, const spec::Rules&, Env&,
                   Effects&);

}  // namespace lmsim::nvme
