#include "sim/guest/vf_driver.hpp"

#include "model/wire/admin.hpp"
#include "sim/guest/guest.hpp"

namespace lmsim::sim {

namespace {

constexpr std::uint32_t admin_entries = 32;
constexpr std::uint16_t aer_cid = 31;
constexpr std::uint64_t cc_enable = 1 | 6U << 16 | 4U << 20;  // EN, IOSQES 64 B, IOCQES 16 B

}  // namespace

VfDriver::VfDriver(Guest& guest, DevicePort& port, std::uint16_t index, std::uint16_t pairs,
                   std::uint32_t entries, std::uint64_t largest_transfer)
    : guest_(guest), port_(&port), index_(index), largest_transfer_(largest_transfer) {
    queues_.resize(pairs + std::size_t{1});
    for (std::uint16_t id = 0; id <= pairs; ++id) {
        Queue& queue = queues_[id];
        queue.pair = QueuePair(port, id, id == 0 ? admin_entries : entries);
        const std::uint32_t cids = queue.pair.entries() - 1;
        queue.owners.resize(cids);
        for (std::uint32_t cid = cids; cid > 0; --cid) {
            queue.free.push_back(static_cast<std::uint16_t>(cid - 1));
        }
    }
    identify_buffer_ = port.allocate(page_size);
}

void VfDriver::boot() {
    port_->set_client(this);
    port_->enable_interrupts(true);
    port_->write(reg::AQA, (admin_entries - 1) << 16 | (admin_entries - 1), 4);
    port_->write(reg::ASQ, queues_[0].pair.sq_base(), 8);
    port_->write(reg::ACQ, queues_[0].pair.cq_base(), 8);
    port_->write(reg::CC, cc_enable, 4);
    poll();
}

void VfDriver::poll() { port_->read(reg::CSTS, 4, 0); }

void VfDriver::read_done(std::uint64_t /*token*/, std::uint64_t value) {
    if ((value & 1) != 0) {
        next_admin();
        return;
    }
    guest_.post_once(guest_.now() + guest_.timing_.ready_poll,
                     static_cast<std::uint32_t>(Guest::Kind::Poll), index_);
}

void VfDriver::submit_admin(wire::Sqe sqe) { queues_[0].pair.submit(sqe); }

/// The boot's commands one after the other; each waits for its completion.
void VfDriver::next_admin() {
    const std::uint32_t step = boot_step_++;
    wire::Sqe sqe;
    if (step == 0) {
        sqe = wire::encode(
            wire::Identify{static_cast<std::uint8_t>(rules_.value(spec::Id::CnsController))},
            rules_);
        sqe.prp1 = identify_buffer_;
    } else if (step == 1) {
        const auto wanted = static_cast<std::uint16_t>(pairs() - 1);
        wire::SetFeatures set;
        set.fid = static_cast<std::uint8_t>(rules_.value(spec::Id::FeatureNumberOfQueues));
        set.cdw11 = wire::encode(wire::NumberOfQueues{wanted, wanted});
        sqe = wire::encode(set, rules_);
    } else if (step < 2U + 2U * pairs()) {
        const auto id = static_cast<std::uint16_t>((step - 2) / 2 + 1);
        const QueuePair& pair = queues_[id].pair;
        const auto qsize = static_cast<std::uint16_t>(pair.entries() - 1);
        if (step % 2 == 0) {
            sqe = wire::encode(wire::CreateCq{id, qsize, true, true, id, pair.cq_base()}, rules_);
        } else {
            sqe = wire::encode(wire::CreateSq{id, qsize, true, 0, id, pair.sq_base()}, rules_);
        }
    } else {
        sqe = wire::encode(wire::Aer{}, rules_);
        sqe.cid = aer_cid;
        ++aers_;
        submit_admin(sqe);
        ready_ = true;
        guest_.vf_ready(true);
        return;
    }
    submit_admin(sqe);
}

void VfDriver::admin_interrupt() {
    queues_[0].pair.reap([&](const wire::Cqe& cqe) {
        if (cqe.cid == aer_cid) {
            --aers_;
            return;
        }
        if (ready_) {
            return;
        }
        if (cqe.status != 0) {
            guest_.vf_ready(false);
            return;
        }
        next_admin();
    });
}

void VfDriver::move(DevicePort& port) {
    port_ = &port;
    port.set_client(this);
    for (Queue& queue : queues_) {
        queue.pair.move(port);
    }
}

std::uint16_t VfDriver::take_cid(std::uint16_t queue, std::uint32_t job, std::uint32_t slot) {
    Queue& q = queues_[queue];
    LMSIM_ASSERT(!q.free.empty());
    const std::uint16_t cid = q.free.back();
    q.free.pop_back();
    q.owners[cid] = {job, slot, true};
    return cid;
}

CommandOwner VfDriver::release_cid(std::uint16_t queue, std::uint16_t cid) {
    Queue& q = queues_[queue];
    if (cid >= q.owners.size() || !q.owners[cid].used) {
        return {};
    }
    const CommandOwner owner = q.owners[cid];
    q.owners[cid].used = false;
    q.free.push_back(cid);
    return owner;
}

void VfDriver::interrupt(std::uint32_t vector) { guest_.interrupt(index_, vector); }

}  // namespace lmsim::sim
