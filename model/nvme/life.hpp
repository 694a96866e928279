#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/hooks.hpp"
#include "model/nvme/queues.hpp"
#include "model/nvme/registers.hpp"
#include "model/nvme/step.hpp"

namespace lmsim::nvme {

/// Tells of the states that a machine entered (bits of `owed`), now or when there is room again.
template <class Bounds>
void tell(Context<Bounds>& ctx, std::uint16_t function, std::uint8_t entered) {
    Controller<Bounds>& c = ctx.controller(function);
    if (!has_room(ctx)) {
        c.owed = static_cast<std::uint8_t>(c.owed | entered);
        return put_off(ctx, function);
    }
    if ((entered & owed::life) != 0) {
        ctx.effect(EffectKind::EnterState, function).token = c.life;
    }
    if ((entered & owed::migration) != 0) {
        ctx.effect(EffectKind::EnterState, function).token = migration_states + c.migration;
    }
}

/// The life's machine moves; false if it does not take the event.
template <class Bounds>
bool live(Context<Bounds>& ctx, std::uint16_t function, LifeEvent event) {
    Controller<Bounds>& c = ctx.controller(function);
    if (!ctx.effects.took(advance(c.life, event, ctx.rules), function)) {
        return false;
    }
    tell(ctx, function, owed::life);
    return true;
}

template <class Bounds>
bool migrate(Context<Bounds>& ctx, std::uint16_t function, MigrationEvent event) {
    Controller<Bounds>& c = ctx.controller(function);
    if (!ctx.effects.took(advance(c.migration, event, ctx.rules), function)) {
        return false;
    }
    tell(ctx, function, owed::migration);
    return true;
}

/// All slots free again; with `aers_too` the outstanding AERs as well.
template <class Bounds>
void drop_commands(Controller<Bounds>& c, const Config& config, bool aers_too) {
    Slot held[Bounds::aers];
    const std::uint16_t kept = aers_too ? std::uint16_t{0} : c.aers;
    for (std::uint16_t i = 0; i < kept; ++i) {
        held[i] = c.slot[c.aer[i]];
    }
    c.generation = (c.generation + 1) & 0xffff;
    c.busy = 0;
    c.aers = 0;
    c.logging_slot = 0;
    // Outstanding AERs are not among the commands that a controller works on.
    const std::size_t wanted = config.contexts + Bounds::aers;
    const auto slots = static_cast<std::uint32_t>(std::min(wanted, Bounds::slots));
    c.free_slot = 1;
    for (std::uint32_t i = 0; i < slots; ++i) {
        c.slot[i].stage = Stage::Free;
        c.slot[i].next = i + 1 < slots ? i + 2 : 0;
    }
    for (std::uint16_t i = 0; i < kept; ++i) {
        const std::uint32_t slot = take_slot(c);
        --c.busy;
        c.slot[slot] = held[i];
        c.aer[c.aers++] = static_cast<std::uint16_t>(slot);
    }
}

/// The queues of that number are gone, if there were any.
template <class Bounds>
void drop_queue(Context<Bounds>& ctx, std::uint16_t function, std::uint16_t qid) {
    Controller<Bounds>& c = ctx.controller(function);
    if (exists(c.sq[qid]) && move_sq(ctx, function, qid, QueueEvent::Reset)) {
        clear(c.sq[qid]);
    }
    if (exists(c.cq[qid]) && move_cq(ctx, function, qid, QueueEvent::Reset)) {
        clear(c.cq[qid]);
    }
}

/// A CLR: the admin queues are gone, and the I/O queues but those that are to be kept; they have
/// nothing under way.
template <class Bounds>
void reset_queues(Context<Bounds>& ctx, std::uint16_t function, bool keep) {
    Controller<Bounds>& c = ctx.controller(function);
    for (std::uint16_t i = 0; i < Bounds::queues; ++i) {
        if (i == 0 || !keep) {
            drop_queue(ctx, function, i);
        }
        empty_waiting(ctx, function, i);
        mark_ready(c, i, c.sq[i].head != c.sq[i].tail);
    }
    c.next_queue = 0;
}

/// Features as after a reset: none of them is saved (NVMe Base 2.3, 5.2.26, figure 403).
template <class Bounds>
void default_features(Controller<Bounds>& c, const Config& config) {
    c.queues_granted = 0;
    c.aer_config = 0;
    c.coalescing = 0;
    c.write_cache = config.write_cache ? 1 : 0;
}

/// Queues, commands in flight and features go; the identity, resources and attached namespaces
/// stay.
template <class Bounds>
void drop_queues(Context<Bounds>& ctx, std::uint16_t function) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(function);
    c.committed = c.committed && ctx.rules.value(Id::SetStateSurvivesReset) != 0;
    drop_commands(c, ctx.config, ctx.rules.on(Id::ResetAbortsAers));
    reset_queues(ctx, function, c.committed);
    default_features(c, ctx.config);
    c.owed = static_cast<std::uint8_t>(c.owed & ~owed::enable);
}

