#pragma once

#include <cstdint>
#include <utility>

#include "model/explore/world/play.hpp"
#include "model/explore/world/tidy.hpp"
#include "model/explore/world/vmm.hpp"
#include "model/explore/world/words.hpp"

// The canonical form: what of a state anything can still depend on, with interchangeable parts in
// one order. Counters become what can be told of them: an answer is of this life or of an earlier
// one. The state itself is never changed.
namespace lmsim::explore::world {

/// Writes the canonical form of a world's state into words.
template <class W>
class Canonical {
  public:
    Canonical(const W& world, const Settings& settings, Words& words)
        : w(world), relative_(settings.rules.on(spec::Id::PhaseInvertsAtWrap)), out(words) {}

    /// The VM, each PF, the migration; of each VF the guest's part and of each host two.
    static constexpr std::size_t of_vf = 1 + 2 * W::hosts;
    static constexpr std::size_t pieces = 1 + W::hosts + W::hosts / 2 + W::vfs * of_vf;

    /// 0: of the whole. From 1 on: of a VF; with one host VFs are interchangeable.
    static constexpr std::size_t group_of(std::size_t piece) {
        return piece < pieces - W::vfs * of_vf ? 0 : 1 + (piece + W::vfs * of_vf - pieces) / of_vf;
    }

    static constexpr std::size_t place_in_group(std::size_t piece) {
        const std::size_t group = group_of(piece);
        return group == 0 ? piece : piece + (W::vfs - group + 1) * of_vf - pieces;
    }

    void piece(std::size_t i) {
        if (i == 0) {
            return vm();
        }
        if (i <= W::hosts) {
            return pf(static_cast<std::uint8_t>(i - 1));
        }
        if (group_of(i) == 0) {
            if constexpr (W::hosts == 2) {
                journey();
            }
            return;
        }
        const auto vf = static_cast<std::uint8_t>(group_of(i) - 1);
        const std::size_t part = place_in_group(i);
        if (part == 0) {
            return guest(vf);
        }
        const auto host = static_cast<std::uint8_t>((part - 1) / 2);
        return part % 2 == 1 ? side(host, vf) : requests(host, vf);
    }

    void vm() {
        out.put(Bits().add(w.running, 2).add(w.owner, 1).add(w.faults, 4));
        watched();
    }

    void pf(std::uint8_t host) {
        const auto& c = w.device[host].controller[0];
        const Pf& pf = w.pf[host];
        controller(c);
        if (relative_) {
            out.put(Bits()
                        .add((c.sq[0].tail + pf_ring - c.sq[0].head) % pf_ring, 8)
                        .add((c.cq[0].tail + pf_ring - c.cq[0].head) % pf_ring, 8)
                        .add(c.cq[0].head == pf.cq_head, 1)
                        .add(c.sq[0].tail == pf.sq_tail, 1));
        } else {
            positions(c, 0);
            out.put(Bits().add(pf.sq_tail, 8).add(pf.cq_head, 8).add(pf.cq_phase, 1));
        }
        waiting_entries(c, pf);
        pf_slots(host, c, pf);
        out.put(
            Bits().add(pf.queue.pending, 4).add(pf.queue.resetting, 1).add(pf.queue.waiting, 4));
    }

    void guest(std::uint8_t vf) {
        const Guest& guest = w.guest[vf];
        Bits bits;
        bits.add(guest.submitted, 4).add(guest.posted, 4).add(guest.taken, 4).add(guest.lost, 1);
        for (const std::uint8_t command : guest.order) {
            bits.add(command, 4);
        }
        out.put(bits);
        if (guest.admin_submitted != 0) {
            out.put(Bits()
                        .add(guest.admin_submitted, 4)
                        .add(guest.admin_posted, 4)
                        .add(guest.admin_taken, 4)
                        .add(guest.admin_order[0], 4)
                        .add(guest.admin_order[1], 4));
        }
        watched(w.monitor.vf.at(vf));
    }

    void side(std::uint8_t host, std::uint8_t vf) {
        const auto& c = w.device[host].controller[vf + 1];
        controller(c);
        out.put(suspender(host, c));
        positions(c, 0);
        positions(c, 1);
        io_slots(c, w.vf[host][vf]);
        driver(host, vf);
        place(w.monitor.vf.at(vf).place[host], w.vf[host][vf]);
    }

  private:
    using Controller = nvme::Controller<typename W::Bounds>;
    using Slot = nvme::Slot;
    static constexpr std::size_t slots = W::Bounds::slots;

