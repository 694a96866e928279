#include "sim/guest/vf_driver.hpp"

#include "model/wire/admin.hpp"
#include "model/wire/namespace_lists.hpp"
#include "sim/guest/guest.hpp"

namespace lmsim::sim {

namespace {

constexpr std::uint32_t admin_entries = 32;
constexpr std::uint64_t boot_owner = 0;
constexpr std::uint64_t aer_owner = 1;
constexpr std::uint32_t namespaces_step = 2;
constexpr std::uint32_t first_queue_step = 3;

}  // namespace

VfDriver::VfDriver(Guest& guest, DevicePort& port, std::uint16_t index, std::uint16_t pairs,
                   std::uint32_t entries, std::uint32_t cq_entries, std::uint64_t largest_transfer)
    : guest_(guest),
      commands_(port, admin_entries, pairs, entries, cq_entries),
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

/// Identify, Number of Queues, the namespaces, then a completion and a submission queue for each
/// pair.
wire::Sqe VfDriver::boot_command(std::uint32_t step) const {
    if (step == 0 || step == namespaces_step) {
        const auto cns = step == 0 ? spec::Id::CnsController : spec::Id::CnsActiveNamespaces;
        wire::Identify identify;
        identify.cns = static_cast<std::uint8_t>(rules_.value(cns));
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
    const auto id = static_cast<std::uint16_t>((step - first_queue_step) / 2 + 1);
    const QueuePair& pair = commands_.queue(id);
    const auto qsize = static_cast<std::uint16_t>(pair.entries() - 1);
    if ((step - first_queue_step) % 2 == 0) {
        const auto cq_size = static_cast<std::uint16_t>(pair.cq_entries() - 1);
        return wire::encode(wire::CreateCq{id, cq_size, true, true, id, pair.cq_base()}, rules_);
    }
    return wire::encode(wire::CreateSq{id, qsize, true, 0, id, pair.sq_base()}, rules_);
}

/// The boot's commands one after the other, each waits for its completion; last an AER, which waits
/// for an event.
void VfDriver::next_admin() {
    const std::uint32_t step = boot_step_++;
    const bool last = step == first_queue_step + 2U * pairs();
    wire::Sqe sqe = last ? wire::encode(wire::Aer{}, rules_) : boot_command(step);
    commands_.submit(0, sqe, last ? aer_owner : boot_owner);
    if (last) {
        ready_ = true;
        guest_.vf_ready(true);
    }
}

/// CNS 02h has come; false if there is not enough to work with.
bool VfDriver::find_namespaces() {
    const std::uint8_t* page = commands_.port().memory().bytes(identify_buffer_, page_size);
    const auto list = wire::NamespaceListView::parse(page, page_size, rules_);
    nsids_.clear();
    for (std::size_t i = 0; list.ok() && i < list->count(); ++i) {
        nsids_.push_back((*list)[i]);
    }
    return nsids_.size() >= needed_;
}

void VfDriver::admin_interrupt() {
    const auto take = [this](std::uint64_t owner, const wire::Cqe& cqe) {
        if (ready_ || owner == aer_owner) {
            return;
        }
        const bool listed = boot_step_ == namespaces_step + 1;
        if (cqe.status == 0 && (!listed || find_namespaces())) {
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
