#pragma once

#include <cstdint>
#include <type_traits>

#include "model/arc.hpp"
#include "model/host/pf_submit.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::host {

/// How far the log of a VF's user data is: the states of its machine, see udmq_arcs().
enum class LogState : std::uint8_t {
    Off,
    Creating,
    Arming,
    Starting,
    Logging,
    Tail,      // the VF is suspended; the rest of its log is read
    Closed,    // the VF is suspended; its log is read to the end, or lost
    Stopping,  // logging is being stopped, the VF works
    Deleting,
};

/// Commands of the flow: token of a Submit.
enum class LogCommand : std::uint8_t { Create, Move, StartLog, StopLog, Delete };

/// What the flow asks of its host: token of a Call.
enum class LogCall : std::uint8_t {
    ZeroRing,  // no answer: CDQP of all slots becomes 0, in place, before the next command
    Look,      // answered by Looked: `length` slots from slot `address` on, in one piece
    Release,   // no answer: the memory of the queue is free
};

/// What the flow tells: token of a Report.
enum class LogReport : std::uint8_t {
    Range,     // address = SLBA, length = blocks (0: the whole namespace), token2 = NSID, flags = 1
               // if it was deallocated, token3 = wire::Esa
    Marker,    // an entry without a range: token3
    Lost,      // changes are missing: everything has to be copied again
    Restarted  // and may be from here on
};

/// A host that logs the user data changes of one VF (NVMe Base 2.3, 8.1.13.1): a User Data
/// Migration Queue from its creation to its end. Slots count from 0; entries are read in order.
struct Udmq {
    LogState state = LogState::Off;
    std::uint16_t cntlid = 0;   // of the VF
    std::uint16_t cdqid = 0;    // once created
    std::uint32_t entries = 0;  // slots, at least 2
    std::uint32_t batch = 1;    // entries after which the head moves, below `entries`
    std::uint64_t base = 0;     // PRP1
    std::uint64_t poll = 0;     // picoseconds between two looks; 0: events tell when
    bool contiguous = true;     // PC
    bool dudmq = false;         // the Suspend deletes the queue

    std::uint32_t slot = 0;     // next to be read
    std::uint32_t held = 0;     // entries read since the head last moved for good
    std::uint32_t asked = 0;    // of these, how many the Move under way gives back
    std::uint32_t trigger = 0;  // entries to be read until the armed slot is among them; 0: unarmed
    std::uint8_t phase = 1;     // CDQP of the next entry
    std::uint16_t tries = 0;    // looks for the last entry that found nothing
    bool first = false;         // the next entry has to be a first one
    bool ended = false;         // an entry with ESA 2, 3 or 7 was read: nothing follows
    bool full = false;          // an entry with ESA 7 was
    bool lost = false;
    bool gone = false;  // the queue: deleted by the Suspend
    bool looking = false;
    bool again = false;        // look once more when the look at hand is over
    bool moving = false;       // a Move is under way
    bool ticking = false;      // a timer is
    std::uint16_t error = 0;   // errno that the Reply at the end will bring
    std::uint16_t number = 0;  // of the latest command but Moves: the ticket of its Submit
    std::uint16_t move = 0;    // of the latest Move
    std::uint32_t reply = 0;   // ticket of the Start or Suspended at hand; 0: none
    std::uint32_t stop = 0;    // ticket of the Stop at hand; 0: none

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.state, self.cntlid, self.cdqid, self.entries, self.batch, self.base, self.poll,
              self.contiguous, self.dudmq);
        visit(self.slot, self.held, self.asked, self.trigger, self.phase, self.tries, self.first,
              self.ended, self.full, self.lost, self.gone, self.looking, self.again, self.moving,
              self.ticking, self.error, self.number, self.move, self.reply, self.stop);
    }
};
static_assert(std::is_trivially_copyable_v<Udmq>);

/// Most slots that one Look asks for.
constexpr std::uint32_t look_slots = 32;

/// What happens to a user data queue; behind each kind, the members that it uses.
struct UdmqEvent {
    enum class Kind : std::uint8_t {
        Start,   // ticket: begin to log; answered by a Reply
        Answer,  // ticket of the Submit; error, status, dw0
        Looked,  // bytes of `count` slots, as asked for
        Tail,    // CDQ Tail Pointer event of this queue
        Full,    // CDQ Full Error event of this queue
        Timer,
        Suspended,  // ticket: the VF is suspended; answered when its log is read to the end
        Resumed,    // the VF works again
        Stop,       // ticket: the log is of no use any more; answered when the queue is gone
        Reset,      // the PF was reset
    };
    Kind kind = Kind::Answer;
    PfError error = PfError::None;
    std::uint16_t status = 0;
    std::uint32_t ticket = 0;
    std::uint32_t dw0 = 0;
    std::uint32_t count = 0;
    const std::uint8_t* bytes = nullptr;
};

/// Effects: Submit{ticket, token = LogCommand, address = HP, length = TPT + 1 or 0}; Call and
/// Report as above; StartTimer{length}; Reply{ticket, token = errno}.
void step(Udmq& log, const UdmqEvent& event, const spec::Rules& rules, Effects& effects);

/// The SQE of a Submit effect, without CID.
wire::Sqe command(const Udmq& log, const Effect& submit, const spec::Rules& rules);

/// The rows of the machine, for diagrams and coverage; the bytes of its states are LogStates.
fsm::ArcList udmq_arcs();

}  // namespace lmsim::host
