#include "sim/guest/vf_driver.hpp"

#include "model/wire/admin.hpp"
#include "sim/guest/guest.hpp"

namespace lmsim::sim {

namespace {

constexpr std::uint32_t admin_entries = 32;
constexpr std::uint64_t boot_owner = 0;
constexpr std::uint64_t aer_owner = 1;

}  // namespace

VfDriver::VfDriver(Guest& guest, DevicePort& port, std::uint16_t index, std::uint16_t pairs,
                   std::uint32_t entries, std::uint64_t largest_transfer)
    : guest_(guest),
      commands_(port, admin_entries, pairs, entries),
      index_(index),
      largest_transfer_(largest_transfer),
      identify_buffer_(port.allocate(page_size)),
      queues_(pairs + std::size_t{1}) {}

void VfDriver::boot() {
    commands_.port().set_client(this);
    commands_.port().enable_interrupts(true);
    commands_.enable();
    poll();
}

void VfDriver::poll() { commands_.port().read(reg::CSTS, 4, 0); }

void VfDriver::read_done(std::uint64_t /*token*/, std::uint64_t value) {
    if ((value & 1) != 0) {
        next_admin();
        return;
    }
    guest_.post_once(guest_.now() + guest_.timing_.ready_poll,
                     static_cast<std::uint32_t>(Guest::Kind::Poll), index_);
}

/// Identify, Number of Queues, then a completion and a submission queue for each pair.
wire::Sqe VfDriver::boot_command(std::uint32_t step) const {
    if (step == 0) {
        wire::Identify identify;
        identify.cns = static_cast<std::uint8_t>(rules_.value(spec::Id::CnsController));
        wire::Sqe sqe = wire::encode(identify, rules_);
        sqe.prp1 = identify_buffer_;
        return sqe;
    }
    if (step == 1) {
        const auto wanted = static_cast<std::uint16_t>(pairs() - 1);
        wire::SetFeatures set;
        set.fid = static_cast<std::uint8_t>(rules_.value(spec::Id::FeatureNumberOfQueues));
        set.cdw11 = wire::encode(wire::NumberOfQueues{wanted, wanted}, rules_);
        return wire::encode(set, rules_);
    }
    const auto id = static_cast<std::uint16_t>((step - 2) / 2 + 1);
    const QueuePair& pair = commands_.queue(id);
    const auto qsize = static_cast<std::uint16_t>(pair.entries() - 1);
    if (step % 2 == 0) {
        return wire::encode(wire::CreateCq{id, qsize, true, true, id, pair.cq_base()}, rules_);
    }
    return wire::encode(wire::CreateSq{id, qsize, true, 0, id, pair.sq_base()}, rules_);
}

/// The boot's commands one after the other, each waits for its completion; last an AER, which waits
/// for an event.
void VfDriver::next_admin() {
    const std::uint32_t step = boot_step_++;
    const bool last = step == 2U + 2U * pairs();
    wire::Sqe sqe = last ? wire::encode(wire::Aer{}, rules_) : boot_command(step);
    commands_.submit(0, sqe, last ? aer_owner : boot_owner);
    if (last) {
        ready_ = true;
        guest_.vf_ready(true);
    }
}

void VfDriver::admin_interrupt() {
    const auto take = [this](std::uint64_t owner, const wire::Cqe& cqe) {
        if (ready_ || owner == aer_owner) {
            return;
        }
        if (cqe.status == 0) {
            next_admin();
        } else {
            guest_.vf_ready(false);
        }
    };
    commands_.reap(0, take, [](const wire::Cqe&) {});
}

void VfDriver::move(DevicePort& port) {
    port.set_client(this);
    commands_.move(port);
}

void VfDriver::interrupt(std::uint32_t vector) { guest_.interrupt(index_, vector); }

}  // namespace lmsim::sim
