#include "sim/host/vmm_pair.hpp"

// What Cloud Hypervisor does otherwise: the whole snapshot, with the state of all devices, is one
// message.

namespace lmsim::sim {

using host::vmm::Message;

const host::vmm::Flow& VmmPair::flow(VmmSide side) const {
    if (side == VmmSide::Source) {
        return is_cloud() ? cloud_source_.control.flow : source_.control.flow;
    }
    return is_cloud() ? cloud_target_.control.flow : destination_.control.flow;
}

bool VmmPair::takes_messages() const {
    return is_cloud() ? host::vmm::ready_for_message(cloud_target_.control)
                      : host::vmm::ready_for_message(destination_.control);
}

/// Its clock is finer.
void VmmPair::step_cloud(VmmSide side, host::vmm::Event event, Effects& effects) {
    event.now_ns = vmm_time() / 1000;
    if (side == VmmSide::Source) {
        step_vmm(cloud_source_, metrics::Side::Source, event, effects);
    } else {
        step_vmm(cloud_target_, metrics::Side::Destination, event, effects);
    }
}

void VmmPair::send_state() {
    if (observer_ != nullptr) {
        observer_->sending(now(), VmmSide::Source);
    }
    Item item;
    item.message = Message::State;
    item.length = state_bytes_ + timing_.device_bytes;
    used_.device_state += state_bytes_;
    used_.other += timing_.device_bytes;
    const std::uint64_t bytes = item.length;
    const Ps gone = channel_.send(now(), bytes);
    send_item(std::move(item), gone);
    answer(VmmSide::Source, gone, sending_error(), bytes);
}

/// One block of a device's state; the answer says how many there are after it.
void VmmPair::write_blob(std::uint16_t index) {
    auto& blob = blobs_[index];
    if (blob.empty()) {
        answer(VmmSide::Destination, now());
        return;
    }
    loading_ = std::move(blob.front());
    blob.pop_front();
    if (faults_ != nullptr) {
        spoil_state(loading_);
    }
    device(VmmSide::Destination, index).write(loading_, [this, index](const VfioAnswer& from) {
        answer(VmmSide::Destination, now(), static_cast<std::int32_t>(from.error), from.value,
               blobs_[index].size());
    });
}

}  // namespace lmsim::sim
