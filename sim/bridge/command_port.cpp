#include "sim/bridge/command_port.hpp"

namespace lmsim::sim {

CommandPort::CommandPort(DevicePort& port, std::uint32_t admin_entries, std::uint16_t pairs,
                         std::uint32_t entries, std::uint32_t cq_entries)
    : port_(&port), queues_(pairs + std::size_t{1}) {
    for (std::uint16_t id = 0; id <= pairs; ++id) {
        const std::uint32_t submission = id == 0 ? admin_entries : entries;
        const bool same = id == 0 || cq_entries == 0;
        queues_[id].pair = QueuePair(port, id, submission, same ? submission : cq_entries);
    }
    clear();
}

void CommandPort::clear() {
    for (std::uint16_t id = 0; id < queues_.size(); ++id) {
        queues_[id].pair.clear();
        open(id);
    }
}

void CommandPort::open(std::uint16_t id) {
    Queue& queue = queues_[id];
    const std::uint32_t cids = queue.pair.entries() - 1;
    queue.cids = static_cast<std::uint16_t>(cids);
    queue.owners.clear();
    queue.owners.reserve(cids);
    queue.free = cids != 0 ? 0 : none;
}

void CommandPort::close() {
    for (Queue& queue : queues_) {
        queue.free = none;
    }
}

void CommandPort::enable() {
    const QueuePair& admin = queues_[0].pair;
    const std::uint64_t size = admin.entries() - std::uint64_t{1};
    port_->write(reg::AQA, size << 16 | size, 4);
    port_->write(reg::ASQ, admin.sq_base(), 8);
    port_->write(reg::ACQ, admin.cq_base(), 8);
    port_->write(reg::CC, reg::cc::enabled, 4);
}

void CommandPort::move(DevicePort& port) {
    port_ = &port;
    for (Queue& queue : queues_) {
        queue.pair.move(port);
    }
}

}  // namespace lmsim::sim
