#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "model/host/lifetimes.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"
#include "model/vfio/errno.hpp"

namespace lmsim::host {

/// What the kernel keeps of one Controller Data Queue that a program has asked for.
struct OwnedQueue {
    enum class State : std::uint8_t {
        Free,
        Creating,  // its Create is under way
        Live,
        Deleting,  // its Delete is
        Doomed,    // nobody knows whether the device has it: the reset that is due ends it
        Leaving,   // it is gone, but a handler still holds it
    };
    State state = State::Free;
    std::uint8_t cdqid = 0;
    std::uint8_t handlers = 0;  // of events of this queue, at work
    bool listed = false;        // PC = 0: there is a PRP list
    bool has_event = false;
    bool bad_event = false;   // what is in the place of the eventfd is none (R004-10)
    std::uint8_t caller = 0;  // ticket of the ioctl that waits; 0: none
    std::uint8_t error = 0;   // errno that it will get, whatever the Delete at hand says
};

/// The Controller Data Queues that programs have at one controller: the interface posted in 2026
/// ("nvme: Controller Data Queue (CDQ) support"), put right. Rings are memory of the program's,
/// pinned; each queue has a number of the controller's and may have an eventfd.
struct CdqOwner {
    static constexpr std::size_t slots = 2;
    OwnedQueue queue[slots];
    bool removed = false;  // the controller is going: nothing new is taken
};
static_assert(std::is_trivially_copyable_v<CdqOwner>);

/// What is held for the queue in slot `s`: object_of(s, ...), of the ledger's.
enum class Part : std::uint8_t { Queue, Ring, Pages, List, Eventfd };
constexpr std::size_t parts = 5;
constexpr std::uint64_t object_of(std::size_t slot, Part part) {
    return 1 + slot * parts + static_cast<std::size_t>(part);
}
using CdqLedger = Ledger<CdqOwner::slots * parts>;

/// Commands: token of a Submit, its ticket is the slot.
enum class OwnerCommand : std::uint8_t { Create, Delete };

/// How a command ended.
enum class OwnerAnswer : std::uint8_t {
    Done,
    Refused,
    Unknown,   // Delete: there is no such queue (137h)
    TimedOut,  // whether it was carried out nobody knows; the controller will be reset
};

/// What a caller asks for at Create.
namespace asks {
constexpr std::uint8_t unaligned = 1;     // the buffer begins inside a page
constexpr std::uint8_t malformed = 2;     // no whole number of entries, or too many PRPs
constexpr std::uint8_t other_type = 4;    // QT is not 0
constexpr std::uint8_t unprivileged = 8;  // the caller may not send admin commands
constexpr std::uint8_t scattered = 16;    // the ring is not contiguous
constexpr std::uint8_t large = 32;        // the table of its pages comes from vmalloc()
constexpr std::uint8_t with_event = 64;   // events are to be told
constexpr std::uint8_t bad_event = 128;   // by a descriptor that is no eventfd
}  // namespace asks

/// What happens to the owner of data queues; behind each kind, the members that it uses.
struct OwnerEvent {
    enum class Kind : std::uint8_t {
        Create,   // ticket, flags (asks): an ioctl
        Delete,   // ticket, cdqid: an ioctl
        Answer,   // slot, answer, cdqid; kept: the table has room for the queue
        Event,    // cdqid: a one-shot event of this queue
        Handle,   // slot: the handler of its event goes on
        Deleted,  // cdqid: by the Suspend of its MC
        Reset,    // the controller was reset: its queues are gone
        Remove,   // the controller is going, its admin queue is still there
        Free,     // it is gone
    };
    Kind kind = Kind::Create;
    std::uint8_t flags = 0;
    std::uint8_t ticket = 0;
    std::uint8_t slot = 0;
    std::uint8_t cdqid = 0;
    OwnerAnswer answer = OwnerAnswer::Done;
    bool kept = true;
};

/// Effects: Submit{ticket = slot, token = OwnerCommand}; Call as Hold says; Reply{ticket, token =
/// errno, token2 = CDQID}.
void step(CdqOwner& owner, const OwnerEvent& event, const spec::Rules& rules, Effects& effects);

}  // namespace lmsim::host