/// A Suspend that waits for this controller can only end now: what it waited for is gone.
template <class Bounds>
void release_suspender(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if (c.suspender == 0) {
        return;
    }
    const std::uint32_t slot = c.suspender - 1;
    c.suspender = 0;
    Slot& command = ctx.controller(0).slot[slot];
    if (command.stage == Stage::Suspending) {
        const bool outrun = ctx.rules.on(spec::Id::SuspendOutrunByReset);
        command.status =
            outrun ? ctx.rules.status(spec::Id::SuspendOutrunByReset) : std::uint16_t{0};
        command.dw14 = 0;
        complete(ctx, 0, slot);
        fetch(ctx, 0);
    }
}

template <class Bounds>
void work(Context<Bounds>& ctx, std::uint16_t function, Work what) {
    Controller<Bounds>& c = ctx.controller(function);
    Effect& effect = ctx.effect(EffectKind::Execute, function);
    effect.token = static_cast<std::uint64_t>(what);
    effect.ticket = Ticket::make(no_slot, c.generation);
}

/// What a suspension held back goes on.
template <class Bounds>
void awake(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if ((c.owed & owed::enable) != 0 && is(c.migration, Migration::Operational)) {
        if (!has_room(ctx)) {
            return put_off(ctx, function);
        }
        c.owed = static_cast<std::uint8_t>(c.owed & ~owed::enable);
        work(ctx, function, Work::Enable);
    }
    fetch(ctx, function);
}

/// A reset of the MMC: its Suspends are gone, what it has received of states too, and the
/// suspensions that it caused end (LM-SUSP-12).
template <class Bounds>
void end_suspensions(Context<Bounds>& ctx) {
    for (std::uint16_t i = 1; i < ctx.subsystem.functions; ++i) {
        Controller<Bounds>& c = ctx.controller(i);
        c.suspender = 0;
        c.sequence = 0;
        c.received = 0;
        if (ctx.rules.value(spec::Id::MmcResetEndsSuspension) != 0 &&
            migrate(ctx, i, MigrationEvent::LevelReset)) {
            awake(ctx, i);
        }
    }
}

/// What resets a controller (NVMe Base 2.3, 3.7): CC.EN, a function level reset, NSSR.
enum class Reset : std::uint8_t { Controller, Function, Subsystem };

/// The properties after a CLR: a Controller Reset leaves those of the admin queue alone, and CC is
/// being written.
template <class Bounds>
void reset_properties(Context<Bounds>& ctx, Controller<Bounds>& c, Reset kind) {
    c.fatal = false;
    if (kind == Reset::Controller && ctx.rules.on(spec::Id::ControllerResetKeepsAdminQueue)) {
        return;
    }
    c.aqa = 0;
    c.asq = 0;
    c.acq = 0;
}