    /// Everything but queues and slots. Left out: `generation` (answers are derived from stages),
    /// `next_queue` (one queue of a controller is in use at most), what is set up once.
    void controller(const Controller& c) {
        out.put(Bits()
                    .add(c.life, 4)
                    .add(c.migration, 2)
                    .add(c.online, 1)
                    .add(c.fatal, 1)
                    .add(c.subsystem_reset, 1)
                    .add(c.committed, 1)
                    .add(c.sequence, 1)
                    .add(c.owed, 4)
                    .add(c.busy, 4)
                    .add(c.ready[0], 4)
                    .add(c.aers, 4)
                    .add(c.received, 16)
                    .add(c.udmq, 4)
                    .add(c.logging_slot, 4)
                    .add(c.sq[0].life, 2)
                    .add(c.cq[0].life, 2)
                    .add(c.sq[1].life, 2)
                    .add(c.cq[1].life, 2));
        out.put(Bits().add(c.cc, 24).add(c.asq >> 24, 12).add(c.acq >> 24, 12).add(c.aqa, 16));
        if ((c.queues_granted | c.aer_config | c.coalescing) != 0) {
            out.put(c.queues_granted);
            out.put(c.aer_config);
            out.put(c.coalescing);
        }
        out.put(c.write_cache);
    }

    void positions(const Controller& c, std::size_t queue) {
        const nvme::Sq& sq = c.sq[queue];
        const nvme::Cq& cq = c.cq[queue];
        out.put(Bits()
                    .add(sq.base >> 24, 8)
                    .add(sq.size, 8)
                    .add(sq.head, 8)
                    .add(sq.tail, 8)
                    .add(sq.cqid, 4)
                    .add(sq.attributes, 4));
        out.put(Bits()
                    .add(cq.base >> 24, 8)
                    .add(cq.size, 8)
                    .add(cq.head, 8)
                    .add(cq.tail, 8)
                    .add(cq.vector, 4)
                    .add(cq.phase, 1)
                    .add(cq.attributes, 4)
                    .add(cq.users, 4));
    }

    /// The PF's command that waits for this controller to drain.
    std::uint64_t suspender(std::uint8_t host, const Controller& c) const {
        return c.suspender == 0
                   ? 0
                   : std::uint64_t{w.device[host].controller[0].slot[c.suspender - 1].cid} + 1;
    }

    /// What the PF has not fetched, and what its driver has not seen.
    void waiting_entries(const Controller& c, const Pf& pf) {
        Bits tags;
        for (std::uint32_t at = c.sq[0].head; c.sq[0].size != 0 && at != pf.sq_tail;
             at = (at + 1) % pf_ring) {
            tags.add(pf.sq[at] + 1, 4);
        }
        out.put(tags.add(pf.interrupted, 1));
        std::uint32_t at = pf.cq_head;
        std::uint8_t phase = pf.cq_phase;
        for (std::uint32_t i = 0; i < pf_ring && pf.cq[at].phase == phase; ++i) {
            out.put(Bits()
                        .add(1, 1)
                        .add(pf.cq[at].tag, 8)
                        .add(pf.cq[at].status, 16)
                        .add(pf.cq[at].dw0, 32));
            at = (at + 1) % pf_ring;
            phase ^= at == 0 ? 1 : 0;
        }
    }

    /// Where a finished command stands among those that wait for room, from 1.
    static std::uint32_t turn(const Controller& c, std::size_t slot) {
        for (const nvme::Cq& cq : c.cq) {
            std::uint32_t number = 1;
            std::uint32_t at = cq.waiting;
            while (at != 0 && number <= slots) {
                if (at == slot + 1) {
                    return number;
                }
                at = c.slot[at - 1].next;
                ++number;
            }
        }
        return 0;
    }

    /// Slots are interchangeable. Of an admin command the owner of its tag says everything but what
    /// has become of it.
    void pf_slots(std::uint8_t, const Controller& c, const Pf& pf) {
        std::pair<std::uint64_t, std::uint64_t> list[slots];
        std::size_t size = 0;
        for (std::size_t i = 0; i < slots; ++i) {
            const Slot& slot = c.slot[i];
            if (slot.stage == nvme::Stage::Free) {
                continue;
            }
            const bool fetching = slot.stage == nvme::Stage::Fetching;
            if (fetching) {
                list[size++] = {Bits().add(slot.stage, 4).add(pf.fetches[i], 8), 0};
                continue;
            }
            list[size++] = {Bits()
                                .add(slot.stage, 4)
                                .add(slot.cid, 8)
                                .add(slot.opcode, 8)
                                .add(slot.sqid, 16)
                                .add(turn(c, i), 4)
                                .add(slot.status, 16),
                            Bits().add(slot.result, 32).add(pf.data[i], 31)};
        }
        put_sorted(list, size);
    }

