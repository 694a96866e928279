#include "model/explore/rfc/moved_vm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/explore/world/config.hpp"
#include "model/host/rfc/driver_rules.hpp"
#include "model/nvme/machines.hpp"
#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/nvm.hpp"
#include "model/wire/virtualization.hpp"

namespace lmsim::explore {
namespace {

using check::Inv;
using host::FlowEvent;
using host::FlowStep;
using spec::Id;
using vfio::Errno;
using vfio::MigState;

constexpr std::uint64_t largest_state = 32768;
constexpr std::uint16_t pairs = 2;
constexpr std::uint64_t end_bytes = 24;  // what a state that was cut lacks: one queue's

nvme::Config device_of(const MoveBounds& bounds) {
    nvme::Config config;
    config.queue_pairs = pairs;
    config.queue_size = QueueDriver::entries;
    config.contexts = 2;
    config.blocks = 64;
    config.vendor_bytes = bounds.vendor_bytes;
    config.mdts = bounds.mdts;
    config.track_memory = false;
    return config;
}

/// The rules of a device of this VM's.
spec::Rules dialect(const MoveBounds& bounds, spec::Rules rules, bool lists_both) {
    if (bounds.two_versions) {
        rules.set_value(Id::NvmeStateVersion, 1);
        rules.set_value(Id::NvmeStateBody, 1);
        rules.set_value(Id::NvmeStateHeaderSize, 16);
        rules.set_on(Id::FormatsListVersion0, lists_both);
    }
    return rules;
}

const char* name_of(FlowStep step) {
    switch (step) {
        case FlowStep::Notify: return "Suspend (notification)";
        case FlowStep::Suspend: return "Suspend";
        case FlowStep::ReadHeader: return "Get Controller State (header)";
        case FlowStep::ReadState: return "Get Controller State";
        case FlowStep::LoadState: return "Set Controller State";
        case FlowStep::Resume: return "Resume";
        case FlowStep::Idle: break;
    }
    return "nothing";
}

}  // namespace

MovedVm::Side::Side(const char* called, const nvme::Config& config, const spec::Rules& rules)
    : name(called), bench(1, config), taken(host::driver_rules(rules)) {
    bench.rules = rules;
    pf.enable();
    flow.piece = 4096U << config.mdts;
    flow.limit = largest_state;
    const auto list = identify(Id::CnsSecondaryControllers);
    const auto secondaries = wire::SecondaryListView::parse(list.data(), list.size(), taken);
    LMSIM_ASSERT(secondaries.ok());
    flow.cntlid = host::cntlid_of((*secondaries)[0], taken);
    const auto page = identify(Id::CnsControllerStateFormats);
    const auto formats = wire::StateFormatsView::parse(page.data(), page.size(), taken);
    LMSIM_ASSERT(formats.ok());
    host::choose_formats(flow, *formats, taken);
}

std::vector<std::uint8_t> MovedVm::Side::identify(Id cns) {
    wire::Identify command;
    command.cns = static_cast<std::uint8_t>(bench.rules.value(cns));
    const auto done =
        pf.admin(pf.with_data(wire::encode(command, bench.rules), wire::identify_size));
    LMSIM_ASSERT(done.status == 0);
    return pf.memory().bytes(QueueDriver::data_address, wire::identify_size);
}

std::vector<std::uint8_t> MovedVm::Side::snapshot() {
    std::vector<std::uint8_t> bytes(largest_state);
    bytes.resize(nvme::snapshot(*bench.subsystem, 1, bench.config, bench.rules, bench.env(),
                                bytes.data(), bytes.size()));
    return bytes;
}

bool MovedVm::Side::suspended() {
    return nvme::is(bench.at(1).migration, nvme::Migration::Suspended);
}

MovedVm::MovedVm(const MoveBounds& bounds, const spec::Rules& rules)
    : bounds_(bounds),
      source_("source", device_of(bounds), dialect(bounds, rules, true)),
      destination_("destination", device_of(bounds), dialect(bounds, rules, false)),
      guest_(source_.bench, 1) {
    guest_.enable();
    guest_.create_pairs(pairs);
    for (std::uint16_t qid = 1; qid <= pairs; ++qid) {
        guest_submits(qid);
    }
    guest_takes();
}

const MovedVm::Arc& MovedVm::arc() const {
    static constexpr Arc arcs[] = {
        {MigState::RUNNING, MigState::STOP, true},   {MigState::STOP, MigState::STOP_COPY, true},
        {MigState::RUNNING, MigState::STOP, false},  {MigState::STOP, MigState::RESUMING, false},
        {MigState::RESUMING, MigState::STOP, false}, {MigState::STOP, MigState::RUNNING, false},
        {MigState::STOP, MigState::RUNNING, true},
    };
    LMSIM_ASSERT(phase_ != Phase::Over);
    return arcs[static_cast<std::size_t>(phase_)];
}

std::vector<MoveStep> MovedVm::choices() const {
    std::vector<MoveStep> all;
    if (over()) {
        return all;
    }
    const bool may = bounds_.disturbed && !harmed_;
    const Side& side = at_hand();
    all.push_back(side.submitted ? MoveStep::Answer : MoveStep::Next);
    if (may && side.submitted) {
        all.push_back(MoveStep::Refused);
    }
    if (may && phase_ == Phase::Save) {
        all.push_back(MoveStep::Resumed);
        if (side.flow.step == FlowStep::ReadHeader) {
            all.push_back(MoveStep::Empty);
        }
    }
    if (may && phase_ == Phase::Load && !side.submitted) {
        all.push_back(MoveStep::Bare);
        all.push_back(MoveStep::Cut);
    }
    return all;
}

const check::Invariant* MovedVm::perform(MoveStep step) {
    switch (step) {
        case MoveStep::Next: next(); break;
        case MoveStep::Answer: answer(false); break;
        default: harmed_ = true; mishap(step);
    }
    return over() ? judge() : nullptr;
}

void MovedVm::mishap(MoveStep step) {
    switch (step) {
        case MoveStep::Refused: return answer(true);
        case MoveStep::Empty: empty_ = true; return answer(false);
        case MoveStep::Resumed: {
            const auto resume = wire::MigrationSend::resume(1);
            source_.pf.admin(wire::encode(resume, source_.bench.rules));
            return;
        }
        default: transmit(step); return next();
    }
}

/// What the source has saved arrives.
void MovedVm::transmit(MoveStep how) {
    std::vector<std::uint8_t> state =
        source_.pf.memory().bytes(QueueDriver::data_address, source_.flow.size);
    if (how == MoveStep::Cut) {
        state.resize(state.size() - std::min<std::size_t>(state.size(), end_bytes));
    } else if (how == MoveStep::Bare) {
        state.resize(std::min(state.size(), wire::state_header_size(source_.bench.rules)));
    }
    destination_.pf.memory().write(QueueDriver::data_address, state.data(), state.size());
    if (how == MoveStep::Bare) {
        empty_buffer(destination_);
    }
    FlowEvent written;
    written.kind = FlowEvent::Kind::Written;
    written.value = state.size();
    give(written);
}

/// The state at hand announces nothing.
void MovedVm::empty_buffer(Side& side) {
    for (const Id size : {Id::StateNvmecss, Id::StateVss}) {
        const spec::Place place = side.bench.rules.place(size);
        const std::vector<std::uint8_t> zeros(place.width / 8);
        side.pf.memory().write(QueueDriver::data_address + place.byte(), zeros.data(),
                               zeros.size());
    }
}

void MovedVm::next() {
    if (phase_ == Phase::Load && destination_.flow.size == 0) {
        transmit(MoveStep::Next);
    }
    if (phase_ == Phase::Start) {
        loaded_ = destination_.snapshot();
        destination_.bench.memory[1] = source_.bench.memory.at(1);  // the VM's has arrived
    }
    FlowEvent event;
    event.kind = FlowEvent::Kind::Arc;
    event.from = arc().from;
    event.to = arc().to;
    event.ticket = 1;
    give(event);
}

/// A step of the driver at hand.
void MovedVm::give(FlowEvent event) {
    Side& side = at_hand();
    const auto bytes = side.pf.memory().bytes(QueueDriver::data_address, side.flow.limit);
    event.bytes = bytes.data();
    Effects effects;
    host::step(side.flow, event, side.taken, effects);
    std::optional<Errno> error;
    for (const Effect& effect : effects) {
        if (effect.kind == EffectKind::Reply) {
            error = static_cast<Errno>(effect.token);
        } else {
            side.submitted = effect;
        }
    }
    if (error) {
        replied(*error);
    }
}

/// The device carries out what the driver asked for last, or refuses.
void MovedVm::answer(bool refused) {
    Side& side = at_hand();
    const Effect effect = *std::exchange(side.submitted, std::nullopt);
    wire::Sqe sqe = host::command(side.flow, effect, side.taken);
    if (effect.length != 0) {
        sqe = side.pf.with_data(sqe, effect.length, effect.address);
    }
    if (refused) {
        sqe.opcode = 0xff;  // vendor specific: there is no such command
    }
    const wire::Cqe cqe = side.pf.admin(sqe);
    if (empty_ && phase_ == Phase::Save && effect.address == 0) {
        empty_buffer(side);
    }
    FlowEvent event;
    event.ticket = effect.ticket;
    event.status = cqe.status;
    event.dw0 = cqe.dw0;
    give(event);
}

/// The VMM's call is done: what it does next.
void MovedVm::replied(Errno error) {
    if (error == Errno::Ok) {
        switch (phase_) {
            case Phase::Stop:
                guest_submits(1);  // its doorbell finds a VF that stands still
                break;
            case Phase::Start:
                arrived_ = true;
                guest_.move_to(destination_.bench);
                phase_ = Phase::Over;
                return;
            case Phase::Back: phase_ = Phase::Over; return;
            default: break;
        }
        phase_ = static_cast<Phase>(static_cast<int>(phase_) + 1);
    } else {
        phase_ = phase_ == Phase::Stop || phase_ == Phase::Back ? Phase::Over : Phase::Back;
    }
}

void MovedVm::guest_submits(std::uint16_t qid) {
    const auto read = wire::encode_nvm(spec::opcode::NvmRead, 1, {});
    const std::uint16_t cid = guest_.submit(qid, guest_.with_data(read, 512));
    outstanding_[std::uint32_t{qid} << 16 | cid] = 1;
}

void MovedVm::guest_takes() {
    Bench& bench = arrived_ ? destination_.bench : source_.bench;
    const bool ended = bench.run();
    LMSIM_ASSERT(ended);
    for (std::uint16_t qid = 1; qid <= pairs; ++qid) {
        for (const wire::Cqe& cqe : guest_.take(qid)) {
            --outstanding_[std::uint32_t{qid} << 16 | cqe.cid];
        }
    }
}

/// It is over: the guest uses both pairs of queues where it is, and waits.
const check::Invariant* MovedVm::judge() {
    if (arrived_ && source_.snapshot() != loaded_) {
        return check::invariant(Inv::StateIsLast);
    }
    if ((arrived_ ? destination_ : source_).suspended()) {
        return check::invariant(arrived_ ? Inv::OwnerHasDevices : Inv::AbortKeepsDevices);
    }
    for (std::uint16_t qid = 1; qid <= pairs; ++qid) {
        guest_submits(qid);
    }
    guest_takes();
    for (const auto& command : outstanding_) {
        if (command.second != 0) {
            return check::invariant(command.second < 0 ? Inv::CompletesOnce : Inv::CompletesAtAll);
        }
    }
    return arrived_ || harmed_ ? nullptr : &undisturbed_completes;
}

std::string MovedVm::describe(MoveStep step) const {
    const Side& side = at_hand();
    const std::string command =
        side.submitted ? name_of(static_cast<FlowStep>(side.submitted->token)) : "";
    switch (step) {
        case MoveStep::Next:
            return fmt::format("VMM: the {}'s VF to {}", side.name, vfio::to_string(arc().to));
        case MoveStep::Answer: return fmt::format("{}: {} is answered", side.name, command);
        case MoveStep::Refused: return fmt::format("{}: {} is refused", side.name, command);
        case MoveStep::Resumed: return "another program resumes the source's VF";
        case MoveStep::Empty:
            return fmt::format("{}: {} brings a state of nothing", side.name, command);
        case MoveStep::Bare: return "VMM: what arrives is a header that announces nothing";
        case MoveStep::Cut: break;
    }
    return "VMM: what arrives lacks its end";
}

}  // namespace lmsim::explore
