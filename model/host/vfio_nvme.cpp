#include "model/host/vfio_nvme.hpp"

#include <algorithm>

#include "model/wire/controller_state.hpp"
#include "model/wire/migration.hpp"

namespace lmsim::host {
namespace {

using vfio::Errno;
using vfio::MigState;

/// The states in which the VF works; in all others its controller is suspended. P2P states are among
/// those: NVMe cannot stop peer-to-peer DMA alone, and a suspended controller's BAR still answers.
bool works(MigState state) { return state == MigState::RUNNING || state == MigState::PRE_COPY; }

void finish(VfioNvme& flow, Errno error, Effects& effects) {
    flow.step = FlowStep::Idle;
    Effect& reply = effects.push(EffectKind::Reply);
    reply.ticket = flow.arc;
    reply.token = static_cast<std::uint64_t>(error);
    reply.token2 = flow.size;
}

Effect& send(VfioNvme& flow, FlowStep step, Effects& effects) {
    flow.step = step;
    Effect& submit = effects.push(EffectKind::Submit);
    submit.token = static_cast<std::uint64_t>(step);
    submit.address = flow.offset;
    return submit;
}

/// The next piece of the state, out of the device or into it (HO-MIG-07).
void send_piece(VfioNvme& flow, FlowStep step, Effects& effects) {
    const std::uint64_t rest = flow.size - flow.offset;
    const std::uint64_t length = std::min<std::uint64_t>(rest, flow.piece);
    Effect& submit = send(flow, step, effects);
    submit.length = length;
    const bool first = flow.offset == 0;
    const bool last = length == rest;
    const wire::Seqind seqind = first ? (last ? wire::Seqind::Only : wire::Seqind::First)
                                      : (last ? wire::Seqind::Last : wire::Seqind::Middle);
    submit.token2 = static_cast<std::uint64_t>(seqind);
}

void read_header(VfioNvme& flow, const spec::Rules& rules, Effects& effects) {
    flow.offset = 0;
    flow.size = 0;
    send(flow, FlowStep::ReadHeader, effects).length = wire::state_header_size(rules);
}

/// HO-MIG-05: what came over the network is checked before the device sees it.
Errno check_incoming(const VfioNvme& flow, const FlowEvent& event, const spec::Rules& rules) {
    if (flow.size == 0 || event.bytes == nullptr) {
        return Errno::Invalid;
    }
    if (!rules.on(spec::Id::HostChecksHeader)) {
        return Errno::Ok;
    }
    const auto state = wire::ControllerStateView::parse(event.bytes, flow.size, rules);
    if (!state || state->size() != flow.size || !state->header().cp) {
        return Errno::Invalid;
    }
    const bool vendor_unknown = state->vendor_size() != 0 && flow.csuuidi == 0;
    return vendor_unknown ? Errno::Invalid : Errno::Ok;
}

void begin(VfioNvme& flow, const FlowEvent& event, const spec::Rules& rules, Effects& effects) {
    LMSIM_ASSERT(flow.step == FlowStep::Idle);
    flow.arc = event.ticket;
    flow.to = event.to;
    if (event.from == MigState::RUNNING && event.to == MigState::PRE_COPY) {
        send(flow, FlowStep::Notify, effects);
    } else if (works(event.from) && !works(event.to)) {
        send(flow, FlowStep::Suspend, effects);
    } else if (event.to == MigState::STOP_COPY) {
        read_header(flow, rules, effects);
    } else if (!works(event.from) && works(event.to)) {
        send(flow, FlowStep::Resume, effects);
    } else if (event.from == MigState::RESUMING) {
        const Errno error = check_incoming(flow, event, rules);
        if (error != Errno::Ok) {
            return finish(flow, error, effects);
        }
        flow.offset = 0;
        send_piece(flow, FlowStep::LoadState, effects);
    } else {
        if (event.to == MigState::RESUMING) {
            flow.size = 0;
        }
        finish(flow, Errno::Ok, effects);
    }
}

Errno failure(const FlowEvent& event) {
    switch (event.error) {
        case PfError::TimedOut: return Errno::TimedOut;
        case PfError::Again: return Errno::Again;
        case PfError::Reset: return Errno::Io;
        case PfError::None: break;
    }
    return event.status == 0 ? Errno::Ok : Errno::Io;
}

/// HO-MIG-03: a state is worth keeping only if the controller stood still all the while.
bool is_consistent(const FlowEvent& event, const spec::Rules& rules) {
    if (!rules.on(spec::Id::HostChecksCsup)) {
        return true;
    }
    wire::Cqe cqe;
    cqe.dw0 = event.dw0;
    return wire::decode_csup(cqe, rules);
}

void header_read(VfioNvme& flow, const FlowEvent& event, const spec::Rules& rules,
                 Effects& effects) {
    const auto header =
        wire::decode_state_header(event.bytes, wire::state_header_size(rules), rules);
    if (!header || (rules.on(spec::Id::HostChecksCsup) && !header->cp)) {
        return finish(flow, Errno::Io, effects);
    }
    const std::uint64_t size = wire::state_size(*header, rules);
    if (header->nvmecss == 0 || size > flow.limit) {
        return finish(flow, Errno::NoMemory, effects);
    }
    flow.size = size;
    flow.offset = 0;
    send_piece(flow, FlowStep::ReadState, effects);
}

void answered(VfioNvme& flow, const FlowEvent& event, const spec::Rules& rules, Effects& effects) {
    const Errno error = failure(event);
    if (error != Errno::Ok) {
        return finish(flow, error, effects);
    }
    switch (flow.step) {
        case FlowStep::Idle: return;
        case FlowStep::Notify:
        case FlowStep::Resume: return finish(flow, Errno::Ok, effects);
        case FlowStep::Suspend:
            // PRE_COPY -> STOP_COPY of a driver without P2P stops and saves in one arc.
            if (flow.to == MigState::STOP_COPY) {
                return read_header(flow, rules, effects);
            }
            return finish(flow, Errno::Ok, effects);
        case FlowStep::ReadHeader:
            if (!is_consistent(event, rules)) {
                return finish(flow, Errno::Io, effects);
            }
            return header_read(flow, event, rules, effects);
        case FlowStep::ReadState:
        case FlowStep::LoadState: break;
    }
    if (flow.step == FlowStep::ReadState && !is_consistent(event, rules)) {
        return finish(flow, Errno::Io, effects);
    }
    flow.offset = std::min<std::uint64_t>(flow.offset + flow.piece, flow.size);
    if (flow.offset == flow.size) {
        return finish(flow, Errno::Ok, effects);
    }
    send_piece(flow, flow.step, effects);
}

}  // namespace

void step(VfioNvme& flow, const FlowEvent& event, const spec::Rules& rules, Effects& effects) {
    switch (event.kind) {
        case FlowEvent::Kind::Arc: begin(flow, event, rules, effects); break;
        case FlowEvent::Kind::Answer:
            if (flow.step != FlowStep::Idle) {
                answered(flow, event, rules, effects);
            }
            break;
        case FlowEvent::Kind::Written: flow.size = event.value; break;
        case FlowEvent::Kind::Reset:
            if (flow.step != FlowStep::Idle) {
                finish(flow, Errno::Io, effects);
            }
            flow.size = 0;
            break;
    }
}

wire::Sqe command(const VfioNvme& flow, const Effect& submit, const spec::Rules& rules) {
    using wire::MigrationSend;
    switch (static_cast<FlowStep>(submit.token)) {
        case FlowStep::Notify:
            return encode(MigrationSend::suspend(flow.cntlid, wire::SuspendType::Notification),
                          rules);
        case FlowStep::Suspend:
            return encode(MigrationSend::suspend(flow.cntlid, wire::SuspendType::Suspend), rules);
        case FlowStep::Resume: return encode(MigrationSend::resume(flow.cntlid), rules);
        case FlowStep::LoadState:
            return encode(MigrationSend::set_controller_state(
                              flow.cntlid, static_cast<wire::Seqind>(submit.token2), flow.csvi,
                              flow.csuuidi, submit.address, submit.length / 4),
                          rules);
        case FlowStep::ReadHeader:
        case FlowStep::ReadState:
        case FlowStep::Idle: break;
    }
    wire::MigrationReceive receive;
    receive.cntlid = flow.cntlid;
    receive.csvi = flow.csvi;
    receive.csuuidi = flow.csuuidi;
    receive.offset = submit.address;
    receive.dwords = submit.length / 4;
    return encode(receive, rules);
}

}  // namespace lmsim::host
