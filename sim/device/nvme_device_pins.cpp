#include "model/host/effect_name.hpp"
#include "model/wire/sqe.hpp"
#include "sim/device/nvme_device.hpp"

// Where the effects of a controller wait for others: see sim/pin/pins.hpp.

namespace lmsim::sim {

namespace effect = host::effect;

namespace {

constexpr std::size_t cid_at = 2;               // in a submission queue entry
constexpr std::uint8_t no_such_command = 0xff;  // vendor specific, and nobody's

unsigned host_of(metrics::Side side) { return side == metrics::Side::Destination ? 1 : 0; }

}  // namespace

/// Is the command still there, or has a reset taken it?
bool NvmeDevice::is_now(std::uint16_t function, std::uint32_t ticket) const {
    const auto& c = subsystem_->controller[function];
    const std::uint32_t slot = nvme::Ticket::slot(ticket);
    return slot < nvme::SimBounds::slots && c.slot[slot].stage != nvme::Stage::Free &&
           nvme::Ticket::make(slot, c.generation) == ticket;
}

/// Without a name: it cannot be pinned. The guest's commands are counted as they are fetched, those
/// of the PF as its driver submits them.
Occurrence NvmeDevice::effect_of(std::uint16_t function, std::uint32_t ticket, std::uint16_t cid,
                                 std::string_view what) {
    const std::uint32_t slot = nvme::Ticket::slot(ticket);
    if (function == 0) {
        Occurrence command = command_of_(cid);
        if (!command.effect.empty()) {
            command.effect += ' ' + std::string(what);
        }
        return command;
    }
    if (subsystem_->controller[function].slot[slot].sqid == 0) {
        return {};
    }
    return {effect::of_vf(host_of(side_), function - 1U, what), nth_[{function, slot}]};
}

bool NvmeDevice::stops(const DownItem& item) {
    const bool entry = item.what == static_cast<std::uint8_t>(nvme::Read::Sqe);
    const bool data =
        item.what == static_cast<std::uint8_t>(nvme::Read::CommandData) || item.what == read_data;
    if ((!entry && !data) || !is_now(item.function, item.ticket)) {
        return false;
    }
    const std::uint32_t slot = nvme::Ticket::slot(item.ticket);
    const nvme::Slot& command = subsystem_->controller[item.function].slot[slot];
    std::uint16_t cid = command.cid;
    if (entry && item.function == 0) {
        cid = wire::load_le<std::uint16_t>(functions_[0].memory->bytes(item.address + cid_at, 2));
    } else if (entry && command.sqid != 0 && held_.erase({item.function, slot}) == 0) {
        nth_[{item.function, slot}] = pins_->began() ? ++fetches_[item.function] : 0;
    }
    const Occurrence now =
        effect_of(item.function, item.ticket, cid, entry ? effect::fetched : effect::read);
    if (now.effect.empty()) {
        return false;
    }
    const Occurrence refusal = effect_of(item.function, item.ticket, cid, effect::refused);
    const bool refused = entry && item.function == 0 && pins_->is_due(refusal);
    if (pins_->stops(refused ? refusal : now, [this, item] { answer(item); })) {
        if (entry) {
            held_.insert({item.function, slot});
        }
        return true;
    }
    if (refused) {
        // There is no such command: that is what the controller finds in the ring.
        functions_[0].memory->bytes(item.address, 1)[0] = no_such_command;
    }
    return false;
}

bool NvmeDevice::stops(const Event& event) {
    const auto function = static_cast<std::uint16_t>(event.a);
    const auto ticket = static_cast<std::uint32_t>(event.b);
    if (!is_now(function, ticket)) {
        return false;
    }
    const std::uint32_t slot = nvme::Ticket::slot(ticket);
    const Occurrence now = effect_of(
        function, ticket, subsystem_->controller[function].slot[slot].cid, effect::executed);
    return !now.effect.empty() && pins_->stops(now, [this, event] { handle(event); });
}

}  // namespace lmsim::sim
