#include "model/wire/admin.hpp"
#include "model/wire/migration.hpp"
#include "sim/device/nvme_device.hpp"

// What goes wrong in a device, or on its link: sim/fault/classes.def.

namespace lmsim::sim {

namespace {

constexpr std::uint8_t no_opcode = 0xff;  // vendor specific, and nobody's

}  // namespace

/// A posted write is never overtaken: one that is late holds up all behind it.
bool NvmeDevice::loses_doorbell(std::uint16_t function) {
    if (function == 0) {
        return false;
    }
    if (strikes(Fault::DoorbellLost, function) != nullptr) {
        return true;
    }
    if (const FaultPlan* const late = strikes(Fault::DoorbellLate, function)) {
        down_.reserve(now(), late->length);
    }
    return false;
}

/// A command of a VF whose media are done: true if nothing more happens now.
bool NvmeDevice::spoils_completion(const Event& event) {
    const auto function = static_cast<std::uint16_t>(event.a);
    if (!is_now(function, static_cast<std::uint32_t>(event.b))) {
        return false;  // a reset has taken it
    }
    if (strikes(Fault::CompletionLost, function) != nullptr) {
        return true;
    }
    if (const FaultPlan* const late = strikes(Fault::CompletionLate, function)) {
        post_once(now() + late->length, event.kind, event.a, event.b);
        return true;
    }
    media_fails_ = strikes(Fault::MediaError, function) != nullptr;
    return false;
}

bool NvmeDevice::spoils_interrupt(const UpItem& item) {
    if (item.function == 0) {
        return strikes(Fault::AdminInterruptLost, 0) != nullptr;
    }
    if (strikes(Fault::MsixLost, item.function) != nullptr) {
        return true;
    }
    if (const FaultPlan* const again = strikes(Fault::MsixSpurious, item.function)) {
        post_once(now() + again->length, static_cast<std::uint32_t>(Kind::Interrupt), item.function,
                  item.token);
    }
    return false;
}

/// A controller that refuses a command finds another one in the ring.
void NvmeDevice::spoil_entry(const DownItem& item) {
    if (item.function != 0 || static_cast<nvme::Read>(item.what) != nvme::Read::Sqe ||
        !functions_[0].memory->has_bytes(item.address, item.length)) {
        return;
    }
    std::uint8_t* const entry = functions_[0].memory->bytes(item.address, item.length);
    const wire::Sqe sqe = wire::decode_sqe(entry);
    if (wire::is_migration_send(sqe, rules_) &&
        wire::decode_migration_send(sqe, rules_).operation ==
            wire::SendOperation::SetControllerState &&
        strikes(Fault::AdminRefused, 0) != nullptr) {
        entry[0] = no_opcode;
    }
}

/// An effect that a fault changes: true if it is not performed any more.
bool NvmeDevice::spoils(const Effect& effect) {
    if (effect.function != 0 && effect.kind == EffectKind::PostCqe) {
        if (const FaultPlan* const early = strikes(Fault::MsixOvertakes, effect.function)) {
            overtakes_ = true;
            post_once(now(), static_cast<std::uint32_t>(Kind::Interrupt), effect.function,
                      subsystem_->controller[effect.function].cq[effect.token3].vector);
            up_.reserve(now(), early->length);
        } else if (strikes(Fault::CompletionDoubled, effect.function) != nullptr) {
            complete_twice(effect);
            return true;
        }
    } else if (effect.kind == EffectKind::Interrupt && overtakes_) {
        overtakes_ = false;
        return true;
    } else if (effect.kind == EffectKind::PostCdqe && strikes(Fault::StalePhase, 0) != nullptr) {
        Effect stale = effect;
        const unsigned bit = rules_.place(spec::Id::UdmqCdqp).bit;
        std::uint64_t* const words[] = {&stale.token, &stale.token2, nullptr, &stale.token3};
        if (std::uint64_t* const word = words[bit / 64 % 4]) {
            *word ^= std::uint64_t{1} << bit % 64;
        }
        send_up(stale, link_times_.write(stale.length));
        return true;
    }
    return false;
}

/// The entry at hand comes once more in the next slot, if there is room for it.
void NvmeDevice::complete_twice(const Effect& effect) {
    track(effect);
    send_up(effect, link_times_.write(effect.length));
    posted(effect);
    nvme::Cq& cq = subsystem_->controller[effect.function].cq[effect.token3];
    if ((cq.tail + 1) % cq.size == cq.head) {
        return;
    }
    Effect again = effect;
    again.address = cq.base + again.length * cq.tail;
    // The phase tag is bit 16 of DW3.
    const std::uint64_t phase = std::uint64_t{1} << 48;
    again.token2 = cq.phase != 0 ? again.token2 | phase : again.token2 & ~phase;
    if (++cq.tail == cq.size) {
        cq.tail = 0;
        cq.phase ^= 1;
    }
    watch_.effect(again);
    send_up(again, link_times_.write(again.length));
}

/// How much longer an admin command of the PF takes; `lost`: for ever.
Ps NvmeDevice::lateness(const Effect& effect, bool& lost) {
    const Distribution& time = latency_of(effect);
    const bool suspend = &time == &params_.suspend;
    const bool resume = &time == &params_.resume;
    lost = (suspend && strikes(Fault::SuspendNever, 0) != nullptr) ||
           strikes(Fault::AdminLost, 0) != nullptr;
    Ps more = 0;
    for (const auto& [what, its] :
         {std::pair(Fault::SuspendLate, suspend), std::pair(Fault::ResumeLate, resume),
          std::pair(Fault::AdminLate, true)}) {
        const FaultPlan* const late = its ? strikes(what, 0) : nullptr;
        more += late != nullptr ? late->length : 0;
    }
    return more;
}

void NvmeDevice::retrain(std::uint64_t lanes) {
    PcieCost cost = params_.pcie;
    // params_ has the rate of all its lanes.
    cost.ps_numerator *= params_.lanes;
    cost.ps_denominator *= lanes;
    link_times_ = LinkTimes(cost);
}

void NvmeDevice::write_astray(std::uint16_t function, std::uint64_t page) {
    Effect effect;
    effect.kind = EffectKind::TransferOut;
    effect.function = function;
    effect.address = page * page_size;
    effect.length = page_size;
    nvme::Event nothing;
    nothing.function = function;
    watch_.begin(now(), nothing);
    watch_.stepped();
    watch_.effect(effect);
    watch_.ended();
    track(effect);
    send_up(effect, link_times_.write(effect.length));
}

}  // namespace lmsim::sim
