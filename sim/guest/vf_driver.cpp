#include "sim/guest/vf_driver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/namespace.hpp"
#include "model/wire/namespace_lists.hpp"
#include "sim/guest/guest.hpp"

namespace lmsim::sim {

namespace {

constexpr std::uint32_t admin_entries = 32;
constexpr std::uint64_t boot_owner = 0;
constexpr std::uint64_t aer_owner = 1;
constexpr std::uint32_t namespaces_step = 2;
constexpr std::uint32_t size_step = 3;  // of the first namespace, if sizes are asked for
constexpr std::uint32_t normal_shutdown = 1U << 14;                       // CC.SHN
constexpr std::uint32_t shutdown_complete = 2U << reg::csts::shst_shift;  // CSTS.SHST

}  // namespace

VfDriver::VfDriver(Guest& guest, DevicePort& port, std::uint16_t index, std::uint16_t pairs,
                   std::uint32_t entries, std::uint32_t cq_entries, std::uint64_t largest_transfer)
    : guest_(guest),
      commands_(port, admin_entries, pairs, entries, cq_entries),
      largest_transfer_(largest_transfer),
      index_(index),
      queues_(pairs + std::size_t{1}),
      identify_buffer_(port.allocate(page_size)) {}

void VfDriver::boot() {
    commands_.port().set_client(this);
    commands_.port().enable_interrupts(true);
    commands_.enable();
    poll();
}

void VfDriver::poll() { commands_.port().read(reg::CSTS, 4, try_); }

void VfDriver::poll_again(std::uint64_t of_try) {
    if (of_try == try_) {
        poll();  // else a later try has polls of its own
    }
}

void VfDriver::read_done(std::uint64_t token, std::uint64_t value) {
    if (token != try_) {
        return;
    }
    if (guest_.paused()) {
        look_again_ = true;
        return;
    }
    if (recovery_ == Recovery::Disabling || recovery_ == Recovery::ShuttingDown) {
        return disabled(value);
    }
    if ((value & 1) != 0) {
        next_admin();
        return;
    }
    guest_.post_once(guest_.now() + guest_.timing_.ready_poll,
                     static_cast<std::uint32_t>(Guest::Kind::Poll), index_, try_);
}

std::uint32_t VfDriver::first_queue_step() const {
    return size_step + static_cast<std::uint32_t>(expected_.size());
}

wire::Sqe VfDriver::identify(spec::Id cns, std::uint32_t nsid) const {
    wire::Identify command;
    command.cns = static_cast<std::uint8_t>(rules_.value(cns));
    wire::Sqe sqe = wire::encode(command, rules_);
    sqe.nsid = nsid;
    sqe.prp1 = identify_buffer_;
    return sqe;
}

/// Identify, Number of Queues, the namespaces, then a completion and a submission queue for each
/// pair.
wire::Sqe VfDriver::boot_command(std::uint32_t step) const {
    if (step == 0 || step == namespaces_step) {
        return identify(step == 0 ? spec::Id::CnsController : spec::Id::CnsActiveNamespaces);
    }
    if (step == 1) {
        const auto wanted = static_cast<std::uint16_t>(pairs() - 1);
        wire::SetFeatures set;
        set.fid = static_cast<std::uint8_t>(rules_.value(spec::Id::FeatureNumberOfQueues));
        set.cdw11 = wire::encode(wire::NumberOfQueues{wanted, wanted}, rules_);
        return wire::encode(set, rules_);
    }
    if (step < first_queue_step()) {
        return identify(spec::Id::CnsNamespace, nsids_[step - size_step]);
    }
    const auto id = static_cast<std::uint16_t>((step - first_queue_step()) / 2 + 1);
    const QueuePair& pair = commands_.queue(id);
    const auto qsize = static_cast<std::uint16_t>(pair.entries() - 1);
    if ((step - first_queue_step()) % 2 == 0) {
        const auto cq_size = static_cast<std::uint16_t>(pair.cq_entries() - 1);
        return wire::encode(wire::CreateCq{id, cq_size, true, true, id, pair.cq_base()}, rules_);
    }
    return wire::encode(wire::CreateSq{id, qsize, true, 0, id, pair.sq_base()}, rules_);
}

std::string VfDriver::name_of(std::uint32_t step) const {
    switch (step) {
        case 0: return "Identify Controller";
        case 1: return "Set Features (Number of Queues)";
        case namespaces_step: return "the list of its namespaces";
        default: break;
    }
    if (step < first_queue_step()) {
        return fmt::format("Identify Namespace {}", nsids_[step - size_step]);
    }
    const std::uint32_t queue = (step - first_queue_step()) / 2 + 1;
    return fmt::format("Create I/O {} Queue {}",
                       (step - first_queue_step()) % 2 == 0 ? "Completion" : "Submission", queue);
}

/// The boot's commands one after the other, each waits for its completion; last an AER, which waits
/// for an event.
void VfDriver::next_admin() {
    const std::uint32_t step = boot_step_++;
    const bool last = step == first_queue_step() + 2U * pairs();
    wire::Sqe sqe = last ? wire::encode(wire::Aer{}, rules_) : boot_command(step);
    commands_.submit(0, sqe, last ? aer_owner : boot_owner);
    if (last) {
        ready_ = true;
        guest_.learn_namespaces(index_);
        if (recovery_ == Recovery::None) {
            guest_.vf_ready(true);
        } else {
            recovery_ = Recovery::None;
            since_ = guest_.now();
            for (std::uint16_t queue = 1; queue <= pairs(); ++queue) {
                commands_.open(queue);
            }
            guest_.submit_again(index_);
        }
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
    const std::size_t needed = std::max(needed_, expected_.size());
    if (nsids_.size() < needed) {
        trouble_ = fmt::format("VF {} has {} namespace{}, the workload wants {}", index_,
                               nsids_.size(), nsids_.size() == 1 ? "" : "s", needed);
    }
    return nsids_.size() >= needed;
}

/// Does a device that may be any other one grant what was built for it?
bool VfDriver::grants(std::uint32_t step, const wire::Cqe& cqe) {
    if (expected_.empty()) {
        return true;
    }
    if (step == 1) {
        const wire::NumberOfQueues got = wire::decode_number_of_queues(cqe.dw0, rules_);
        const unsigned least = std::min(got.sqs, got.cqs) + 1U;
        if (least < pairs()) {
            trouble_ = fmt::format(
                "VF {} grants {} I/O queue pairs; hosts.src.device.queue_pairs wants {}", index_,
                least, pairs());
        }
        return least >= pairs();
    }
    const std::uint8_t* page = commands_.port().memory().bytes(identify_buffer_, page_size);
    const auto id = wire::decode_identify_controller(page, page_size, rules_);
    const bool limited = id.ok() && id->mdts != 0 && id->mdts < 32;
    if (limited && page_size << id->mdts < largest_transfer_) {
        trouble_ = fmt::format(
            "VF {} transfers at most {} bytes at once (MDTS); hosts.src.device.mdts is {}", index_,
            page_size << id->mdts, largest_transfer_);
    }
    return trouble_.empty();
}

/// CNS 00h of the n-th namespace has come.
bool VfDriver::fits(std::size_t n) {
    const std::uint8_t* page = commands_.port().memory().bytes(identify_buffer_, page_size);
    const auto id = wire::decode_identify_namespace(page, page_size, rules_);
    const std::uint64_t block = id.ok() ? std::uint64_t{1} << std::min<unsigned>(
                                              id->lbaf[id->format() % wire::lba_formats].lbads, 63)
                                        : 0;
    if (block != block_) {
        trouble_ =
            fmt::format("VF {}: namespace {} has blocks of {} bytes; hosts.both.device.block is {}",
                        index_, nsids_[n], block, block_);
    } else if (id->nsze < expected_[n] / block) {
        trouble_ = fmt::format(
            "VF {}: namespace {} has {} bytes; the scenario's has {} (hosts.both.device.capacity, "
            "or [[namespace]])",
            index_, nsids_[n], id->nsze * block, expected_[n]);
    }
    return trouble_.empty();
}

/// The answer to a command of the boot; false if the driver cannot go on.
bool VfDriver::take(std::uint32_t step, const wire::Cqe& cqe) {
    if (cqe.status != 0) {
        const std::uint16_t status = wire::status_code(cqe.status);
        trouble_ = fmt::format("VF {}: {}: {} ({:x}h)", index_, name_of(step),
                               spec::status_name(status, rules_), status);
        return false;
    }
    if (step == namespaces_step) {
        return find_namespaces();
    }
    if (step >= size_step && step < first_queue_step()) {
        return fits(step - size_step);
    }
    return step > 1 || grants(step, cqe);
}

void VfDriver::admin_interrupt() {
    const auto take_one = [this](std::uint64_t owner, const wire::Cqe& cqe) {
        const bool going_down =
            recovery_ == Recovery::Disabling || recovery_ == Recovery::ShuttingDown;
        if (ready_ || owner == aer_owner || going_down) {
            return;
        }
        if (take(boot_step_ - 1, cqe)) {
            next_admin();
        } else if (recovery_ == Recovery::None) {
            guest_.vf_ready(false);
        }  // else it is tried again
    };
    commands_.reap(0, take_one, [](const wire::Cqe&) {});
}

void VfDriver::move(DevicePort& port) {
    port.set_client(this);
    commands_.move(port);
}

void VfDriver::interrupt(std::uint32_t vector) { guest_.interrupt(index_, vector); }

void VfDriver::recover(Ps at, bool shutdown) {
    constexpr Ps most = 64;
    patience_ = recovering() ? std::min(2 * patience_, most) : 1;
    recovery_ = shutdown ? Recovery::ShuttingDown : Recovery::Disabling;
    since_ = at;
    ++try_;
    ready_ = false;
    commands_.close();
    commands_.port().write(reg::CC, shutdown ? reg::cc::enabled | normal_shutdown : 0, 4);
    poll();
}

/// CSTS while the controller goes down.
void VfDriver::disabled(std::uint64_t csts) {
    const bool down = recovery_ == Recovery::ShuttingDown
                          ? (csts & reg::csts::shst) == shutdown_complete
                          : (csts & 1) == 0;
    if (!down) {
        guest_.post_once(guest_.now() + guest_.timing_.ready_poll,
                         static_cast<std::uint32_t>(Guest::Kind::Poll), index_, try_);
        return;
    }
    if (recovery_ == Recovery::ShuttingDown) {
        recovery_ = Recovery::Disabling;
        commands_.port().write(reg::CC, 0, 4);
        poll();
        return;
    }
    begin_anew();
}

void VfDriver::begin_anew() {
    guest_.abandon(index_);
    commands_.clear();
    commands_.close();
    commands_.open(0);
    recovery_ = Recovery::Enabling;
    boot_step_ = 0;
    nsids_.clear();
    // A reset may have taken them away: Linux sets MSI-X up anew each time.
    commands_.port().enable_interrupts(true);
    commands_.enable();
    poll();
}

void VfDriver::resumed() {
    if (std::exchange(look_again_, false)) {
        poll();
    }
}

}  // namespace lmsim::sim
