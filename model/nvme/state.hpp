#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "model/watch.hpp"

namespace lmsim::nvme {

/// Room for the simulator: a PF and 256 VFs with 64 I/O queue pairs each.
struct SimBounds {
    static constexpr std::size_t functions = 257;
    static constexpr std::size_t queues = 65;  // the admin pair is 0
    static constexpr std::size_t slots = 1024;
    static constexpr std::size_t aers = 16;
    static constexpr std::size_t cdqs = 256;
    static constexpr std::size_t namespaces = 256;
    static constexpr std::size_t ranges = 64;
    static constexpr std::size_t line = 64;  // bytes that what is used together is aligned to
    template <class T, std::size_t N>
    using List = T[N];
};

/// Room for searching every interleaving: as small as shows the protocol.
struct ProofBounds {
    static constexpr std::size_t functions = 3;
    static constexpr std::size_t queues = 2;
    static constexpr std::size_t slots = 3;
    static constexpr std::size_t aers = 1;
    static constexpr std::size_t cdqs = 2;
    static constexpr std::size_t namespaces = 2;
    static constexpr std::size_t ranges = 2;
    static constexpr std::size_t line = 8;
    template <class T, std::size_t N>
    using List = T[N];
};

/// The same, for the product of all machines with this many VFs; `Queues` of a controller.
template <std::size_t Vfs, std::size_t Queues = 2>
struct WorldBounds {
    static constexpr std::size_t functions = Vfs + 1;
    static constexpr std::size_t queues = Queues;
    static constexpr std::size_t slots = 3;
    static constexpr std::size_t aers = 1;
    static constexpr std::size_t cdqs = Vfs;
    static constexpr std::size_t namespaces = 1;
    static constexpr std::size_t ranges = 1;
    static constexpr std::size_t line = 8;
    template <class T, std::size_t N>
    using List = Watched<T, N>;
};

/// Submission queue as the controller knows it. Positions are slots, `size` counts entries.
struct Sq {
    std::uint64_t base = 0;  // PRP1 of the create command
    std::uint32_t size = 0;
    std::uint32_t head = 0;  // next slot to fetch
    std::uint32_t tail = 0;  // last doorbell value
    std::uint16_t cqid = 0;
    std::uint8_t attributes = 0;  // PC bit 0, QPRIO bits 2:1
    std::uint8_t life = 0;        // see machines.hpp: SqLife

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.base, self.size, self.head, self.tail, self.cqid, self.attributes, self.life);
    }
};

/// Completion queue as the controller knows it.
struct Cq {
    std::uint64_t base = 0;
    std::uint32_t size = 0;
    std::uint32_t head = 0;  // last doorbell value
    std::uint32_t tail = 0;  // next slot to write
    std::uint16_t vector = 0;
    std::uint8_t phase = 1;       // of the next entry
    std::uint8_t attributes = 0;  // PC bit 0, IEN bit 1, coalescing disabled for its vector bit 2
    std::uint16_t users = 0;      // submission queues that complete here
    std::uint8_t life = 0;        // see machines.hpp: CqLife
    std::uint32_t waiting = 0;    // while Full: first and last slot (plus 1) with a result and no
    std::uint32_t waiting_last = 0;  // room here

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.base, self.size, self.head, self.tail, self.vector, self.phase, self.attributes,
              self.users, self.life, self.waiting, self.waiting_last);
    }
};

/// How far a command is: what it waits for.
enum class Stage : std::uint8_t {
    Free,
    Fetching,    // the SQE is on its way
    List,        // its PRP list is on its way
    DataIn,      // host data is on its way
    Executing,   // an admin command in the controller
    Media,       // an I/O command in the media
    Suspending,  // a Suspend that waits until its MC has drained
    Logging,     // its changes are being logged: there was no room for all of them in one step
    Held,        // an AER that waits for an event
    Full,        // finished, no room in its completion queue
};

/// A command between fetch and completion.
struct Slot {
    std::uint64_t slba = 0;  // I/O: first block; admin: CDW10, CDW11
    std::uint64_t prp1 = 0;
    std::uint64_t prp2 = 0;
    std::uint64_t dw12 = 0;  // CDW12, CDW13
    std::uint32_t dw14 = 0;  // CDW14; of a finished command: DW1 of its completion
    std::uint32_t dw15 = 0;
    std::uint32_t length = 0;  // bytes of data
    std::uint32_t nsid = 0;
    std::uint32_t next = 0;    // free list or waiting list: slot plus 1, 0 ends it
    std::uint32_t result = 0;  // DW0
    std::uint16_t sqid = 0;
    std::uint16_t cid = 0;
    std::uint16_t status = 0;
    std::uint8_t opcode = 0;
    Stage stage = Stage::Free;