/// Controller Level Reset (NVMe Base 2.3, 3.7.2): what every kind of it does. A CLR of an MC ends
/// its suspension (LM-SUSP-13); where it does not, a suspension under way has nothing to wait for.
template <class Bounds>
void level_reset(Context<Bounds>& ctx, std::uint16_t function, Reset kind) {
    Controller<Bounds>& c = ctx.controller(function);
    drop_queues(ctx, function);
    reset_properties(ctx, c, kind);
    c.sequence = 0;
    c.received = 0;
    user_data_idle(ctx, function);
    delete_cdqs(ctx, function);
    reset_tracking(ctx, function);
    end_formats(ctx, function);
    if (c.primary) {
        if (kind != Reset::Controller) {
            c.vq = ctx.subsystem.vq_next;
            c.vi = ctx.subsystem.vi_next;
        }
        end_suspensions(ctx);
    } else if (ctx.rules.value(spec::Id::McResetEndsSuspension) != 0) {
        if (migrate(ctx, function, MigrationEvent::LevelReset)) {
            user_data_reset(ctx, function);
        }
        release_suspender(ctx, function);
    } else if (is(c.migration, Migration::Suspending)) {
        drained(ctx, function);
    }
}

/// A CLR that the host did not ask of the controller itself: it is disabled at once.
template <class Bounds>
void strike(Context<Bounds>& ctx, std::uint16_t function, Reset kind) {
    level_reset(ctx, function, kind);
    live(ctx, function, LifeEvent::FunctionReset);
    ctx.controller(function).cc = 0;
}

/// A secondary controller goes offline (NVMe Base 2.3, 8.2.6.3).
template <class Bounds>
void take_offline(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if (!c.online) {
        return;
    }
    c.online = false;
    if (ctx.rules.on(spec::Id::OfflineLosesResources)) {
        c.vq = 0;
        c.vi = 0;
    }
    if (ctx.rules.value(spec::Id::OfflineResets) != 0) {
        strike(ctx, function, Reset::Function);
    }
}

/// What a reset of the primary does to its secondaries, before it happens to itself: they go
/// offline (LM-RST-01); one of the function or the subsystem resets them whatever they were.
template <class Bounds>
void reset_secondaries(Context<Bounds>& ctx, Reset kind) {
    const bool offline = ctx.rules.on(spec::Id::PrimaryResetTakesOffline);
    for (std::uint16_t i = 1; i < ctx.subsystem.functions; ++i) {
        Controller<Bounds>& c = ctx.controller(i);
        c.suspender = 0;  // the Suspend goes with the primary's queue
        if (offline) {
            take_offline(ctx, i);
        }
        if (kind == Reset::Subsystem || (kind == Reset::Function && offline)) {
            strike(ctx, i, kind);
        }
    }
}

/// Function level reset.
template <class Bounds>
void function_reset(Context<Bounds>& ctx, std::uint16_t function) {
    if (ctx.controller(function).primary) {
        reset_secondaries(ctx, Reset::Function);
    }
    strike(ctx, function, Reset::Function);
}

/// NVM Subsystem Reset (NVMe Base 2.3, 3.7.1): a CLR of every controller.
template <class Bounds>
void subsystem_reset(Context<Bounds>& ctx) {
    reset_secondaries(ctx, Reset::Subsystem);
    strike(ctx, 0, Reset::Subsystem);
    for (std::uint16_t i = 0; i < ctx.subsystem.functions; ++i) {
        ctx.controller(i).subsystem_reset = ctx.rules.on(spec::Id::NssroTells);
    }
}

