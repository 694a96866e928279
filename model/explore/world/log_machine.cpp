#include "model/explore/world/log_machine.hpp"

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/cdq.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/nvm.hpp"

// The device's half of a LogMachine.
namespace lmsim::explore {
namespace {

using check::Inv;
using check::What;

constexpr std::uint64_t cdq_memory = 0x50000;

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
    : SmallMachine(device_of(config), rules), log_config_(config), ring_page_(cdq_memory) {
    LMSIM_ASSERT(objection(config).empty());
    wire::store_le(list_, cdq_memory);
    // What a Create with a list brings, whatever its slot: the queue's page, and the list's.
    for (std::uint32_t slot = 0; slot < SmallBounds::slots; ++slot) {
        wire::store_le(data_of(slot), cdq_memory);
        wire::store_le(data_of(slot) + 8, pf_data);
    }
}

void LogMachine::set_up(LogState& state) {
    begin(state);
    state.stale = all_blocks();
    host::Udmq& log = state.log;
    log.cntlid = cntlid;
    log.entries = log_config_.entries;
    log.batch = log_config_.batch;
    log.base = log_config_.contiguous ? cdq_memory : pf_data;
    log.contiguous = log_config_.contiguous;
    log.poll = log_config_.polled ? 1 : 0;
    log.dudmq = log_config_.dudmq;
    dirty_ring();
    bring_up();
    submit(static_cast<std::uint8_t>(LogOwner::Event));
    end();
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
void LogMachine::after_step() {
    const nvme::Cdq& after = state_->device.subsystem.cdq[0];
    const bool was = before_.life != 0;
    const bool is = after.life != 0;
    if (!was && is) {
        observe(What::CdqCreated, after.entries);
    } else if (was && !is) {
        observe(What::CdqDeleted);
    } else if (was && before_.head != after.head) {
        observe(What::CdqHead, after.head);
    }
}

void LogMachine::posted(const Effect& effect) {
    if (effect.kind != EffectKind::PostCdqe) {
        return;
    }
    const std::uint64_t slot = (effect.address - cdq_memory) / LogState::entry_bytes;
    if (effect.address < cdq_memory || slot >= log_config_.entries) {
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

wire::Sqe LogMachine::entry_of_pf(const PfEntry& entry) const {
    wire::Sqe sqe;
    switch (static_cast<LogOwner>(state_->device.owner[entry.cid])) {
        case LogOwner::Event: sqe = encode(wire::Aer{}, driver_); break;
        case LogOwner::Suspend:
            sqe = encode(
                wire::MigrationSend::suspend(cntlid, wire::SuspendType::Suspend, state_->log.dudmq),
                driver_);
            break;
        case LogOwner::Resume: sqe = encode(wire::MigrationSend::resume(cntlid), driver_); break;
        default: {
            Effect effect;
            effect.token = entry.token;
            effect.address = entry.address;
            effect.length = entry.length;
            sqe = host::command(state_->log, effect, driver_);
        }
    }
    sqe.cid = entry.cid;
    return sqe;
}

wire::Sqe LogMachine::entry_of_guest(const GuestEntry& entry) const {
    wire::Sqe sqe = wire::encode_nvm(spec::opcode::NvmWrite, 1, {entry.number, 0, false});
    sqe.prp1 = guest_data;
    sqe.cid = entry.cid;
    return sqe;
}

void LogMachine::write(std::uint8_t block) { guest_submits(block); }

void LogMachine::written(std::uint32_t slot) {
    const std::uint64_t block = state_->device.subsystem.controller[1].slot[slot].slba;
    state_->stale |= static_cast<std::uint8_t>(1U << block);
    finish(1, slot);
}

}  // namespace lmsim::explore
