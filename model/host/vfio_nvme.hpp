#pragma once

#include <cstdint>
#include <type_traits>

#include "model/arc.hpp"
#include "model/host/pf_submit.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"
#include "model/vfio/errno.hpp"
#include "model/vfio/uapi.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::host {

/// What the driver has asked of the VF's controller: the states of its machine, see flow_arcs().
enum class FlowStep : std::uint8_t {
    Idle,
    Notify,
    Suspend,
    ReadHeader,
    ReadState,
    LoadState,
    Resume,
};

/// A VFIO driver for the VFs of an NVMe device, one VF: it turns the arcs of the VFIO machine into
/// admin commands on the PF, as NVMe Base 2.3 (8.1.13) wants them. (The design of the RFC
/// "vfio/nvme", 2025, with what the standard says in the places where that went another way.)
struct VfioNvme {
    FlowStep step = FlowStep::Idle;
    vfio::MigState to = vfio::MigState::RUNNING;  // of the arc at hand
    std::uint16_t cntlid = 0;                     // of the VF, by CNS 15h (HO-MIG-01)
    std::uint8_t csvi = 0;     // index of version 0 in this PF's CNS 20h (HO-MIG-04)
    std::uint8_t csuuidi = 0;  // index of our vendor UUID there, 0 if it is not listed
    std::uint16_t asked = 0;   // number of the latest command: the ticket of its Submit
    std::uint32_t arc = 0;     // ticket of the arc at hand
    std::uint32_t piece = 0;   // largest transfer of one command, bytes, a multiple of 4 (MDTS)
    bool dudmq = false;        // a Suspend deletes the VF's User Data Migration Queue
    bool overtaken = false;    // the VF was reset since the command under way was sent (HO-MIG-09)
    std::uint64_t limit = 0;   // largest state that is accepted, bytes
    std::uint64_t size = 0;    // of the state saved, or written by the user
    std::uint64_t offset = 0;  // of the piece at hand

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.step, self.to, self.cntlid, self.csvi, self.csuuidi, self.asked, self.arc,
              self.piece, self.dudmq, self.overtaken, self.limit, self.size, self.offset);
    }
};
static_assert(std::is_trivially_copyable_v<VfioNvme>);

/// What happens to a driver's flow; behind each kind, the members that it uses.
struct FlowEvent {
    enum class Kind : std::uint8_t {
        Arc,  // from, to, ticket: perform one arc of the VFIO machine; bytes: the state
        // error, status, dw0; bytes: the state; ticket: the Submit's, where an answer that outlives
        // a reset has to be told from a later one's, or 0
        Answer,
        Written,  // value: the user wrote to the resuming session up to this size
        Reset,    // the VF was reset: the arc under way fails, when its command ends (HO-MIG-09)
    };
    Kind kind = Kind::Answer;
    vfio::MigState from = vfio::MigState::RUNNING;
    vfio::MigState to = vfio::MigState::RUNNING;
    PfError error = PfError::None;
    std::uint16_t status = 0;
    std::uint32_t dw0 = 0;
    std::uint32_t ticket = 0;
    std::uint64_t value = 0;
    const std::uint8_t* bytes = nullptr;  // the state buffer from offset 0 on
};

/// Effects: Submit{ticket, token = FlowStep, address = offset, length, token2 = SEQIND}: send that
/// command with this piece of the state buffer; Reply{ticket = arc, token = errno, token2 = state
/// size}: the arc is done. `command()` gives the SQE of a Submit.
void step(VfioNvme& flow, const FlowEvent& event, const spec::Rules& rules, Effects& effects);

/// The SQE of a Submit effect, without CID and PRPs.
wire::Sqe command(const VfioNvme& flow, const Effect& submit, const spec::Rules& rules);

/// The CNTLID by which the MMC knows a VF (HO-MIG-01): its own, not the PF's.
std::uint16_t cntlid_of(const wire::SecondaryController& entry, const spec::Rules& rules);

/// Does the MMC list what this CSVI or CSUUIDI of a flow stands for?
bool has_format(std::uint8_t index, const spec::Rules& rules);

/// Looks up what the flow names formats by (HO-MIG-04): has_format() says whether the MMC
/// lists them.
void choose_formats(VfioNvme& flow, const wire::StateFormatsView& formats,
                    const spec::Rules& rules);

/// The rows of the machine, for diagrams and coverage; the bytes of its states are FlowSteps.
fsm::ArcList flow_arcs();

}  // namespace lmsim::host