    std::uint32_t cdw10() const { return static_cast<std::uint32_t>(slba); }
    std::uint32_t cdw11() const { return static_cast<std::uint32_t>(slba >> 32); }
    std::uint32_t cdw12() const { return static_cast<std::uint32_t>(dw12); }
    std::uint32_t cdw13() const { return static_cast<std::uint32_t>(dw12 >> 32); }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.slba, self.prp1, self.prp2, self.dw12, self.dw14, self.dw15, self.length,
              self.nsid, self.next, self.result, self.sqid, self.cid, self.status, self.opcode,
              self.stage);
    }
};

/// No submission queue: commands of a deleted one end without a completion.
constexpr std::uint16_t no_queue = 0xffff;

/// Bits of Controller::owed: what an earlier step had no room or no leave to do.
namespace owed {
constexpr std::uint8_t life = 1;       // EnterState of the life's machine
constexpr std::uint8_t migration = 2;  // EnterState of the migration's machine
constexpr std::uint8_t enable = 4;     // the work of CC.EN=1, which waits for a Resume (LM-SUSP-11)
}  // namespace owed

/// A Controller Data Queue (NVMe Base 2.3, 8.1.7). Positions are slots; no doorbell: the head moves
/// by Set Features 21h only, the tail is the controller's own.
struct Cdq {
    std::uint64_t base = 0;     // PRP1: the memory, or its PRP list
    std::uint32_t entries = 0;  // slots
    std::uint32_t head = 0;     // next slot that the host has not consumed
    std::uint32_t tail = 0;     // next slot to write
    std::uint32_t tpt = 0;      // tail pointer trigger
    std::uint16_t creator = 0;  // function of the controller that owns it
    std::uint16_t mc = 0;       // function whose changes it takes
    std::uint8_t life = 0;      // see machines.hpp: CdqLife
    std::uint8_t phase = 1;     // CDQP of the next entry
    bool contiguous = true;     // PC
    bool etpt = false;          // armed
    bool tail_pending = false;  // events that no AER has taken yet
    bool full_pending = false;
    std::uint8_t merged = 0;  // a range that waits to be merged: 0 none, 1 written, 2 deallocated
    std::uint32_t merge_nsid = 0;
    std::uint64_t merge_slba = 0;
    std::uint64_t merge_blocks = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.base, self.entries, self.head, self.tail, self.tpt, self.creator, self.mc,
              self.life, self.phase, self.contiguous, self.etpt, self.tail_pending,
              self.full_pending, self.merged, self.merge_nsid, self.merge_slba, self.merge_blocks);
    }
};

/// A namespace (NVM Command Set 1.2, 4.1.5): who may use it stands in Controller::attached.
struct Namespace {
    std::uint64_t blocks = 0;  // NSZE; 0: not allocated
    std::uint64_t nguid[2] = {};
    std::uint8_t format = 0;      // LBA format index
    std::uint8_t nmic = 0;        // bit 0: may be attached to several controllers
    std::uint16_t formatter = 0;  // function (plus 1) of the controller that formats it

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.blocks, self.nguid, self.format, self.nmic, self.formatter);
    }
};

/// A range of memory whose writes by an MC are tracked (Track Memory Changes).
struct TrackedRange {
    std::uint64_t address = 0;
    std::uint32_t granules = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.address, self.granules);
    }
};

/// Memory tracking of an MC; which granules were written is Env's to keep.
template <class Bounds>
struct Tracking {
    bool on = false;
    std::uint8_t granularity = 0;  // RMRTG: 2^n * 4 KiB
    std::uint16_t ranges = 0;
    TrackedRange range[Bounds::ranges];

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.on, self.granularity);
        visit.array(self.range, self.ranges);
    }
};