/// The admin queues come into being with CC.EN (NVMe Base 2.3, 3.5.1).
template <class Bounds>
void create_admin_queues(Context<Bounds>& ctx, std::uint16_t function, QueueEvent event) {
    Controller<Bounds>& c = ctx.controller(function);
    if (!move_sq(ctx, function, 0, event) || !move_cq(ctx, function, 0, event)) {
        return;
    }
    clear(c.sq[0]);
    c.sq[0].base = c.asq;
    c.sq[0].size = (c.aqa & 0xfff) + 1;
    c.sq[0].attributes = 1;
    clear(c.cq[0]);
    c.cq[0].base = c.acq;
    c.cq[0].size = (c.aqa >> 16 & 0xfff) + 1;
    c.cq[0].attributes = ctx.rules.on(spec::Id::AdminCqUsesVectorZero) ? 3 : 1;
    c.cq[0].users = 1;
}

/// LM-SUSP-11: whether a suspended controller gets ready before its Resume is its own affair.
template <class Bounds>
void start_enabling(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if (is(c.migration, Migration::Operational) ||
        ctx.rules.value(spec::Id::SuspendedEnableGetsReady) != 0) {
        return work(ctx, function, Work::Enable);
    }
    c.owed = static_cast<std::uint8_t>(c.owed | owed::enable);
}

/// Shutdown of an enabled or a disabled controller (NVMe Base 2.3, 3.6.1); of the primary it takes
/// the secondaries offline (LM-RST-02).
template <class Bounds>
void shut_down(Context<Bounds>& ctx, std::uint16_t function) {
    if (!live(ctx, function, LifeEvent::Shutdown)) {
        return;
    }
    work(ctx, function, Work::Shutdown);
    if (!ctx.controller(function).primary || !ctx.rules.on(spec::Id::PrimaryShutdownTakesOffline)) {
        return;
    }
    for (std::uint16_t i = 1; i < ctx.subsystem.functions; ++i) {
        take_offline(ctx, i);
    }
}

/// CC.EN from 0 to 1. After a shutdown it takes SHN = 00b in the same write (3.6.1).
template <class Bounds>
void set_enable(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if (ctx.rules.value(spec::Id::EnableChecksCc) != 0 && !property::cc::supported(c.cc)) {
        c.fatal = true;
        return;
    }
    const bool shut = is(c.life, Life::ShutDown) && (c.cc & property::cc::shn) != 0;
    if (!shut && live(ctx, function, LifeEvent::SetEnable)) {
        start_enabling(ctx, function);
    }
}

/// CC.EN from 1 to 0: a Controller Reset. One that was never on its way to RDY is idle already.
template <class Bounds>
void clear_enable(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    const bool busy = live(ctx, function, LifeEvent::ClearEnable);
    if (!busy && !is(c.life, Life::Disabled)) {
        return;
    }
    if (c.primary) {
        reset_secondaries(ctx, Reset::Controller);
    }
    level_reset(ctx, function, Reset::Controller);
    if (ctx.rules.on(spec::Id::ControllerResetClearsCc)) {
        c.cc &= property::cc::shn;  // a shutdown that the same write asks for
    }
    if (busy) {
        work(ctx, function, Work::Disable);
    }
}

/// A write to CC: EN and SHN drive the machine.
template <class Bounds>
void write_cc(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t value) {
    Controller<Bounds>& c = ctx.controller(function);
    const std::uint32_t changed = c.cc ^ value;
    c.cc = value;
    if ((changed & property::cc::en) != 0) {
        return (value & property::cc::en) != 0 ? set_enable(ctx, function)
                                               : clear_enable(ctx, function);
    }
    if ((changed & property::cc::shn) != 0 && (value & property::cc::shn) != 0) {
        shut_down(ctx, function);
    }
}

/// The controller's own work is over: which it was follows from the state.
template <class Bounds>
void work_done(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if (is(c.life, Life::Enabling)) {
        create_admin_queues(ctx, function, QueueEvent::Enable);
        live(ctx, function, LifeEvent::EnableDone);
    } else if (is(c.life, Life::Disabling)) {
        live(ctx, function, LifeEvent::DisableDone);
        if ((c.cc & property::cc::shn) != 0) {
            shut_down(ctx, function);  // both were asked for in one write (3.1.4.5, SHN)
        }
    } else if (is(c.life, Life::ShuttingDown)) {
        live(ctx, function, LifeEvent::ShutdownDone);
    }
}

