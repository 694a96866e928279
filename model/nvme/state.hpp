#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lmsim::nvme {

/// Room for the simulator: a PF and 256 VFs with 64 I/O queue pairs each.
struct SimBounds {
    static constexpr std::size_t functions = 257;
    static constexpr std::size_t queues = 65;  // the admin pair is 0
    static constexpr std::size_t slots = 1024;
    static constexpr std::size_t aers = 16;
};

/// Room for searching every interleaving: as small as shows the protocol.
struct ProofBounds {
    static constexpr std::size_t functions = 3;
    static constexpr std::size_t queues = 2;
    static constexpr std::size_t slots = 3;
    static constexpr std::size_t aers = 1;
};

/// Submission queue as the controller knows it. Positions are slots, `size` counts entries.
struct Sq {
    std::uint64_t base = 0;  // PRP1 of the create command
    std::uint32_t size = 0;  // 0: does not exist
    std::uint32_t head = 0;  // next slot to fetch
    std::uint32_t tail = 0;  // last doorbell value
    std::uint16_t cqid = 0;
    std::uint16_t attributes = 0;  // PC bit 0, QPRIO bits 2:1

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.base, self.size, self.head, self.tail, self.cqid, self.attributes);
    }
};

/// Completion queue as the controller knows it.
struct Cq {
    std::uint64_t base = 0;
    std::uint32_t size = 0;  // 0: does not exist
    std::uint32_t head = 0;  // last doorbell value
    std::uint32_t tail = 0;  // next slot to write
    std::uint16_t vector = 0;
    std::uint8_t phase = 1;       // of the next entry
    std::uint8_t attributes = 0;  // PC bit 0, IEN bit 1
    std::uint16_t users = 0;      // submission queues that complete here
    std::uint32_t waiting = 0;    // first and last slot (plus 1) with a result and no room here
    std::uint32_t waiting_last = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.base, self.size, self.head, self.tail, self.vector, self.phase, self.attributes,
              self.users, self.waiting, self.waiting_last);
    }
};

enum class Stage : std::uint8_t {
    Free,
    Fetching,    // the SQE is on its way
    List,        // its PRP list is on its way
    DataIn,      // host data is on its way
    Executing,   // an admin command in the controller
    Media,       // an I/O command in the media
    Suspending,  // a Suspend that waits until its MC has drained
    Held,        // an AER that waits for an event
    Full,        // finished, no room in its completion queue
};

/// A command between fetch and completion.
struct Slot {
    std::uint64_t slba = 0;  // I/O: first block; admin: CDW10, CDW11
    std::uint64_t prp1 = 0;
    std::uint64_t prp2 = 0;
    std::uint64_t dw12 = 0;  // CDW12, CDW13
    std::uint32_t dw14 = 0;
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

/// A controller: what its registers and commands have made of it. Machines are one byte each.
template <class Bounds>
struct Controller {
    std::uint8_t life = 0;       // see machines.hpp: Life
    std::uint8_t migration = 0;  // see machines.hpp: Migration
    bool primary = false;        // the PF: a Migration Management Controller
    bool online = false;
    std::uint16_t cntlid = 0;

    std::uint32_t cc = 0;
    std::uint32_t aqa = 0;
    std::uint64_t asq = 0;
    std::uint64_t acq = 0;

    std::uint32_t queues_granted = 0;  // feature 07h as set
    std::uint32_t aer_config = 0;      // feature 0Bh
    std::uint32_t coalescing = 0;      // feature 08h

    std::uint32_t generation = 0;  // 16 bits: counts resets, see Ticket
    std::uint32_t busy = 0;        // slots fetched and not completed, AERs not counted
    std::uint32_t free_slot = 0;   // slot plus 1
    std::uint32_t next_queue = 0;  // round robin over the submission queues
    std::uint64_t ready[(Bounds::queues + 63) / 64] = {};  // SQs with entries to fetch
    std::uint16_t aer[Bounds::aers] = {};                  // slots of held AERs, oldest first
    std::uint16_t aers = 0;

    std::uint32_t suspender = 0;  // the PF's slot (plus 1) whose Suspend waits for this controller
    std::uint8_t sequence = 0;    // Set Controller State: 0 none open, 1 open
    std::uint8_t owed = 0;        // see Owed
    std::uint64_t received = 0;   // bytes of that sequence

    Sq sq[Bounds::queues];
    Cq cq[Bounds::queues];
    Slot slot[Bounds::slots];

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.life, self.migration, self.primary, self.online, self.cntlid);
        visit(self.cc, self.aqa, self.asq, self.acq);
        visit(self.queues_granted, self.aer_config, self.coalescing);
        visit(self.generation, self.busy, self.free_slot, self.next_queue, self.ready);
        visit.array(self.aer, self.aers);
        visit(self.suspender, self.sequence, self.owed, self.received);
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
    Controller<Bounds> controller[Bounds::functions];

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.more, self.wake_first, self.wake_end);
        visit.array(self.controller, self.functions);
    }
};
static_assert(std::is_trivially_copyable_v<Subsystem<ProofBounds>>);

/// What a device is, apart from what it does: constant over a run.
struct Config {
    std::uint32_t queue_pairs = 8;    // I/O pairs a VF offers, 1 to 64
    std::uint32_t vectors = 0;        // MSI-X vectors of a VF; 0: one for each pair and one
    std::uint32_t queue_size = 1024;  // entries, 2 to 65536 (CAP.MQES is one less)
    std::uint32_t contexts = 1024;    // commands a controller works on at once
    std::uint32_t mdts = 6;           // 2^n pages of 4 KiB
    std::uint32_t vendor_bytes = 0;   // opaque vendor state behind our own area, dwords
    std::uint64_t blocks = 1U << 28;  // of the namespace
    std::uint32_t block_bytes = 512;
    bool carry_registers = true;  // which parts that v0 leaves out go into the vendor area
    bool carry_admin_queue = true;
    bool carry_features = true;
    bool carry_aer = true;
};

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
};

/// Bulk data that the model names but does not hold.
class Env {
  public:
    virtual ~Env() = default;
    /// The data of an admin command, `length` bytes, the same memory for its whole life.
    virtual std::uint8_t* data(std::uint16_t function, std::uint32_t ticket,
                               std::uint32_t length) = 0;
    /// Where the pieces of Set Controller State for a function are put together.
    virtual std::uint8_t* staging(std::uint16_t function, std::uint64_t length) = 0;
    /// The opaque vendor state of a function: Config::vendor_bytes.
    virtual std::uint8_t* vendor(std::uint16_t function) = 0;
};

}  // namespace lmsim::nvme
