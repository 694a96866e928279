#include "model/explore/world/memory_machine.hpp"

#include <algorithm>
#include <cstring>

#include "model/nvme/identify.hpp"
#include "model/spec/codes.hpp"
#include "model/spec/documents.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/nvm.hpp"
#include "model/wire/track.hpp"

namespace lmsim::explore {
namespace {

using check::Inv;
using host::MemoryLogEvent;

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint32_t start_ticket = 7;
constexpr std::uint32_t report_ticket = 8;
constexpr std::uint32_t stop_ticket = 9;
constexpr std::uint32_t structure_bytes = 24;  // of a Track Send: header and one range

nvme::Config device_of(const MemoryConfig& config) {
    nvme::Config device;
    device.queue_pairs = 1;
    device.queue_size = 8;
    device.contexts = 2;
    device.blocks = 1;
    device.granules_per_mc = config.coarse ? 2 : MemoryState::tracked_pages;
    return device;
}

MemoryLogEvent make_event(MemoryLogEvent::Kind kind, std::uint32_t ticket = 0) {
    MemoryLogEvent event;
    event.kind = kind;
    event.ticket = ticket;
    return event;
}

std::uint8_t number(MemoryOwner owner) { return static_cast<std::uint8_t>(owner); }

}  // namespace

const check::Invariant tracks_what_it_can = {
    "INV-TRACK-01",
    "memory is tracked where the device can",
    "A host that wants to know what a VF writes gets a device to track it that says it can.",
    "All memory counts as written: it is sent whole while the VM stands still.",
    spec::document::Base23,
    "8.1.13"};

MemoryMachine::MemoryMachine(const MemoryConfig& config, const spec::Rules& rules)
    : SmallMachine(device_of(config), rules), memory_config_(config) {
    LMSIM_ASSERT(objection(config).empty());
    identify();
}

/// What the controller says of tracking, through the driver's eyes.
void MemoryMachine::identify() {
    wire::IdentifyController id;
    nvme::describe_tracking(device_of(memory_config_), id);
    std::uint8_t page[wire::identify_size] = {};
    wire::encode(id, page, rules_);
    const auto read = wire::decode_identify_controller(page, sizeof page, driver_);
    LMSIM_ASSERT(read.ok());
    identified_ = *read;
}

void MemoryMachine::set_up(MemoryState& state) {
    begin(state);
    state.stale = all_pages();
    state.log.cntlid = cntlid;
    state.log.wanted = identified_.minmrtg;
    state.log.coarsest = identified_.maxmrtg;
    state.log.report = 16 + 16U * memory_config_.descriptors;
    bring_up();
    end();
}

void MemoryMachine::begin(MemoryState& state) {
    state_ = &state;
    use(state.device);
    const auto& tracking = state.device.subsystem.controller[1].tracking;
    tracked_.stop();
    if (!tracking.on) {
        return;
    }
    const wire::MemoryRange range{tracking.range[0].address, tracking.range[0].granules};
    const std::uint64_t granule = wire::granule_bytes(tracking.granularity);
    tracked_.start(tracking.granularity, &range, 1);
    if (state.turn != 0) {
        // A report of the granule before is what turns to this one.
        tracked_.mark(range.address + (state.turn - 1U) * granule, 1);
        tracked_.report(1, {true, false}, [](const wire::MemoryRange&) {});
    }
    for (std::uint32_t i = 0; i < range.granules; ++i) {
        if ((state.written >> i & 1) != 0) {
            tracked_.mark(range.address + i * granule, 1);
        }
    }
}

void MemoryMachine::end() {
    MemoryState& s = *state_;
    const auto& tracking = s.device.subsystem.controller[1].tracking;
    s.written = 0;
    s.turn = tracking.on ? s.turn : std::uint8_t{0};
    if (broken() == nullptr) {
        canonicalize(s);
    }
    if (!tracking.on) {
        return;
    }
    const std::uint64_t granule = wire::granule_bytes(tracking.granularity);
    tracked_.report(MemoryState::tracked_pages, {false, false},
                    [&](const wire::MemoryRange& range) {
                        const std::uint64_t first = (range.address - guest_completions) / granule;
                        for (std::uint64_t i = 0; i < range.granules; ++i) {
                            s.written |= static_cast<std::uint8_t>(1U << (first + i));
                        }
                    });
}

void MemoryMachine::start() {
    if ((identified_.trattr & wire::trattr_thmcs) == 0) {
        return started(false);
    }
    state_->phase = MemoryPhase::Starting;
    give(make_event(MemoryLogEvent::Kind::Start, start_ticket));
}

/// What became of the VMM's wish to have memory tracked.
void MemoryMachine::started(bool good) {
    state_->phase = good ? MemoryPhase::Running : MemoryPhase::Idle;
    if (good) {
        everything_again();
    } else if (memory_config_.tracks) {
        fell(&tracks_what_it_can);
    }
}

void MemoryMachine::read(std::uint8_t page) { guest_submits(page); }

void MemoryMachine::moved(std::uint32_t slot) { finish(1, slot); }

void MemoryMachine::executed(std::uint32_t slot) {
    if (state_->device.subsystem.controller[0].slot[slot].opcode == spec::opcode::AdminTrackSend) {
        bring_data(slot, structure_bytes);  // still there, from when it was fetched
    }
    finish(0, slot);
}

void MemoryMachine::report() {
    state_->asked_still = state_->phase == MemoryPhase::Still;
    give(make_event(MemoryLogEvent::Kind::Report, report_ticket));
}

void MemoryMachine::copy(std::uint8_t page) {
    const auto rest = static_cast<std::uint8_t>(~(1U << page));
    state_->to_copy &= rest;
    state_->stale &= rest;
}

void MemoryMachine::suspend() {
    state_->phase = MemoryPhase::Suspending;
    submit(number(MemoryOwner::Suspend));
}

void MemoryMachine::resume() {
    state_->phase = MemoryPhase::Resuming;
    submit(number(MemoryOwner::Resume));
}

void MemoryMachine::arrive() {
    state_->phase = MemoryPhase::Arrived;
    if (state_->stale != 0) {
        fell(invariant(Inv::PagesAreSent));
    }
}

void MemoryMachine::stop() {
    const bool there = state_->phase == MemoryPhase::Arrived;
    state_->phase = there ? MemoryPhase::Ending : MemoryPhase::Stopping;
    give(make_event(MemoryLogEvent::Kind::Stop, stop_ticket));
}

wire::Sqe MemoryMachine::entry_of_pf(const PfEntry& entry) const {
    wire::Sqe sqe;
    switch (static_cast<MemoryOwner>(state_->device.owner[entry.cid])) {
        case MemoryOwner::Suspend:
            sqe = encode(wire::MigrationSend::suspend(cntlid, wire::SuspendType::Suspend), driver_);
            break;
        case MemoryOwner::Resume: sqe = encode(wire::MigrationSend::resume(cntlid), driver_); break;
        default: {
            Effect effect;
            effect.token = entry.token;
            effect.length = entry.length;
            sqe = host::command(state_->log, effect, driver_);
            sqe.prp1 = pf_data;
        }
    }
    sqe.cid = entry.cid;
    return sqe;
}

wire::Sqe MemoryMachine::entry_of_guest(const GuestEntry& entry) const {
    wire::Sqe sqe = wire::encode_nvm(spec::opcode::NvmRead, 1, {0, 0, false});
    sqe.prp1 = guest_completions + entry.number * page_bytes;
    sqe.cid = entry.cid;
    return sqe;
}

void MemoryMachine::bring_data(std::uint32_t slot, std::uint32_t length) {
    const std::uint64_t granule = wire::granule_bytes(state_->log.granularity);
    const wire::MemoryRange range{
        guest_completions,
        static_cast<std::uint32_t>(MemoryState::tracked_pages * page_bytes / granule)};
    std::uint8_t bytes[structure_bytes] = {};
    LMSIM_ASSERT(length <= sizeof bytes && wire::track_memory_size(1, rules_) <= sizeof bytes);
    wire::encode_track_memory(state_->log.granularity, &range, 1, bytes, rules_);
    std::memcpy(data_of(slot), bytes, length);
}

/// A write of the VF to its VM's memory.
void MemoryMachine::written(std::uint64_t address, const Effect& effect) {
    const std::uint64_t page = (address - guest_completions) / page_bytes;
    if (address < guest_completions || page >= MemoryState::tracked_pages) {
        return fell(invariant(Inv::WritesInside));
    }
    state_->stale |= static_cast<std::uint8_t>(1U << page);
    if (nvme::is_tracked_write(effect.kind, rules_)) {
        tracked_.mark(address, effect.length);
    }
}

void MemoryMachine::posted(const Effect& effect) {
    if (effect.function == 1) {
        return written(effect.address, effect);
    }
    if (effect.kind == EffectKind::WriteMemory) {
        take_report(data_of(nvme::Ticket::slot(effect.ticket)), effect.length);
    }
}

/// A report stands in the host's buffer; where it ended the next one begins.
void MemoryMachine::take_report(const std::uint8_t* bytes, std::uint64_t length) {
    LMSIM_ASSERT(length <= MemoryState::report_bytes);
    std::fill(std::begin(state_->report), std::end(state_->report), std::uint8_t{0});
    std::memcpy(state_->report, bytes, length);
    const auto view = wire::TrackedMemoryView::parse(bytes, length, rules_);
    if (!view || view->count() == 0 || rules_.value(spec::Id::TrackedTakesTurns) == 0) {
        return;
    }
    const auto& tracking = state_->device.subsystem.controller[1].tracking;
    const std::uint64_t granule = wire::granule_bytes(tracking.granularity);
    const wire::MemoryRange last = (*view)[view->count() - 1];
    const std::uint64_t end = (last.address - guest_completions) / granule + last.granules;
    state_->turn = end < tracking.range[0].granules ? static_cast<std::uint8_t>(end) : 0;
}

void MemoryMachine::complete() {
    std::uint8_t owner = 0;
    const PfCompletion completion = take_completion(owner);
    answer(static_cast<MemoryOwner>(owner), completion);
}

void MemoryMachine::answer(MemoryOwner owner, const PfCompletion& completion) {
    MemoryState& s = *state_;
    const bool good = completion.status == 0;
    if (owner == MemoryOwner::Suspend) {
        s.phase = good ? MemoryPhase::Still : MemoryPhase::Running;
        s.complete = false;
        return;
    }
    if (owner == MemoryOwner::Resume) {
        s.phase = good ? MemoryPhase::Running : MemoryPhase::Still;
        return;
    }
    MemoryLogEvent event = make_event(MemoryLogEvent::Kind::Answer, s.log.number);
    event.status = completion.status;
    event.dw0 = completion.dw0;
    event.dw1 = completion.dw1;
    event.bytes = s.report;
    give(event);
}

void MemoryMachine::give(const MemoryLogEvent& event) {
    flow_effects_.clear();
    host::step(state_->log, event, driver_, flow_effects_);
    for (const Effect& effect : flow_effects_) {
        switch (effect.kind) {
            case EffectKind::Submit: submit(number(MemoryOwner::Track), effect); break;
            case EffectKind::Call: told(); break;
            case EffectKind::Reply: replied(effect); break;
            default: LMSIM_ASSERT(!"not an effect of this flow");
        }
    }
}

/// What the report says was written is copied again.
void MemoryMachine::told() {
    const auto view = wire::TrackedMemoryView::parse(state_->report, state_->log.report, rules_);
    LMSIM_ASSERT(view.ok());
    const std::uint64_t pages = wire::granule_bytes(view->header().granularity) / page_bytes;
    for (std::uint64_t i = 0; i < view->count(); ++i) {
        const wire::MemoryRange range = (*view)[i];
        const std::uint64_t first = (range.address - guest_completions) / page_bytes;
        for (std::uint64_t page = first;
             page < first + range.granules * pages && page < MemoryState::tracked_pages; ++page) {
            state_->to_copy |= static_cast<std::uint8_t>(1U << page);
        }
    }
    state_->to_copy &= all_pages();
}

void MemoryMachine::replied(const Effect& reply) {
    MemoryState& s = *state_;
    const bool good = reply.token == 0;
    switch (reply.ticket) {
        case start_ticket: started(good); break;
        case report_ticket:
            if (!good) {
                everything_again();  // all memory counts as written
            }
            s.complete = s.complete || s.asked_still;
            s.asked_still = false;
            break;
        case stop_ticket:
            s.complete = false;
            if (s.phase == MemoryPhase::Ending) {
                s.phase = MemoryPhase::Over;
                break;
            }
            // The next migration begins with nothing.
            s.phase = MemoryPhase::Idle;
            s.to_copy = 0;
            s.stale = all_pages();
            break;
        default: LMSIM_ASSERT(!"a reply to nobody");
    }
}

void canonicalize(MemoryState& state) {
    canonicalize(state.device);
    state.log.number = state.log.number == 0 ? 0 : 1;
    const bool reads = state.log.state == host::TrackState::Reporting;
    if (!reads) {
        std::fill(std::begin(state.report), std::end(state.report), std::uint8_t{0});
    }
    if (state.log.state == host::TrackState::Off) {
        state.log.granularity = 0;
        state.log.number = 0;
    }
}

}  // namespace lmsim::explore