/// A write to a 64-bit property: all of it, or the half at its own offset (4 bytes).
inline std::uint64_t written(std::uint64_t old, std::uint64_t property, const Event& event) {
    constexpr std::uint64_t low = 0xFFFF'FFFF;
    if (event.address != property) {
        return (old & low) | event.value << 32;
    }
    return event.length == 4 ? (old & ~low) | (event.value & low) : event.value;
}

/// AQA, ASQ, ACQ. While CC.EN is 1 hosts do not write them (3.1.4.5).
template <class Bounds>
void write_admin_queue(Context<Bounds>& ctx, Controller<Bounds>& c, const Event& event) {
    if ((c.cc & property::cc::en) != 0 &&
        ctx.rules.value(spec::Id::AdminQueueFixedWhileEnabled) != 0) {
        return;
    }
    const bool all = !ctx.rules.on(spec::Id::ReadOnlyBitsStayZero);
    const std::uint64_t bits = all ? ~std::uint64_t{0} : property::queue_base_writable;
    switch (event.address) {
        case property::AQA:
            c.aqa = static_cast<std::uint32_t>(event.value) & (all ? ~0U : property::aqa_writable);
            break;
        case property::ASQ:
        case property::ASQ + 4: c.asq = written(c.asq, property::ASQ, event) & bits; break;
        default: c.acq = written(c.acq, property::ACQ, event) & bits;
    }
}

template <class Bounds>
void write_register(Context<Bounds>& ctx, const Event& event) {
    using spec::Id;
    Controller<Bounds>& c = ctx.controller(event.function);
    if (!is_usable(ctx, c)) {
        return;  // 8.2.6.3: undefined
    }
    if (is(c.migration, Migration::Suspended) && !ctx.rules.on(Id::SuspendPropertiesNormal)) {
        return;
    }
    const auto value = static_cast<std::uint32_t>(event.value);
    switch (event.address) {
        case property::CC:
            write_cc(
                ctx, event.function,
                ctx.rules.on(Id::ReadOnlyBitsStayZero) ? value & property::cc::writable : value);
            break;
        case property::CSTS:
            c.subsystem_reset = c.subsystem_reset && (value & property::csts::nssro) == 0;
            break;
        case property::NSSR:
            if (c.primary && ctx.config.subsystem_reset &&
                value == ctx.rules.value(Id::NssrSignature)) {
                subsystem_reset(ctx);
            }
            break;
        case property::AQA:
        case property::ASQ:
        case property::ASQ + 4:
        case property::ACQ:
        case property::ACQ + 4: write_admin_queue(ctx, c, event); break;
        default: break;  // read-only or not supported: the write has no effect
    }
}

/// Goes on where a step ran out of room for effects.
template <class Bounds>
void go_on(Context<Bounds>& ctx) {
    Subsystem<Bounds>& subsystem = ctx.subsystem;
    const std::uint16_t end = subsystem.wake_end;
    const std::uint16_t first = subsystem.wake_first;
    subsystem.wake_first = 0;
    subsystem.wake_end = 0;
    for (std::uint16_t i = first; i < end; ++i) {
        Controller<Bounds>& c = ctx.controller(i);
        const auto told = static_cast<std::uint8_t>(c.owed & (owed::life | owed::migration));
        c.owed = static_cast<std::uint8_t>(c.owed & ~told);
        tell(ctx, i, told);
        go_on_logging(ctx, i);
        for (std::uint16_t qid = 0; qid < Bounds::queues; ++qid) {
            flush_waiting(ctx, i, qid);
        }
        deliver_events(ctx, i);
        awake(ctx, i);
        if (subsystem.more) {
            return put_off(ctx, static_cast<std::uint16_t>(end - 1));
        }
    }
}

}  // namespace lmsim::nvme
