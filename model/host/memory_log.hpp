#pragma once

#include <cstdint>
#include <type_traits>

#include "model/arc.hpp"
#include "model/host/pf_submit.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::host {

/// The states of a memory log's machine, see memory_log_arcs().
enum class TrackState : std::uint8_t { Off, Starting, Tracking, Reporting, Stopping };

/// Commands of the flow: token of a Submit.
enum class TrackCommand : std::uint8_t { Start, Receive, Stop };

/// A host that has the device track which memory one VF writes (NVMe Base 2.3, 8.1.13): what VFIO's
/// DMA logging is made of.
struct MemoryLog {
    TrackState state = TrackState::Off;
    std::uint16_t cntlid = 0;      // of the VF
    std::uint8_t granularity = 0;  // of the tracking: granules of 2^n * 4 KiB
    std::uint8_t wanted = 0;       // finest that the host asks for, MINMRTG or more
    std::uint8_t coarsest = 0;     // MAXMRTG
    std::uint32_t report = 0;      // bytes of the buffer of a Track Receive, a multiple of 4
    std::uint16_t number = 0;      // of the latest command: the ticket of its Submit
    std::uint32_t reply = 0;       // ticket of the request at hand; 0: none

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.state, self.cntlid, self.granularity, self.wanted, self.coarsest, self.report,
              self.number, self.reply);
    }
};
static_assert(std::is_trivially_copyable_v<MemoryLog>);

/// What happens to a memory log; behind each kind, the members that it uses.
struct MemoryLogEvent {
    enum class Kind : std::uint8_t {
        Start,   // ticket
        Answer,  // ticket of the Submit; error, status, dw0, dw1; bytes: what a Receive brought
        Report,  // ticket: what was written since the last one?
        Stop,    // ticket
        Reset,   // the PF was reset
    };
    Kind kind = Kind::Answer;
    PfError error = PfError::None;
    std::uint16_t status = 0;
    std::uint32_t ticket = 0;
    std::uint32_t dw0 = 0;
    std::uint32_t dw1 = 0;
    const std::uint8_t* bytes = nullptr;
};

/// Effects: Submit{ticket, token = TrackCommand, token2 = granularity of a Start, length = bytes
/// that a Receive brings}; Call: what the buffer of the Receive at hand says was written, now;
/// Reply{ticket, token = errno}: of a report that failed all memory counts as written.
void step(MemoryLog& log, const MemoryLogEvent& event, const spec::Rules& rules, Effects& effects);

/// The SQE of a Submit effect, without CID and PRPs.
wire::Sqe command(const MemoryLog& log, const Effect& submit, const spec::Rules& rules);

/// The rows of the machine, for diagrams and coverage; the bytes of its states are TrackStates.
fsm::ArcList memory_log_arcs();

}  // namespace lmsim::host
