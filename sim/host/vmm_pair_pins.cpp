#include "model/host/effect_name.hpp"
#include "sim/host/vmm_pair.hpp"

// Where the VMMs wait because of pins, and what befalls their channel when a pin wishes it.

namespace lmsim::sim {

namespace effect = host::effect;
using host::vmm::Call;
using host::vmm::Message;

namespace {

unsigned host_of(VmmSide side) { return side == VmmSide::Destination ? 1 : 0; }

int device_of(std::uint16_t device) { return device == host::vmm::no_device ? -1 : device; }

}  // namespace

std::string VmmPair::effect_of(VmmSide side, const Effect& call) {
    return effect::of_call(host_of(side), static_cast<Call>(call.token),
                           static_cast<Message>(call.token2), device_of(call.function));
}

/// Messages keep their order: behind one that waits all do.
bool VmmPair::stops_message(VmmSide side, const Item& item) {
    bool& held = side == VmmSide::Source ? back_held_ : inbox_held_;
    if (held) {
        return true;
    }
    held = pins_->stops(effect::of_message(host_of(side), item.message, device_of(item.device)),
                        [this, side] {
                            if (side == VmmSide::Source) {
                                back_held_ = false;
                                take_back();
                            } else {
                                inbox_held_ = false;
                                deliver();
                            }
                        });
    return held;
}

bool VmmPair::stops_closing() {
    if (!inbox_held_) {
        inbox_held_ = pins_->stops(effect::of_vmm(1, effect::finds_closed), [this] {
            inbox_held_ = false;
            deliver();
        });
    }
    return inbox_held_;
}

/// Both ends find out: the destination that its channel is closed, the source that the return path
/// is.
void VmmPair::cut() {
    cut_ = true;
    wire_.clear();
    inbox_.clear();
    untaken_ = 0;
    back_wire_.clear();
    back_inbox_.clear();
    sending_.clear();
    closed_ = true;
    deliver();
    if (config_.return_path) {
        asks_destination_ = has_all_ && timing_.managed;
        if (asks_destination_) {
            look_at_destination();
        } else {
            hear_shut(vfio::Errno::Io);
        }
    }
}

/// What the source hears last, instead of the destination's own answer.
void VmmPair::hear_shut(vfio::Errno error) {
    Item item;
    item.message = is_cloud() && error == vfio::Errno::Ok ? Message::Ok : Message::Shut;
    item.error = static_cast<std::int32_t>(error);
    back_inbox_.push_back(std::move(item));
    take_back();
}

/// The connection has broken, and the destination had all that it needs to start the VM: neither
/// VMM can know of the other. Who manages both hosts can, once the destination has come to an end.
void VmmPair::look_at_destination() {
    const auto& there = flow(VmmSide::Destination);
    if (asks_destination_ && there.finished) {
        asks_destination_ = false;
        hear_shut(there.outcome == host::vmm::Outcome::Completed ? vfio::Errno::Ok
                                                                 : vfio::Errno::Io);
    }
}

bool VmmPair::damage() {
    for (std::deque<Item>* way : {&inbox_, &wire_}) {
        for (Item& item : *way) {
            if (item.message == Message::DeviceData && item.bytes.size() >= 4) {
                item.bytes.resize(item.bytes.size() - 4);
                item.length -= 4;
                return true;
            }
        }
    }
    return damage_packet();
}

}  // namespace lmsim::sim
