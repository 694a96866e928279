#include "model/explore/world/small_machine.hpp"

#include <algorithm>

#include "model/nvme/registers.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/cqe.hpp"

namespace lmsim::explore {
namespace {

constexpr std::uint64_t pf_queue = 0x10000;
constexpr std::uint64_t vf_admin_queue = 0x20000;
constexpr std::uint64_t vf_queue = 0x30000;
constexpr std::uint64_t completions = 0x8000;  // of an admin queue, behind its commands
constexpr std::uint32_t enabled = 0x0046'0001;
constexpr std::uint32_t vf_admin_entries = 4;

constexpr std::uint8_t bit(std::uint64_t number) { return static_cast<std::uint8_t>(1U << number); }

}  // namespace

std::uint8_t* SmallMachine::data(std::uint16_t, std::uint32_t slot, std::uint32_t length) {
    LMSIM_ASSERT(length <= data_bytes);
    return data_of(slot);
}

void SmallMachine::write_property(std::uint16_t function, std::uint64_t address,
                                  std::uint64_t value) {
    nvme::Event event;
    event.kind = nvme::Event::Kind::Register;
    event.function = function;
    event.address = address;
    event.value = value;
    step(event);
}

void SmallMachine::enable(std::uint16_t function, std::uint64_t queue, std::uint32_t size) {
    write_property(function, nvme::property::AQA, (size - 1) | (size - 1) << 16);
    write_property(function, nvme::property::ASQ, queue);
    write_property(function, nvme::property::ACQ, queue + completions);
    write_property(function, nvme::property::CC, enabled);
}

void SmallMachine::setup_command(const wire::Sqe& sqe) {
    setup_ = &sqe;
    ring(1, 0, (device_->subsystem.controller[1].sq[0].tail + 1) % vf_admin_entries);
    setup_ = nullptr;
}

void SmallMachine::bring_up() {
    initialize(device_->subsystem, config_, 1);
    setting_up_ = true;
    enable(0, pf_queue, SmallDevice::pf_entries);
    enable(1, vf_admin_queue, vf_admin_entries);
    wire::CreateCq cq;
    cq.qid = 1;
    cq.qsize = SmallDevice::vf_entries - 1;
    cq.prp1 = guest_completions;
    setup_command(encode(cq, rules_));
    wire::CreateSq sq;
    sq.qid = 1;
    sq.cqid = 1;
    sq.qsize = SmallDevice::vf_entries - 1;
    sq.prp1 = vf_queue;
    setup_command(encode(sq, rules_));
    setting_up_ = false;
}

void SmallMachine::later(const nvme::Event& event) {
    LMSIM_ASSERT(later_count_ < later_.size());
    later_[later_count_++] = event;
}

void SmallMachine::step(const nvme::Event& first) {
    later_count_ = 0;
    later(first);
    for (std::size_t i = 0; i < later_count_; ++i) {
        nvme::Event event = later_[i];
        do {
            before_step();
            effects_.clear();
            nvme::step(device_->subsystem, event, config_, rules_, *this, effects_);
            for (const Effect& effect : effects_) {
                perform(effect);
            }
            after_step();
            event.kind = nvme::Event::Kind::Continue;
        } while (device_->subsystem.more);
    }
}

void SmallMachine::perform(const Effect& effect) {
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
        case EffectKind::PostCdqe:
        case EffectKind::TransferOut:
        case EffectKind::WriteMemory: return posted(effect);
        default: return;  // media waits to be chosen; the rest needs no answer
    }
}

void SmallMachine::fetch(const Effect& effect) {
    nvme::Event event;
    event.function = effect.function;
    event.ticket = effect.ticket;
    switch (static_cast<nvme::Read>(effect.token)) {
        case nvme::Read::CdqList: event.bytes = prp_list(); return later(event);
        case nvme::Read::CommandData:
            bring_data(nvme::Ticket::slot(effect.ticket),
                       static_cast<std::uint32_t>(effect.length));
            return later(event);
        default: break;
    }
    wire::Sqe sqe;
    if (effect.function == 0) {
        sqe = entry_of_pf(device_->entry[(effect.address - pf_queue) / wire::Sqe::size]);
    } else if (effect.address >= vf_queue) {
        sqe = entry_of_guest(device_->guest[(effect.address - vf_queue) / wire::Sqe::size]);
    } else {
        sqe = *setup_;
    }
    std::uint8_t* bytes = fetched_[later_count_ % fetched_.size()].data();
    encode(sqe, bytes);
    event.bytes = bytes;
    later(event);
}

void SmallMachine::post_completion(const Effect& effect) {
    const wire::Cqe cqe = wire::from_words({effect.token, effect.token2});
    const auto queue = static_cast<std::uint16_t>(effect.token3);
    if (effect.function == 0) {
        LMSIM_ASSERT(device_->done < SmallDevice::pf_entries);
        device_->completion[device_->done++] = {static_cast<std::uint8_t>(cqe.cid), cqe.status,
                                                cqe.dw0, cqe.dw1};
    } else if (queue == 1) {
        device_->in_use &= static_cast<std::uint8_t>(~bit(cqe.cid));
        posted(effect);
    }
    nvme::Event taken;
    taken.kind = nvme::Event::Kind::CqDoorbell;
    taken.function = effect.function;
    taken.queue = queue;
    taken.value = device_->subsystem.controller[effect.function].cq[queue].tail;
    later(taken);
}

void SmallMachine::ring(std::uint16_t function, std::uint16_t queue, std::uint32_t tail) {
    nvme::Event event;
    event.kind = nvme::Event::Kind::SqDoorbell;
    event.function = function;
    event.queue = queue;
    event.value = tail;
    step(event);
}

void SmallMachine::submit(std::uint8_t owner, const Effect& effect) {
    SmallDevice& d = *device_;
    std::uint8_t cid = 0;
    while (d.owner[cid] != SmallDevice::nobody) {
        ++cid;
        LMSIM_ASSERT(cid < SmallDevice::pf_entries);
    }
    d.owner[cid] = owner;
    const std::uint32_t tail = d.subsystem.controller[0].sq[0].tail;
    d.entry[tail] = {cid, static_cast<std::uint8_t>(effect.token),
                     static_cast<std::uint8_t>(effect.address),
                     static_cast<std::uint8_t>(effect.length)};
    ring(0, 0, (tail + 1) % SmallDevice::pf_entries);
}

void SmallMachine::guest_submits(std::uint8_t number) {
    SmallDevice& d = *device_;
    const std::uint8_t cid = (d.in_use & 1) == 0 ? 0 : 1;
    d.in_use |= bit(cid);
    const std::uint32_t tail = d.subsystem.controller[1].sq[1].tail;
    d.guest[tail] = {cid, number};
    ring(1, 1, (tail + 1) % SmallDevice::vf_entries);
}

PfCompletion SmallMachine::take_completion(std::uint8_t& owner) {
    SmallDevice& d = *device_;
    LMSIM_ASSERT(d.done != 0);
    const PfCompletion completion = d.completion[0];
    std::copy(d.completion + 1, d.completion + d.done, d.completion);
    --d.done;
    owner = d.owner[completion.cid];
    d.owner[completion.cid] = SmallDevice::nobody;
    return completion;
}

void SmallMachine::finish(std::uint16_t function, std::uint32_t slot) {
    nvme::Event event;
    event.function = function;
    event.ticket = nvme::Ticket::make(slot, device_->subsystem.controller[function].generation);
    step(event);
}

}  // namespace lmsim::explore
