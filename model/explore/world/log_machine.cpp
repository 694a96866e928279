#include "model/explore/world/log_machine.hpp"

#include <algorithm>
#include <cstring>

#include "model/nvme/registers.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/cdq.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/nvm.hpp"

namespace lmsim::explore {
namespace {

using check::Inv;
using check::What;

constexpr std::uint64_t pf_queue = 0x10000;
constexpr std::uint64_t vf_admin_queue = 0x20000;
constexpr std::uint64_t vf_queue = 0x30000;
constexpr std::uint64_t completions = 0x8000;  // of a queue, behind its commands
constexpr std::uint64_t ring = 0x50000;
constexpr std::uint64_t ring_list = 0x60000;
constexpr std::uint64_t user_data = 0x70000;
constexpr std::uint32_t enable = 0x0046'0001;
constexpr std::uint32_t vf_admin_entries = 4;
constexpr std::uint16_t cntlid = 1;

// Tickets of what the VMM asks of the flow.
constexpr std::uint32_t start_ticket = 7;
constexpr std::uint32_t suspend_ticket = 8;
constexpr std::uint32_t stop_ticket = 9;
constexpr std::uint32_t stale_number = 0x7fff;

constexpr std::uint8_t bit(std::uint64_t block) { return static_cast<std::uint8_t>(1U << block); }

nvme::Config device_of(const LogConfig& config) {
    nvme::Config device;
    device.queue_pairs = 1;
    device.queue_size = 8;
    device.contexts = 2;
    device.blocks = config.blocks;
    device.cdq_merge = config.merge;
    return device;
}

}  // namespace

LogMachine::LogMachine(const LogConfig& config, const spec::Rules& rules)
    : config_(config), rules_(rules), device_(device_of(config)), ring_page_(ring) {
    LMSIM_ASSERT(objection(config).empty());
    wire::store_le(list_, ring);
    // What a Create with a list brings: its page, and the page of the list.
    wire::store_le(scratch_.data(), ring);
    wire::store_le(scratch_.data() + 8, ring_list);
}

std::uint8_t* LogMachine::data(std::uint16_t, std::uint32_t, std::uint32_t length) {
    LMSIM_ASSERT(length <= scratch_.size());
    return scratch_.data();
}

void LogMachine::set_up(LogState& state) {
    begin(state);
    initialize(state.subsystem, device_, 1);
    state.stale = all_blocks();
    host::Udmq& log = state.log;
    log.cntlid = cntlid;
    log.entries = config_.entries;
    log.batch = config_.batch;
    log.base = config_.contiguous ? ring : ring_list;
    log.contiguous = config_.contiguous;
    log.poll = config_.polled ? 1 : 0;
    log.dudmq = config_.dudmq;
    dirty_ring();
    setting_up_ = true;
    const auto bring_up = [this](std::uint16_t function, std::uint64_t queue, std::uint32_t size) {
        const std::pair<std::uint64_t, std::uint64_t> writes[] = {
            {nvme::property::AQA, (size - 1) | (size - 1) << 16},
            {nvme::property::ASQ, queue},
            {nvme::property::ACQ, queue + completions},
            {nvme::property::CC, enable}};
        for (const auto& write : writes) {
            nvme::Event event;
            event.kind = nvme::Event::Kind::Register;
            event.function = function;
            event.address = write.first;
            event.value = write.second;
            step(event);
        }
    };
    bring_up(0, pf_queue, LogState::pf_entries);
    bring_up(1, vf_admin_queue, vf_admin_entries);
    wire::CreateCq cq;
    cq.qid = 1;
    cq.qsize = LogState::vf_entries - 1;
    cq.prp1 = vf_queue + completions;
    setup_command(encode(cq, rules_));
    wire::CreateSq sq;
    sq.qid = 1;
    sq.cqid = 1;
    sq.qsize = LogState::vf_entries - 1;
    sq.prp1 = vf_queue;
    setup_command(encode(sq, rules_));
    submit(LogOwner::Event);
    setting_up_ = false;
    canonicalize(state, rules_);
}

void LogMachine::setup_command(const wire::Sqe& sqe) {
    setup_ = &sqe;
    const std::uint32_t tail = state_->subsystem.controller[1].sq[0].tail;
    ring_sq(1, 0, (tail + 1) % vf_admin_entries);
    setup_ = nullptr;
}

void LogMachine::dirty_ring() {
    // As an earlier queue may have left it: entries of the first pass.
    wire::UdmqEntry entry;
    entry.nsid = 1;
    entry.blocks = 1;
    entry.phase = true;
    for (std::uint32_t slot = 0; slot < LogState::most_slots; ++slot) {
        encode(entry, state_->ring + LogState::entry_bytes * slot, rules_);
    }
    state_->ring_given = false;
}

void LogMachine::observe(What what, std::uint64_t value, std::uint64_t value2) {
    check::Observation o;
    o.what = what;
    o.value = value;
    o.value2 = value2;
    fell(on_data_queue(state_->queue, o));
}

/// What a step did to the queue besides posting.
void LogMachine::watch_queue(const nvme::Cdq& before) {
    const nvme::Cdq& after = state_->subsystem.cdq[0];
    const bool was = before.life != 0;
    const bool is = after.life != 0;
    if (!was && is) {
        observe(What::CdqCreated, after.entries);
    } else if (was && !is) {
        observe(What::CdqDeleted);
    } else if (was && before.head != after.head) {
        observe(What::CdqHead, after.head);
    }
}

void LogMachine::later(const nvme::Event& event) {
    LMSIM_ASSERT(later_count_ < later_.size());
    later_[later_count_++] = event;
}

void LogMachine::step(const nvme::Event& first) {
    later_count_ = 0;
    later(first);
    for (std::size_t i = 0; i < later_count_; ++i) {
        nvme::Event event = later_[i];
        do {
            const nvme::Cdq before = state_->subsystem.cdq[0];
            Effects effects;
            nvme::step(state_->subsystem, event, device_, rules_, *this, effects);
            for (const Effect& effect : effects) {
                perform(effect);
            }
            watch_queue(before);
            event.kind = nvme::Event::Kind::Continue;
        } while (state_->subsystem.more);
    }
}

void LogMachine::perform(const Effect& effect) {
    nvme::Event event;
    event.function = effect.function;
    event.ticket = effect.ticket;
    switch (effect.kind) {
        case EffectKind::ReadMemory: return fetch(effect);
        case EffectKind::TransferIn: return later(event);
        case EffectKind::Execute:
            if (setting_up_) later(event);
            return;
        case EffectKind::PostCqe: return post_completion(effect);
        case EffectKind::PostCdqe: return post_entry(effect);
        default: return;  // media waits to be chosen; the rest needs no answer
    }
}

void LogMachine::fetch(const Effect& effect) {
    nvme::Event event;
    event.function = effect.function;
    event.ticket = effect.ticket;
    if (static_cast<nvme::Read>(effect.token) == nvme::Read::CdqList) {
        event.bytes = list_;
        return later(event);
    }
    LMSIM_ASSERT(static_cast<nvme::Read>(effect.token) == nvme::Read::Sqe);
    wire::Sqe sqe;
    if (effect.function == 0) {
        sqe = entry_of_pf(state_->command[(effect.address - pf_queue) / wire::Sqe::size]);
    } else if (effect.address >= vf_queue) {
        sqe = entry_of_vf(state_->write[(effect.address - vf_queue) / wire::Sqe::size]);
    } else {
        sqe = *setup_;
    }
    // Answered before the next fetch.
    std::uint8_t* bytes = fetched_[later_count_ % fetched_.size()].data();
    encode(sqe, bytes);
    event.bytes = bytes;
    later(event);
}

void LogMachine::post_entry(const Effect& effect) {
    const std::uint64_t slot = (effect.address - ring) / LogState::entry_bytes;
    if (effect.address < ring || slot >= config_.entries) {
        return fell(invariant(Inv::WritesInside));
    }
    if (!state_->ring_given) {
        return fell(invariant(Inv::BufferIsAlive));
    }
    std::uint8_t* to = state_->ring + LogState::entry_bytes * slot;
    const std::uint64_t words[4] = {effect.token, effect.token2, 0, effect.token3};
    for (std::size_t i = 0; i < 4; ++i) {
        wire::store_le(to + 8 * i, words[i]);
    }
    observe(What::CdqPosted, slot, wire::udmq_phase(to, rules_) ? 1 : 0);
}

void LogMachine::post_completion(const Effect& effect) {
    const wire::Cqe cqe = wire::from_words({effect.token, effect.token2});
    const auto queue = static_cast<std::uint16_t>(effect.token3);
    if (effect.function == 0) {
        LMSIM_ASSERT(state_->done < LogState::pf_entries);
        state_->completion[state_->done++] = {static_cast<std::uint8_t>(cqe.cid), cqe.status,
                                              cqe.dw0, cqe.dw1};
    } else if (queue == 1) {
        state_->writing &= static_cast<std::uint8_t>(~bit(cqe.cid));
    }
    nvme::Event taken;
    taken.kind = nvme::Event::Kind::CqDoorbell;
    taken.function = effect.function;
    taken.queue = queue;
    taken.value = state_->subsystem.controller[effect.function].cq[queue].tail;
    later(taken);
}

void LogMachine::ring_sq(std::uint16_t function, std::uint16_t queue, std::uint32_t tail) {
    nvme::Event event;
    event.kind = nvme::Event::Kind::SqDoorbell;
    event.function = function;
    event.queue = queue;
    event.value = tail;
    step(event);
}

wire::Sqe LogMachine::entry_of_pf(const LogCommandEntry& entry) const {
    wire::Sqe sqe;
    switch (state_->owner[entry.cid]) {
        case LogOwner::Event: sqe = encode(wire::Aer{}, rules_); break;
        case LogOwner::Suspend:
            sqe = encode(
                wire::MigrationSend::suspend(cntlid, wire::SuspendType::Suspend, state_->log.dudmq),
                rules_);
            break;
        case LogOwner::Resume: sqe = encode(wire::MigrationSend::resume(cntlid), rules_); break;
        default: {
            Effect effect;
            effect.token = entry.token;
            effect.address = entry.address;
            effect.length = entry.length;
            sqe = host::command(state_->log, effect, rules_);
        }
    }
    sqe.cid = entry.cid;
    return sqe;
}

wire::Sqe LogMachine::entry_of_vf(const LogWrite& entry) const {
    wire::Sqe sqe = wire::encode_nvm(spec::opcode::NvmWrite, 1, {entry.block, 0, false});
    sqe.prp1 = user_data;
    sqe.cid = entry.cid;
    return sqe;
}

void LogMachine::submit(LogOwner owner, const Effect& effect) {
    LogState& s = *state_;
    std::uint8_t cid = 0;
    while (s.owner[cid] != LogOwner::None) {
        ++cid;
        LMSIM_ASSERT(cid < LogState::pf_entries);
    }
    s.owner[cid] = owner;
    const std::uint32_t tail = s.subsystem.controller[0].sq[0].tail;
    s.command[tail] = {cid, static_cast<std::uint8_t>(effect.token),
                       static_cast<std::uint8_t>(effect.address),
                       static_cast<std::uint8_t>(effect.length)};
    ring_sq(0, 0, (tail + 1) % LogState::pf_entries);
}

void LogMachine::write(std::uint8_t block) {
    LogState& s = *state_;
    const std::uint8_t cid = (s.writing & 1) == 0 ? 0 : 1;
    s.writing |= bit(cid);
    const std::uint32_t tail = s.subsystem.controller[1].sq[1].tail;
    s.write[tail] = {cid, block};
    ring_sq(1, 1, (tail + 1) % LogState::vf_entries);
}

void LogMachine::finish(std::uint16_t function, std::uint32_t slot) {
    const nvme::Controller<LogBounds>& c = state_->subsystem.controller[function];
    if (function == 1) {
        state_->stale |= bit(c.slot[slot].slba);
    }
    nvme::Event event;
    event.function = function;
    event.ticket = nvme::Ticket::make(slot, c.generation);
    step(event);
}

}  // namespace lmsim::explore
