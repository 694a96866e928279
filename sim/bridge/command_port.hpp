#pragma once

#include <cstdint>
#include <vector>

#include "sim/bridge/queue_pair.hpp"

namespace lmsim::sim {

/// The queue driver of one controller over any DevicePort: commands go in with an owner,
/// completions come out with theirs. The guest's driver, the host's PF driver, conformance cases
/// and hardware all use this one.
class CommandPort {
  public:
    /// Allocates the rings of the admin queue (0) and of `pairs` I/O queues, whose completion
    /// queues have `cq_entries` (0: as many as the submission queues).
    CommandPort(DevicePort& port, std::uint32_t admin_entries, std::uint16_t pairs = 0,
                std::uint32_t entries = 2, std::uint32_t cq_entries = 0);

    DevicePort& port() { return *port_; }
    std::uint16_t pairs() const { return static_cast<std::uint16_t>(queues_.size() - 1); }
    const QueuePair& queue(std::uint16_t id) const { return queues_[id].pair; }

    /// Tells the controller where the admin queue is and sets CC.EN; CSTS.RDY is for the caller to
    /// look at.
    void enable();
    /// As after a reset of the controller: no command is outstanding, the rings are empty.
    void clear();
    /// Nothing more can be submitted, until open() or clear().
    void close();
    /// All CIDs of a queue are free.
    void open(std::uint16_t queue);
    /// The owner moved to another host: the same rings, behind another port.
    void move(DevicePort& port);

    /// Room in the ring and a CID: a fetched entry has left the ring before its command is
    /// complete.
    bool has_room(std::uint16_t queue) const {
        return queues_[queue].pair.has_room() && queues_[queue].free != none;
    }

    /// Submits under a CID of the port's own choice, which it returns. Needs room.
    std::uint16_t submit(std::uint16_t queue, wire::Sqe& sqe, std::uint64_t owner) {
        Queue& q = queues_[queue];
        LMSIM_ASSERT(q.free != none);
        sqe.cid = q.free;
        q.have(sqe.cid);
        Owner& of = q.owners[sqe.cid];
        q.free = of.next;
        of = {owner, none, true, true};
        q.pair.submit(sqe);
        return sqe.cid;
    }
    /// Submits under the caller's CID, below entries - 1, which must not be outstanding.
    void submit_as(std::uint16_t queue, const wire::Sqe& sqe, std::uint64_t owner) {
        Queue& q = queues_[queue];
        q.have(sqe.cid);
        q.owners[sqe.cid] = {owner, none, true, false};
        q.pair.submit(sqe);
    }

    /// Is there a completion that nobody has taken yet?
    bool has_completion(std::uint16_t queue) const {
        bool any = false;
        queues_[queue].pair.peek([&any](const wire::Cqe&) { any = true; });
        return any;
    }

    /// Hands every new completion to `take(owner, cqe)`; to `stray(cqe)` if nobody waits for its
    /// CID.
    template <class Take, class Stray>
    std::uint32_t reap(std::uint16_t queue, Take&& take, Stray&& stray) {
        return queues_[queue].pair.reap([&](const wire::Cqe& cqe) {
            Queue& q = queues_[queue];
            if (cqe.cid >= q.owners.size() || !q.owners[cqe.cid].used) {
                stray(cqe);
                return;
            }
            Owner& owner = q.owners[cqe.cid];
            owner.used = false;
            if (owner.chosen) {
                owner.next = q.free;
                q.free = cqe.cid;
            }
            take(owner.token, cqe);
        });
    }

  private:
    static constexpr std::uint16_t none = 0xffff;  // no CID: a queue has at most 65535 of them
    struct Owner {
        std::uint64_t token = 0;
        std::uint16_t next = none;  // of a free CID: the one behind it
        bool used = false;
        bool chosen = false;  // the CID came from `free`
    };
    struct alignas(64) Queue {
        QueuePair pair;
        std::vector<Owner> owners;  // by CID, as far as one was ever taken: most never are
        std::uint16_t free = none;  // the CID that is taken next
        std::uint16_t cids = 0;

        /// CIDs that were never taken are free in rising order, behind all that came back.
        void have(std::uint16_t cid) {
            while (cid >= owners.size()) {
                const std::size_t behind = owners.size() + 1;
                owners.push_back({0, behind < cids ? static_cast<std::uint16_t>(behind) : none});
            }
        }
    };

    DevicePort* port_;
    std::vector<Queue> queues_;
};

}  // namespace lmsim::sim