    /// Of an I/O command its number says everything but what has become of it.
    void io_slots(const Controller& c, const VfSide& side) {
        std::pair<std::uint64_t, std::uint64_t> list[slots];
        std::size_t size = 0;
        for (std::size_t i = 0; c.busy != 0 && i < slots; ++i) {
            const Slot& slot = c.slot[i];
            if (slot.stage == nvme::Stage::Free) {
                continue;
            }
            if (slot.stage == nvme::Stage::Fetching) {
                list[size++] = {
                    Bits().add(slot.stage, 4).add(side.fetches[i], 8).add(slot.sqid, 16), 0};
                continue;
            }
            const bool full = slot.stage == nvme::Stage::Full;
            list[size++] = {Bits()
                                .add(slot.stage, 4)
                                .add(slot.cid, 8)
                                .add(slot.opcode, 8)
                                .add(slot.sqid, 16)
                                .add(turn(c, i), 4)
                                .add(full ? slot.status : 0, 16),
                            full ? slot.result : 0};
        }
        put_sorted(list, size);
    }

    void put_sorted(std::pair<std::uint64_t, std::uint64_t>* list, std::size_t size) {
        // Three at most: std::sort is made for more.
        for (std::size_t i = 1; i < size; ++i) {
            for (std::size_t k = i; k > 0 && list[k] < list[k - 1]; --k) {
                std::swap(list[k], list[k - 1]);
            }
        }
        out.put(size);
        for (std::size_t i = 0; i < size; ++i) {
            out.put(list[i].first);
            out.put(list[i].second);
        }
    }

    /// What the PF is asked for by this VF, and where it stands. Without the number of the command:
    /// is it the one that its flow waits for?
    void requests(std::uint8_t host, std::uint8_t vf) {
        const host::ProofPfQueue& q = w.pf[host].queue;
        const auto put = [&](std::size_t position, std::uint32_t owner) {
            Request request = Request::of(owner);
            if (owner == 0 || request.vf != vf) {
                return;
            }
            const host::VfioNvme& flow = w.vf[host][vf].flow;
            const bool now = flow.step != host::FlowStep::Idle &&
                             request.asked == static_cast<std::uint8_t>(flow.asked);
            request.asked = now ? 1 : 0;
            request.vf = 0;
            out.put(std::uint64_t{position + 1} << 32 | request.owner());
        };
        for (std::size_t tag = 0; tag < host::ProofPfQueue::tags; ++tag) {
            put(tag, q.owner[tag]);
        }
        for (std::size_t i = 0; i < q.waiting; ++i) {
            put(host::ProofPfQueue::tags + i,
                q.waiter[(q.waiting_head + i) % host::ProofPfQueue::waiters]);
        }
    }

    void driver(std::uint8_t host, std::uint8_t vf) {
        const VfSide& side = w.vf[host][vf];
        const vfio::DeviceState& d = side.device;
        const host::VfioNvme& flow = side.flow;
        const bool busy = flow.step != host::FlowStep::Idle;
        const bool saving = d.session == vfio::Session::Saving;
        out.put(Bits()
                    .add(d.state, 4)
                    .add(d.next, 4)
                    .add(d.target, 4)
                    .add(d.hop != 0, 1)
                    .add(d.reset_pending, 1)
                    .add(d.reply_fault, 1)
                    .add(d.ticket, 4)
                    .add(d.session, 2)
                    .add(d.fd_open, 1)
                    .add(d.ended, 1)
                    .add(d.logging, 1)
                    .add(d.precopy_info_v2, 1)
                    .add(side.waiting, 1)
                    .add(saving && side.read, 1)
                    .add(saving && side.ended, 1)
                    .add(side.struck, 1)
                    .add(side.reset_waits, 1)
                    .add(flow.step, 4)
                    .add(busy ? static_cast<unsigned>(flow.to) : 0, 4)
                    .add(busy && flow.arc == d.hop, 1)
                    .add(flow.overtaken, 1)
                    .add(busy ? flow.offset : 0, 14));
        if (has_state(w, host, vf)) {
            out.put(Bits().add(flow.size, 16).add(side.buffer, 32));
        }
        out.put(Bits().add(side.staged, 32).add(side.arrived >> 1, 31));
    }

