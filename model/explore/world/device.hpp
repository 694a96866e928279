#pragma once

#include <algorithm>

#include "model/explore/world/play.hpp"
#include "model/nvme/exists.hpp"
#include "model/nvme/property.hpp"
#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/nvm.hpp"

namespace lmsim::explore::world {

template <class W>
void Play<W>::step_device(std::uint8_t host, nvme::Event event) {
    auto& subsystem = w.device[host];
    const unsigned queues = io_queues(host);
    const std::uint16_t first = event.function;
    resetting_ = event.kind == nvme::Event::Kind::LevelReset;
    unsigned works = 0;  // a bit for each function whose own work takes no time here
    for (;;) {
        {
            Scratch::Lease effects(scratch_);
            nvme::step(subsystem, event, s.device, s.rules, scratch_, *effects);
            for (const Effect& effect : *effects) {
                if (effect.kind == EffectKind::Execute &&
                    nvme::Ticket::slot(effect.ticket) == nvme::no_slot) {
                    works |= 1U << effect.function;
                } else if (effect.function == 0) {
                    pf_effect(host, effect);
                } else {
                    vf_effect(host, effect);
                }
            }
        }
        event = nvme::Event{};
        if (subsystem.more) {
            event.kind = nvme::Event::Kind::Continue;
        } else if (works != 0) {
            event.function = static_cast<std::uint16_t>(__builtin_ctz(works));
            works &= works - 1;
            event.ticket =
                nvme::Ticket::make(nvme::no_slot, subsystem.controller[event.function].generation);
        } else {
            break;
        }
    }
    tell_queues(host, queues);
    for (const std::uint16_t function : {std::uint16_t{0}, first}) {
        if (was_seen(&subsystem.controller.peek(function))) {
            forget(host, function);
        }
    }
}

/// What a freed slot held is over: states differ in less, and are told apart for less.
template <class W>
void Play<W>::forget(std::uint8_t host, std::uint16_t function) {
    auto& c = w.device[host].controller[function];
    for (std::size_t i = 0; i < W::Bounds::slots; ++i) {
        Slot& slot = c.slot[i];
        if (slot.stage != nvme::Stage::Free ||
            (slot.prp1 | slot.slba | slot.cid | slot.status | slot.opcode) == 0) {
            continue;
        }
        const std::uint32_t next = slot.next;
        slot = Slot{};
        slot.next = next;
        if (function == 0) {
            w.pf[host].fetches[i] = 0;
            w.pf[host].data[i] = 0;
        } else {
            w.vf[host][function - 1].fetches[i] = 0;
        }
    }
}

template <class W>
void Play<W>::pf_effect(std::uint8_t host, const Effect& effect) {
    Pf& pf = w.pf[host];
    const std::uint32_t slot = nvme::Ticket::slot(effect.ticket);
    switch (effect.kind) {
        case EffectKind::ReadMemory:
            if (static_cast<nvme::Read>(effect.token) == nvme::Read::Sqe) {
                const std::uint64_t position = (effect.address - admin_sq) / wire::Sqe::size;
                pf.fetches[slot] = pf.sq[position % pf_ring];
                pf.data[slot] = 0;
            }
            break;
        case EffectKind::WriteMemory: {
            const auto vf = static_cast<std::size_t>(effect.address >> buffer_shift) - 1;
            if (vf < vfs) {
                const std::size_t offset = effect.address & ((1U << buffer_shift) - 1);
                Token& buffer = w.vf[host][vf].buffer;
                buffer = scratch_.contents.written(
                    buffer, offset, scratch_.data(0, effect.ticket, 0), effect.length);
            }
            break;
        }
        case EffectKind::PostCqe: {
            const wire::Cqe cqe = wire::from_words({effect.token, effect.token2});
            const std::uint64_t position = (effect.address - admin_cq) / wire::Cqe::size;
            PfCompletion& entry = pf.cq[position % pf_ring];
            entry.dw0 = cqe.dw0;
            entry.status = cqe.status;
            entry.tag = static_cast<std::uint8_t>(cqe.cid);
            entry.phase = cqe.phase ? 1 : 0;
            break;
        }
        case EffectKind::Interrupt: pf.interrupted = true; break;
        default: break;
    }
}

template <class W>
void Play<W>::vf_effect(std::uint8_t host, const Effect& effect) {
    using check::What;
    const auto vf = static_cast<std::uint8_t>(effect.function - 1);
    const std::uint32_t slot = nvme::Ticket::slot(effect.ticket);
    switch (effect.kind) {
        case EffectKind::ReadMemory:
            if (static_cast<nvme::Read>(effect.token) == nvme::Read::Sqe) {
                const std::uint16_t queue = w.device[host].controller[vf + 1].slot[slot].sqid;
                tell_queue(What::Fetches, host, vf, queue, 0);
                const std::uint64_t base = queue == 0 ? admin_sq : io_sq;
                const std::uint64_t position = (effect.address - base) / wire::Sqe::size;
                // Each entry of the admin queue is used once.
                w.vf[host][vf].fetches[slot] =
                    queue == 0 ? static_cast<std::uint8_t>(position)
                               : command_at(vf, static_cast<std::uint32_t>(position % io_ring()));
            } else {
                tell(What::Reads, host, vf);
            }
            break;
        case EffectKind::TransferIn: tell(What::Reads, host, vf); break;
        case EffectKind::TransferOut:
        case EffectKind::WriteMemory: tell(What::Writes, host, vf); break;
        case EffectKind::PostCqe: posted(host, vf, effect); break;
        case EffectKind::Interrupt: tell(What::Interrupts, host, vf); break;
        case EffectKind::EnterState: entered(host, effect); break;
        default: break;
    }
}

/// The guest sees a completion only where, and with the phase, it looks for the next one.
template <class W>
void Play<W>::posted(std::uint8_t host, std::uint8_t vf, const Effect& effect) {
    const wire::Cqe cqe = wire::from_words({effect.token, effect.token2});
    if (cqe.cid >= most_commands || cqe.sqid >= 2) {
        broken = broken != nullptr ? broken : check::invariant(check::Inv::CompletesOnce);
        return;
    }
    const bool aborted = cqe.status == s.rules.status(spec::Id::StatusAbortRequested);
    tell_queue(check::What::Posted, host, vf, cqe.sqid, cqe.cid,
               aborted ? check::flag::aborted : std::uint8_t{0}, effect.token3 + 1);
    if (!w.guest[vf].lost && w.owner == host) {
        arrived(vf, cqe, effect.address);
    }
}

/// In the guest's memory: it sees what it has not taken yet as long as nothing is written over it.
template <class W>
void Play<W>::arrived(std::uint8_t vf, const wire::Cqe& cqe, std::uint64_t address) {
    Guest& guest = w.guest[vf];
    const auto cid = static_cast<std::uint8_t>(cqe.cid);
    if (cqe.sqid == 0) {
        if (guest.admin_posted != most_admin_commands) {
            guest.admin_order[guest.admin_posted++] = cid;
        }
        return;
    }
    const std::uint64_t position = (address - io_cq) / wire::Cqe::size;
    const bool phase = guest.posted / cq_ring() % 2 == 0;
    if (guest.posted != most_commands && position == guest.posted % cq_ring() &&
        cqe.phase == phase && guest.posted - guest.taken < static_cast<int>(cq_ring())) {
        guest.order[guest.posted++] = cid;
    }
}

template <class W>
void Play<W>::entered(std::uint8_t host, const Effect& effect) {
    using check::What;
    const auto vf = static_cast<std::uint8_t>(effect.function - 1);
    if (effect.token < nvme::migration_states) {
        const auto life = static_cast<std::uint8_t>(effect.token);
        if (nvme::is(life, nvme::Life::Disabled) || nvme::is(life, nvme::Life::Disabling)) {
            tell_reset(host, vf);
            w.vf[host][vf].struck = true;
        }
        return;
    }
    const auto migration = static_cast<std::uint8_t>(effect.token - nvme::migration_states);
    if (nvme::is(migration, nvme::Migration::Suspended)) {
        tell(What::Suspended, host, vf);
    } else if (nvme::is(migration, nvme::Migration::Suspending)) {
        tell(What::Suspending, host, vf);
    } else if (resetting_) {
        tell_reset(host, vf);  // that ends a suspension too, and nothing goes on
    } else {
        tell(What::Resumed, host, vf);
    }
}

template <class W>
void Play<W>::tell_reset(std::uint8_t host, std::uint8_t vf) {
    // One of the PF is found out by the next command for the VF, if there has to be one.
    const bool found_out = pf_resets_ && w.vf[host][vf].device.state != vfio::MigState::RUNNING;
    tell_queue(check::What::Reset, host, vf, 0, 0,
               unasked_ && !found_out ? check::flag::unasked : std::uint8_t{0});
}

/// A bit for each VF that has an I/O submission queue, and above one for a completion queue.
template <class W>
unsigned Play<W>::io_queues(std::uint8_t host) const {
    unsigned bits = 0;
    for (unsigned vf = 0; vf < vfs; ++vf) {
        // What nobody sees is the same before and after, and then tells nothing.
        const auto& c = w.device.peek(host).controller.peek(vf + 1);
        bits |= (nvme::exists(c.sq[1]) ? 1U : 0U) << vf | (nvme::exists(c.cq[1]) ? 4U : 0U) << vf;
    }
    return bits;
}

template <class W>
void Play<W>::tell_queues(std::uint8_t host, unsigned before) {
    const unsigned after = io_queues(host);
    for (unsigned bit = 0; before != after && bit < 4; ++bit) {
        const bool is = (after >> bit & 1) != 0;
        if (is != ((before >> bit & 1) != 0)) {
            const std::uint8_t flags = bit >= 2 ? check::flag::is_cq : std::uint8_t{0};
            tell_queue(is ? check::What::QueueCreated : check::What::QueueDeleted, host, bit % 2, 1,
                       0, flags);
        }
    }
}

template <class W>
void Play<W>::answer(std::uint8_t host, std::uint8_t function, std::uint8_t slot, bool refuse) {
    auto& c = w.device[host].controller[function];
    nvme::Event event;
    event.function = function;
    event.ticket = nvme::Ticket::make(slot, c.generation);
    std::uint8_t entry[wire::Sqe::size];
    std::uint8_t filled = vfs;
    const nvme::Stage stage = c.slot[slot].stage;
    if (stage == nvme::Stage::Fetching) {
        fetched(host, function, slot, refuse, entry);
        event.bytes = entry;
        event.length = sizeof entry;
    } else if (function == 0) {
        filled = load_data(host, slot);
    }
    step_device(host, event);
    if (filled < vfs) {
        keep_staged(host, filled);
    }
}

/// What the guest has put where a slot of its controller has fetched.
template <class W>
wire::Sqe Play<W>::guests_command(std::uint8_t host, std::uint8_t function,
                                  std::uint8_t slot) const {
    const std::uint8_t command = w.vf[host][function - 1].fetches[slot];
    wire::Sqe sqe;
    if (w.device[host].controller[function].slot[slot].sqid != 0) {
        wire::NvmRange range;
        range.slba = command;
        sqe = wire::encode_nvm(command % 2 == 0 ? spec::opcode::NvmWrite : spec::opcode::NvmRead, 1,
                               range);
        sqe.prp1 = 0x4000;
    } else if (command == 0) {
        sqe = wire::encode(wire::Aer{}, s.rules);
    } else {
        wire::GetFeatures features;
        features.fid =
            static_cast<std::uint8_t>(s.rules.value(spec::Id::FeatureVolatileWriteCache));
        sqe = wire::encode(features, s.rules);
    }
    sqe.cid = command;
    return sqe;
}

/// The entry that a slot of the controller has fetched.
template <class W>
void Play<W>::fetched(std::uint8_t host, std::uint8_t function, std::uint8_t slot, bool refuse,
                      std::uint8_t* entry) {
    wire::Sqe sqe;
    if (function != 0) {
        sqe = guests_command(host, function, slot);
    } else {
        Pf& pf = w.pf[host];
        const std::uint8_t tag = pf.fetches[slot];
        const Request asked = Request::of(pf.queue.owner[tag % host::ProofPfQueue::tags]);
        Effect submit;
        submit.token = asked.step;
        submit.token2 = asked.seqind;
        submit.address = std::uint64_t{asked.piece} * s.piece;
        submit.length = std::uint64_t{asked.dwords} * 4;
        sqe = host::command(w.vf[host][asked.vf % vfs].flow, submit, s.driver);
        sqe.cid = tag;
        if (submit.length != 0) {
            sqe.prp1 = ((std::uint64_t{asked.vf} + 1) << buffer_shift) + submit.address;
        }
        if (refuse) {
            sqe.opcode = 0xff;  // vendor specific: there is no such command
        }
    }
    wire::encode(sqe, entry);
}

/// Env::data of a command that moves a piece of a state, and Env::staging of its VF, which is
/// returned (`vfs`: it is no such command).
template <class W>
std::uint8_t Play<W>::load_data(std::uint8_t host, std::uint8_t slot) {
    Pf& pf = w.pf[host];
    const Slot& command = w.device[host].controller[0].slot[slot];
    const auto vf = static_cast<std::size_t>(command.prp1 >> buffer_shift) - 1;
    if (vf >= vfs) {
        return vfs;
    }
    VfSide& side = w.vf[host][vf];
    if (command.stage == nvme::Stage::DataIn) {
        pf.data[slot] = side.buffer;
    }
    const Bytes& all = scratch_.contents.bytes(pf.data[slot]);
    const std::size_t offset =
        std::min<std::size_t>(command.prp1 & ((1U << buffer_shift) - 1), all.size());
    const std::size_t length = std::min<std::size_t>(command.length, all.size() - offset);
    std::uint8_t* const data = scratch_.data(0, slot, command.length);
    std::uint8_t* const end =
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(offset), length, data);
    std::fill_n(end, command.length - length, std::uint8_t{0});
    const Bytes& staged = scratch_.contents.bytes(side.staged);
    std::copy(staged.begin(), staged.end(),
              scratch_.staging(static_cast<std::uint16_t>(vf + 1), staged.size()));
    return static_cast<std::uint8_t>(vf);
}

