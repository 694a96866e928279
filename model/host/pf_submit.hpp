#pragma once

#include <cstdint>
#include <type_traits>

#include "model/spec/rules.hpp"
#include "model/step.hpp"
#include "model/wire/cdq.hpp"

namespace lmsim::host {

/// Why an admin command has no completion.
enum class PfError : std::uint8_t {
    None,
    Again,     // no tag is free and the caller will not wait
    TimedOut,  // the PF is being reset because of it
    Reset,     // the PF was reset while the command was pending
};

/// The PF driver's admin queue as its users share it: tags, those who wait for one, time-outs and
/// resets. SQEs stay with their owners until a tag is theirs. (Linux 7.3 drivers/nvme/host: blk-mq
/// tags of the admin queue, nvme_timeout(), nvme_dev_disable().)
template <std::size_t Tags, std::size_t Waiters>
struct PfQueue {
    std::uint16_t depth = 0;     // tags in use at most, reserved ones included
    std::uint16_t reserved = 0;  // tags kept for AERs, the last ones; 0: they take any
    std::uint16_t pending = 0;
    bool resetting = false;
    bool more = false;               // the last step ran out of room for effects: give it Continue
    std::uint32_t owner[Tags] = {};  // 0: free
    std::uint16_t generation[Tags] = {};
    std::uint16_t waiting_head = 0;
    std::uint16_t waiting = 0;
    std::uint32_t waiter[Waiters] = {};

    static constexpr std::size_t tags = Tags;
    static constexpr std::size_t waiters = Waiters;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.depth, self.reserved, self.pending, self.resetting, self.more);
        visit(self.owner, self.generation);
        visit(self.waiting_head, self.waiting, self.waiter);
    }
};

/// What happens to the PF's submissions; behind each kind, the members that it uses.
struct PfEvent {
    enum class Kind : std::uint8_t {
        Submit,      // owner (not 0) wants a tag; waits for one
        SubmitNow,   // the same, but answers Again rather than wait
        SubmitAer,   // takes a reserved tag
        Completed,   // tag, status, dw0, dw1: a completion queue entry
        TimerFired,  // ticket of the timer
        ResetBegan,  // somebody resets the PF
        ResetDone,
        Continue,
    };
    Kind kind = Kind::Submit;
    std::uint16_t tag = 0;
    std::uint16_t status = 0;
    std::uint32_t owner = 0;  // or the timer's ticket
    std::uint32_t dw0 = 0;
    std::uint32_t dw1 = 0;
};

/// Tags that a queue of this depth keeps for `wanted` AERs: HO-ADM-01. One is left for commands.
std::uint16_t tags_for_aers(std::uint16_t depth, std::uint16_t wanted, const spec::Rules& rules);

/// Is an AER that ended like this submitted again? HO-ADM-02; a reset brings new ones anyway.
bool resubmits_aer(PfError error, const spec::Rules& rules);

/// The same where the event is known, and whether a queue of the host's `claims` it.
bool resubmits_aer(PfError error, const wire::AerResult& event, bool claims,
                   const spec::Rules& rules);

/// Token of EffectKind::Call: the PF has to be reset; answered by ResetDone.
constexpr std::uint64_t call_reset_pf = 1;

/// Effects: Submit{ticket = owner, token = tag}: put the owner's SQE with this CID on the queue;
/// StartTimer{ticket}; Reply{ticket = owner, flags = PfError, token = status, token2 = DW0, token3
/// = DW1}; Call{token = call_reset_pf}. A stale completion or timer has no effect.
template <std::size_t Tags, std::size_t Waiters>
void step(PfQueue<Tags, Waiters>& queue, const PfEvent& event, std::uint64_t timeout_ps,
          Effects& effects);

/// Room for the simulator: 4096 tags, every VF with a request on each of them waiting.
using SimPfQueue = PfQueue<4096, 1024>;
/// Room for the explorer.
using ProofPfQueue = PfQueue<2, 3>;
static_assert(std::is_trivially_copyable_v<SimPfQueue>);

extern template void step(SimPfQueue&, const PfEvent&, std::uint64_t, Effects&);
extern template void step(ProofPfQueue&, const PfEvent&, std::uint64_t, Effects&);

}  // namespace lmsim::host
