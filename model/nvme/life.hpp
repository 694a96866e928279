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
    if (!advance(c.life, event, ctx.rules)) {
        return false;
    }
    tell(ctx, function, owed::life);
    return true;
}

template <class Bounds>
bool migrate(Context<Bounds>& ctx, std::uint16_t function, MigrationEvent event) {
    Controller<Bounds>& c = ctx.controller(function);
    if (!advance(c.migration, event, ctx.rules)) {
        return false;
    }
    tell(ctx, function, owed::migration);
    return true;
}

/// Queues, commands in flight and features go; the identity and the registers' configuration stay.
template <class Bounds>
void drop_queues(Controller<Bounds>& c, const Config& config) {
    for (Sq& sq : c.sq) {
        sq = Sq{};
    }
    for (Cq& cq : c.cq) {
        cq = Cq{};
    }
    for (std::uint64_t& word : c.ready) {
        word = 0;
    }
    c.generation = (c.generation + 1) & 0xffff;
    c.busy = 0;
    c.fatal = false;
    c.aers = 0;
    c.next_queue = 0;
    c.queues_granted = 0;
    c.aer_config = 0;
    c.coalescing = 0;
    c.owed = static_cast<std::uint8_t>(c.owed & ~owed::enable);
    c.logging_slot = 0;
    // Outstanding AERs are not among the commands that a controller works on.
    const std::size_t wanted = config.contexts + Bounds::aers;
    const auto slots = static_cast<std::uint32_t>(std::min(wanted, Bounds::slots));
    c.free_slot = 1;
    for (std::uint32_t i = 0; i < slots; ++i) {
        c.slot[i].stage = Stage::Free;
        c.slot[i].next = i + 1 < slots ? i + 2 : 0;
    }
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
        command.status = ctx.rules.status(spec::Id::SuspendOutrunByReset);
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

/// Controller Level Reset (NVMe Base 2.3, 3.7.2): what every kind of it does. A CLR of an MC ends
/// its suspension (LM-SUSP-13); where it does not, a suspension under way has nothing to wait for.
template <class Bounds>
void level_reset(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    drop_queues(c, ctx.config);
    c.sequence = 0;
    c.received = 0;
    user_data_idle(ctx, function);
    delete_cdqs(ctx, function);
    end_formats(ctx, function);
    if (c.primary) {
        stop_tracking(ctx);
        end_suspensions(ctx);
    } else if (ctx.rules.value(spec::Id::McResetEndsSuspension) != 0) {
        migrate(ctx, function, MigrationEvent::LevelReset);
        release_suspender(ctx, function);
    } else if (is(c.migration, Migration::Suspending)) {
        drained(ctx, function);
    }
}

/// The admin queues come into being with CC.EN (NVMe Base 2.3, 3.5.1).
template <class Bounds>
void create_admin_queues(Controller<Bounds>& c) {
    c.sq[0] = Sq{};
    c.sq[0].base = c.asq;
    c.sq[0].size = (c.aqa & 0xfff) + 1;
    c.sq[0].attributes = 1;
    c.cq[0] = Cq{};
    c.cq[0].base = c.acq;
    c.cq[0].size = (c.aqa >> 16 & 0xfff) + 1;
    c.cq[0].attributes = 3;
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

/// A write to CC: EN and SHN drive the machine.
template <class Bounds>
void write_cc(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t value) {
    Controller<Bounds>& c = ctx.controller(function);
    const std::uint32_t changed = c.cc ^ value;
    c.cc = value;
    if ((changed & cc_enable) != 0) {
        if ((value & cc_enable) == 0) {
            if (live(ctx, function, LifeEvent::ClearEnable)) {
                level_reset(ctx, function);
                work(ctx, function, Work::Disable);
            }
        } else if (live(ctx, function, LifeEvent::SetEnable)) {
            start_enabling(ctx, function);
        }
        return;
    }
    if ((changed & cc_shutdown_mask) != 0 && (value & cc_shutdown_mask) != 0 &&
        live(ctx, function, LifeEvent::Shutdown)) {
        work(ctx, function, Work::Shutdown);
    }
}

/// The controller's own work is over: which it was follows from the state.
template <class Bounds>
void work_done(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    if (is(c.life, Life::Enabling)) {
        create_admin_queues(c);
        live(ctx, function, LifeEvent::EnableDone);
    } else if (is(c.life, Life::Disabling)) {
        live(ctx, function, LifeEvent::DisableDone);
    } else if (is(c.life, Life::ShuttingDown)) {
        live(ctx, function, LifeEvent::ShutdownDone);
    }
}

template <class Bounds>
void write_register(Context<Bounds>& ctx, const Event& event) {
    Controller<Bounds>& c = ctx.controller(event.function);
    switch (event.address) {
        case property::CC:
            write_cc(ctx, event.function, static_cast<std::uint32_t>(event.value));
            break;
        case property::AQA: c.aqa = static_cast<std::uint32_t>(event.value); break;
        case property::ASQ: c.asq = event.value; break;
        case property::ACQ: c.acq = event.value; break;
        default: break;  // read-only or not modelled: the write has no effect
    }
}

template <class Bounds>
void strike(Context<Bounds>& ctx, std::uint16_t function) {
    Controller<Bounds>& c = ctx.controller(function);
    level_reset(ctx, function);
    live(ctx, function, LifeEvent::FunctionReset);
    c.cc = 0;
    c.aqa = 0;
    c.asq = 0;
    c.acq = 0;
}

/// Function level reset; of the PF it takes the VFs offline too (LM-RST-01).
template <class Bounds>
void function_reset(Context<Bounds>& ctx, std::uint16_t function) {
    const bool all =
        ctx.controller(function).primary && ctx.rules.on(spec::Id::PrimaryResetTakesOffline);
    for (std::uint16_t i = 1; all && i < ctx.subsystem.functions; ++i) {
        Controller<Bounds>& c = ctx.controller(i);
        drop_queues(c, ctx.config);  // first: nothing of them may go on when their suspension ends
        c.online = false;
    }
    strike(ctx, function);
    for (std::uint16_t i = 1; all && i < ctx.subsystem.functions; ++i) {
        strike(ctx, i);
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
        for (Cq& cq : c.cq) {
            flush_waiting(ctx, i, cq);
        }
        deliver_events(ctx, i);
        awake(ctx, i);
        if (subsystem.more) {
            return put_off(ctx, static_cast<std::uint16_t>(end - 1));
        }
    }
}

}  // namespace lmsim::nvme