/// What is left of Env::staging, as a token.
template <class W>
void Play<W>::keep_staged(std::uint8_t host, std::uint8_t vf) {
    const auto function = static_cast<std::uint16_t>(vf + 1);
    const auto& c = w.device[host].controller[function];
    w.vf[host][vf].staged =
        c.sequence == 0
            ? 0
            : scratch_.contents.token(scratch_.staging(function, c.received), c.received);
}

template <class W>
void Play<W>::write_register(std::uint8_t host, std::uint8_t function, std::uint64_t address,
                             std::uint64_t value) {
    nvme::Event event;
    event.kind = nvme::Event::Kind::Register;
    event.function = function;
    event.address = address;
    event.value = value;
    event.length = 8;
    step_device(host, event);
}

template <class W>
void Play<W>::enable(std::uint8_t host, std::uint8_t function) {
    using namespace nvme;
    write_register(host, function, property::AQA, (pf_ring - 1) | (pf_ring - 1) << 16);
    write_register(host, function, property::ASQ, admin_sq);
    write_register(host, function, property::ACQ, admin_cq);
    write_register(host, function, property::CC, property::cc::enabled);
}

/// A function level reset, and what it does to the guest.
template <class W>
void Play<W>::function_reset(std::uint8_t host, std::uint8_t function) {
    nvme::Event event;
    event.kind = nvme::Event::Kind::LevelReset;
    event.function = function;
    pf_resets_ = function == 0;
    step_device(host, event);
    for (std::uint8_t vf = 0; vf < vfs; ++vf) {
        const auto& c = w.device[host].controller[vf + 1];
        VfSide& side = w.vf[host][vf];
        // A reset of the PF resets its VFs (LM-RST-01).
        if (function == vf + 1 || function == 0) {
            tell_reset(host, vf);
            side.struck = true;
        }
        if (!nvme::exists(c.sq[1])) {
            std::fill(std::begin(side.fetches), std::end(side.fetches), std::uint8_t{0});
        }
        if (c.sequence == 0) {
            side.staged = 0;
        }
        if (w.owner == host && side.struck && !w.guest[vf].lost) {
            lose(vf);
        }
    }
}

}  // namespace lmsim::explore::world
