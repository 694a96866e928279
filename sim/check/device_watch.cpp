#include "sim/check/device_watch.hpp"

#include "model/nvme/machines.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/cdq.hpp"

namespace lmsim::sim {

using check::What;

namespace {

constexpr std::uint64_t cdq_page_bytes = 4096;

/// Machines whose life is told; 0 of any other.
char queue_kind(std::string_view machine) {
    return machine == "sq" ? 's' : machine == "cq" ? 'c' : machine == "cdq" ? 'd' : '\0';
}

}  // namespace

void DeviceWatch::took(const fsm::Arc& arc, std::uint16_t function, std::uint16_t number) {
    constexpr std::uint8_t absent = 0;
    const char kind = queue_kind(arc.machine);
    if (kind != '\0' && (arc.from == absent) != (arc.to == absent)) {
        moves_.push_back({kind, arc.from == absent, function, number});
    }
    if (next_ != nullptr) {
        next_->took(arc, function, number);
    }
}

/// What is lost once the step is done: resets, and which command's media work is over.
void DeviceWatch::look_at(const nvme::Event& event) {
    if (resets_) {
        const bool all = event.function == 0;
        for (std::uint16_t f = 1; f < subsystem_->functions; ++f) {
            if (all || f == event.function) {
                tell_reset(f, all);
            }
        }
        return;
    }
    if (may_reset_others(event)) {
        for (std::uint16_t f = 1; f < subsystem_->functions; ++f) {
            lives_.push_back(subsystem_->controller[f].generation);
        }
    }
    // What the destination writes after its resume no log of the source has to tell.
    if (side_ == metrics::Side::Destination || !monitor_->watches_user_data() ||
        event.kind != nvme::Event::Kind::Done || event.function == 0 || event.failed) {
        return;
    }
    const auto& c = subsystem_->controller[event.function];
    const std::uint32_t slot = nvme::Ticket::slot(event.ticket);
    if (nvme::Ticket::generation(event.ticket) != c.generation || slot == nvme::no_slot) {
        return;
    }
    const nvme::Slot& command = c.slot[slot];
    const bool writes = command.opcode == rules_->value(spec::Id::OpcodeNvmWrite) ||
                        command.opcode == rules_->value(spec::Id::OpcodeNvmWriteZeroes);
    if (command.stage == nvme::Stage::Media && command.sqid != 0 && writes) {
        monitor_->tell(at_,
                       observe(What::Changed, side_, static_cast<std::uint16_t>(event.function - 1),
                               block_key(command.nsid, command.slba), command.dw15));
    }
}

/// Virtualization Management does, and so may what the PF's own registers are told. (A commit of
/// state begins a new generation as well, and is no reset.)
bool DeviceWatch::may_reset_others(const nvme::Event& event) const {
    using Kind = nvme::Event::Kind;
    if (event.function != 0 || event.kind != Kind::Done) {
        return event.function == 0 && event.kind == Kind::Register;
    }
    const std::uint32_t slot = nvme::Ticket::slot(event.ticket);
    return slot == nvme::no_slot || subsystem_->controller[0].slot[slot].opcode ==
                                        rules_->value(spec::Id::OpcodeAdminVirtualization);
}

/// The step is done: whose generation is another one now has been reset by it.
void DeviceWatch::look_for_resets() {
    for (std::size_t i = 0; i < lives_.size(); ++i) {
        const auto function = static_cast<std::uint16_t>(i + 1);
        if (subsystem_->controller[function].generation != lives_[i]) {
            resets_ = true;
            tell_reset(function, false);
        }
    }
    lives_.clear();
}

void DeviceWatch::tell_reset(std::uint16_t function, bool of_pf) {
    const auto vf = static_cast<std::uint16_t>(function - 1);
    check::Observation seen = observe(What::Reset, side_, vf);
    seen.flags = unasked_ && unasked_(vf, of_pf) ? check::flag::unasked : std::uint8_t{0};
    monitor_->tell(at_, seen);
}

void DeviceWatch::tell(const Effect& effect) {
    if (effect.kind == EffectKind::PostCdqe) {
        return tell_entry(effect);
    }
    if (effect.function == 0) {
        return;
    }
    switch (effect.kind) {
        case EffectKind::ReadMemory: {
            if (static_cast<nvme::Read>(effect.token) != nvme::Read::Sqe) {
                return tell_touch(What::Reads, effect.function);
            }
            const auto& c = subsystem_->controller[effect.function];
            const std::uint16_t sqid = c.slot[nvme::Ticket::slot(effect.ticket)].sqid;
            const auto vf = static_cast<std::uint16_t>(effect.function - 1);
            if (!monitor_->may_fetch(side_, vf, sqid)) {
                monitor_->tell(at_, observe_queue(What::Fetches, side_, vf, sqid));
            }
            return;
        }
        case EffectKind::TransferIn: return tell_touch(What::Reads, effect.function);
        case EffectKind::TransferOut:
        case EffectKind::WriteMemory: return tell_touch(What::Writes, effect.function);
        case EffectKind::PostCqe: return tell_posted(effect);
        case EffectKind::Interrupt: return tell_touch(What::Interrupts, effect.function);
        case EffectKind::EnterState:
            if (effect.token >= nvme::migration_states && !resets_) {
                const auto state =
                    static_cast<nvme::Migration>(effect.token - nvme::migration_states);
                tell_of(state == nvme::Migration::Suspending  ? What::Suspending
                        : state == nvme::Migration::Suspended ? What::Suspended
                                                              : What::Resumed,
                        effect.function);
            }
            return;
        default: return;
    }
}

/// The guest does not tell of the commands of its admin queue: their completions are writes.
void DeviceWatch::tell_posted(const Effect& effect) {
    const auto sqid = static_cast<std::uint16_t>(effect.token2 >> 16);
    if (sqid == 0) {
        return tell_touch(What::Writes, effect.function);
    }
    const auto cid = static_cast<std::uint16_t>(effect.token2 >> 32);
    check::Observation seen = observe_queue(
        What::Posted, side_, static_cast<std::uint16_t>(effect.function - 1), sqid, cid);
    const auto& c = subsystem_->controller[effect.function];
    const bool known = sqid < nvme::SimBounds::queues && c.sq[sqid].size != 0;
    seen.value = known ? c.sq[sqid].cqid + std::uint64_t{1} : 0;
    const auto status = static_cast<std::uint16_t>(effect.token2 >> 49);
    seen.flags = is_abort(status, *rules_) ? check::flag::aborted : std::uint8_t{0};
    monitor_->tell(at_, seen);
}

void DeviceWatch::tell_entry(const Effect& effect) {
    std::uint8_t entry[32] = {};
    wire::store_le(entry, effect.token);
    wire::store_le(entry + 8, effect.token2);
    wire::store_le(entry + 24, effect.token3);
    const auto cdqid = static_cast<std::uint16_t>(effect.ticket);
    check::Observation seen = observe_queue(What::CdqPosted, side_, check::no_vf, cdqid);
    seen.value = slot_of(cdqid, effect.address);
    seen.value2 = wire::udmq_phase(entry, *rules_) ? 1 : 0;
    monitor_->tell(at_, seen);
}

void DeviceWatch::tell_moves(bool begins) {
    for (const Move& move : moves_) {
        if (move.begins != begins) {
            continue;
        }
        if (move.kind == 'd') {
            const nvme::Cdq& queue = subsystem_->cdq[move.number];
            check::Observation seen = observe_queue(begins ? What::CdqCreated : What::CdqDeleted,
                                                    side_, check::no_vf, move.number);
            if (begins) {
                if (rings_.size() <= move.number) {
                    rings_.resize(move.number + std::size_t{1});
                }
                rings_[move.number] = {queue.base, queue.contiguous, 0, queue.base, 0};
                seen.value = queue.entries;
            }
            monitor_->tell(at_, seen);
        } else if (move.function != 0) {
            check::Observation seen =
                observe_queue(begins ? What::QueueCreated : What::QueueDeleted, side_,
                              static_cast<std::uint16_t>(move.function - 1), move.number);
            seen.flags = move.kind == 'c' ? check::flag::is_cq : 0;
            monitor_->tell(at_, seen);
        }
    }
}

/// Which slot of its queue lies there; none is an impossible one. Entries follow each other: most
/// lie where the one before has ended.
std::uint64_t DeviceWatch::slot_of(std::uint16_t cdqid, std::uint64_t address) {
    Ring& ring = rings_[cdqid];
    const std::uint64_t size = wire::udmq_entry_size(*rules_);
    const std::uint64_t slot =
        address == ring.next ? ring.next_slot : search_slot(cdqid, ring, address);
    ring.next = address + size;
    ring.next_slot = slot + 1;
    // The page that follows in the queue may be anywhere.
    if (!ring.contiguous && ring.next % cdq_page_bytes < size) {
        ring.next = nowhere;
    }
    return slot;
}

/// A page is looked for from where the last one was.
std::uint64_t DeviceWatch::search_slot(std::uint16_t cdqid, Ring& ring,
                                       std::uint64_t address) const {
    const std::uint64_t size = wire::udmq_entry_size(*rules_);
    if (ring.contiguous) {
        return (address - ring.base) / size;
    }
    const auto pages = pages_->find(cdqid);
    const std::size_t count = pages == pages_->end() ? 0 : pages->second.size();
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = (ring.page + i) % count;
        const std::uint64_t page = pages->second[at];
        if (address - page < cdq_page_bytes) {
            ring.page = at;
            return (at * cdq_page_bytes + address - page) / size;
        }
    }
    return ~std::uint64_t{0};
}

void DeviceWatch::wrote_outside(Ps at, std::uint16_t function) {
    if (monitor_ != nullptr && function != 0) {
        check::Observation seen =
            observe(What::Writes, side_, static_cast<std::uint16_t>(function - 1));
        seen.flags = check::flag::outside;
        monitor_->tell(at, seen);
    }
}

}  // namespace lmsim::sim