/// A controller: what its registers and commands have made of it. Machines are one byte each.
template <class Bounds>
struct alignas(Bounds::line) Controller {
    // What each command looks at stands first, in one line of the cache or two.
    std::uint8_t life = 0;       // see machines.hpp: Life
    std::uint8_t migration = 0;  // see machines.hpp: Migration
    bool primary = false;        // the PF: a Migration Management Controller
    bool online = false;         // always, of the PF
    bool fatal = false;          // CSTS.CFS, until a CLR
    std::uint8_t sequence = 0;   // Set Controller State: 0 none open, 1 open
    std::uint8_t owed = 0;       // see Owed
    std::uint16_t cntlid = 0;
    std::uint16_t udmq = 0;          // the UDMQ (CDQID plus 1) of this MC
    std::uint16_t aers = 0;          // held, see `aer`
    std::uint32_t generation = 0;    // 16 bits: counts resets, see Ticket
    std::uint32_t busy = 0;          // slots fetched and not completed, AERs not counted
    std::uint32_t free_slot = 0;     // slot plus 1
    std::uint32_t next_queue = 0;    // round robin over the submission queues
    std::uint32_t suspender = 0;     // the PF's slot (plus 1) whose Suspend waits for this one
    std::uint32_t logging_slot = 0;  // the slot (plus 1) at Stage::Logging
    std::uint64_t ready[(Bounds::queues + 63) / 64] = {};         // SQs with entries to fetch
    std::uint32_t coalescing = 0;                                 // feature 08h
    std::uint32_t write_cache = 0;                                // feature 06h
    std::uint64_t attached[(Bounds::namespaces + 63) / 64] = {};  // by index into `ns`
    Tracking<Bounds> tracking;

    bool subsystem_reset = false;  // CSTS.NSSRO
    bool committed = false;        // its I/O queues came with a Set Controller State
    std::uint16_t vq = 0;          // flexible resources assigned to it: queue pairs,
    std::uint16_t vi = 0;          // interrupt vectors
    std::uint32_t cc = 0;
    std::uint32_t aqa = 0;
    std::uint64_t asq = 0;
    std::uint64_t acq = 0;
    std::uint32_t queues_granted = 0;      // feature 07h as set
    std::uint32_t aer_config = 0;          // feature 0Bh
    std::uint16_t aer[Bounds::aers] = {};  // slots of held AERs, oldest first
    std::uint64_t received = 0;            // bytes of an open sequence

    alignas(Bounds::line) Sq sq[Bounds::queues];
    Cq cq[Bounds::queues];  // where `sq` ends, the I/O queues' first one is in one line as well
    alignas(Bounds::line) Slot slot[Bounds::slots];

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.life, self.migration, self.primary, self.online, self.cntlid);
        visit(self.vq, self.vi, self.fatal, self.subsystem_reset, self.committed);
        visit(self.cc, self.aqa, self.asq, self.acq);
        visit(self.queues_granted, self.aer_config, self.coalescing, self.write_cache);
        visit(self.generation, self.busy, self.free_slot, self.next_queue, self.ready);
        visit.array(self.aer, self.aers);
        visit(self.suspender, self.sequence, self.owed, self.received);
        visit(self.logging_slot, self.udmq, self.attached, self.tracking);
        visit(self.sq, self.cq, self.slot);
    }
};

/// An NVM subsystem: function 0 is the PF, function i the i-th VF.
template <class Bounds>
struct Subsystem {
    std::uint16_t functions = 0;
    bool more = false;  // the last step ran out of room for effects: give it Event::Continue
    std::uint16_t wake_first = 0;  // the functions that then go on: from first up to, without, end
    std::uint16_t wake_end = 0;
    std::uint16_t vq_next = 0;  // flexible resources of the primary from its next reset on
    std::uint16_t vi_next = 0;
    bool template_configured = false;  // LM-TPL-43: for good
    Cdq cdq[Bounds::cdqs];             // by CDQID
    Namespace ns[Bounds::namespaces];  // by NSID minus 1
    typename Bounds::template List<Controller<Bounds>, Bounds::functions> controller;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.more, self.wake_first, self.wake_end, self.vq_next, self.vi_next,
              self.template_configured);
        visit(self.cdq, self.ns);
        visit.array(self.controller, self.functions);
    }
};
static_assert(std::is_trivially_copyable_v<Subsystem<ProofBounds>>);

/// What happens to a controller; behind each kind, the members that it uses.
struct Event {
    enum class Kind : std::uint8_t {
        SqDoorbell,  // queue, value
        CqDoorbell,  // queue, value
        Done,        // ticket: the effect with this ticket is over; bytes if it fetched any
        Register,    // address, value: a write to a property
        LevelReset,  // function level reset (of a PF: its VFs go offline)
        Continue,    // after Subsystem::more
    };
    Kind kind = Kind::Done;
    std::uint16_t function = 0;
    std::uint16_t queue = 0;
    std::uint32_t ticket = 0;
    std::uint64_t address = 0;
    std::uint64_t value = 0;
    const std::uint8_t* bytes = nullptr;  // what a ReadMemory brought
    std::uint32_t length = 0;
    bool failed = false;  // of a Done: the memory could not be reached
};

}  // namespace lmsim::nvme