    template <class Place>
    void place(const Place& place, const VfSide& side) {
        const bool latest = place.session_number == side.device.sessions;
        Bits bits;
        bits.add(place.still, 4).add(place.vfio, 8).add(place.session, 1);
        bits.add(place.session && latest, 1);
        for (const auto& queues : {place.sq, place.cq}) {
            for (const check::QueueLife life : queues) {
                bits.add(life, 2);
            }
        }
        out.put(bits);
    }

    template <class Watched>
    void watched(const Watched& vf) {
        Bits bits;
        for (const auto& queue : vf.commands.fate) {
            for (const check::Fate fate : queue) {
                bits.add(fate, 3);
            }
        }
        bits.add(vf.state.saved, 1).add(vf.state.loaded, 1).add(vf.state.stale, 1);
        bits.add(vf.state.struck, 1);
        out.put(bits.add(vf.user_data.logging, 1));
        out.put(Bits().add(vf.state.digest, 32).add(vf.user_data.pending.bits, 32));
    }

    void watched() {
        Bits bits;
        bits.add(w.monitor.vm.runs, 2).add(w.monitor.vm.ended, 1).add(w.monitor.vm.journey, 2);
        for (const std::uint8_t dirty : w.monitor.dirty) {
            bits.add(dirty, 1);
        }
        for (const check::QueueLife life : w.monitor.buffer) {
            bits.add(life, 2);
        }
        out.put(bits);
    }

    void flow(const host::vmm::Flow& flow) {
        const bool sets = flow.set != 0;
        out.put(Bits()
                    .add(flow.ticket != 0, 1)
                    .add(flow.call, 6)
                    .add(flow.start, 4)
                    .add(flow.set, 4)
                    .add(sets ? static_cast<unsigned>(flow.wanted) : 0, 4)
                    .add(sets ? static_cast<unsigned>(flow.recover) : 0, 4)
                    .add(flow.cursor, 8)
                    .add(sets ? flow.set_error : 0, 12)
                    .add(flow.error, 12)
                    .add(flow.outcome, 4)
                    .add(flow.finished, 1));
    }

    template <class Device>
    void devices(const Device& list) {
        for (const host::vmm::Device& one : list) {
            out.put(Bits().add(one.state, 4).add(one.initial_sent, 1).add(one.read_bytes, 32));
            if ((one.pending.initial | one.pending.dirty) != 0) {
                out.put(one.pending.initial);
                out.put(one.pending.dirty);
            }
        }
    }

    void outstanding(const Outstanding& call) {
        out.put(Bits()
                    .add(call.active, 1)
                    .add(call.timer, 1)
                    .add(call.call, 6)
                    .add(call.device, 8)
                    .add(call.token2, 8)
                    .add(call.token3, 8)
                    .add(call.length, 16));
    }

    void lane(const Lane& lane) {
        out.put(lane.count);
        for (std::size_t i = 0; i < lane.count; ++i) {
            const Parcel& parcel = lane.parcel[i];
            out.put(Bits()
                        .add(parcel.message, 4)
                        .add(parcel.device, 8)
                        .add(parcel.marker, 4)
                        .add(parcel.error, 8)
                        .add(parcel.length, 16));
            out.put(parcel.content);
        }
    }

    /// Left out: times and counts of bytes and pages, which nothing depends on where verdicts are
    /// chosen.
    void journey() {
        const auto& journey = w.journey();
        const host::vmm::SourceControl& source = journey.source.control;
        const host::vmm::DestinationControl& destination = journey.destination.control;
        out.put(Bits()
                    .add(source.precopy, 6)
                    .add(source.switchover, 6)
                    .add(source.rollback, 4)
                    .add(source.cancelled, 1)
                    .add(source.acked, 1)
                    .add(source.acks_open, 4)
                    .add(source.shut, 1)
                    .add(source.vm_stopped, 1)
                    .add(source.logging, 1)
                    .add(source.synced, 1)
                    .add(source.block, 16));
        flow(source.flow);
        devices(journey.source.device);
        out.put(Bits()
                    .add(destination.incoming, 4)
                    .add(destination.closed, 1)
                    .add(destination.acks_pending, 4)
                    .add(destination.message, 4)
                    .add(destination.marker, 4)
                    .add(journey.closed, 1)
                    .add(journey.cut, 1)
                    .add(journey.told_closed, 1)
                    .add(journey.told_cut, 1));
        flow(destination.flow);
        devices(journey.destination.device);
        outstanding(journey.call[0]);
        outstanding(journey.call[1]);
        lane(journey.forward);
        lane(journey.back);
    }

    const W& w;
    const bool relative_;
    Words& out;
};

}  // namespace lmsim::explore::world
