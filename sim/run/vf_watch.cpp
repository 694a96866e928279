#include "sim/run/vf_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "model/nvme/step.hpp"
#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/namespace.hpp"
#include "model/wire/nvm.hpp"
#include "sim/device/prp_walk.hpp"

namespace lmsim::sim {

using check::What;

namespace {

constexpr std::uint32_t gone = 0xffffffff;  // what a register of a device that is gone reads as

bool is(const wire::Sqe& sqe, std::uint8_t opcode) { return sqe.opcode == opcode; }

/// Bits 1:0 of an opcode, 10b: data go to the host (NVMe Base 2.3, figure 92).
bool reads(const wire::Sqe& sqe) { return (sqe.opcode & 3) == 2; }

}  // namespace

VfWatch::VfWatch(DevicePort& inner, const Kernel& kernel, std::uint16_t vf, metrics::Side side,
                 std::uint64_t block)
    : PortWatch(inner, fmt::format("VF {}", vf)),
      kernel_(kernel),
      vf_(vf),
      side_(side),
      block_(block) {}

void VfWatch::tell(What what) {
    if (monitor_ != nullptr) {
        monitor_->tell(kernel_.now(), observe(what, side_, vf_));
    }
}

void VfWatch::tell_queue(What what, std::uint16_t queue, bool is_cq) {
    if (monitor_ != nullptr) {
        check::Observation seen = observe_queue(what, side_, vf_, queue);
        seen.flags = is_cq ? check::flag::is_cq : std::uint8_t{0};
        monitor_->tell(kernel_.now(), seen);
    }
}

void VfWatch::enter(std::uint32_t state) {
    if (observer_ != nullptr) {
        observer_->state_entered(kernel_.now(), function(), state);
    }
}

// --- Any function --------------------------------------------------------------------------------

void PortWatch::read(std::uint64_t offset, unsigned size, std::uint64_t token) {
    reads_.emplace_back(token, offset);
    inner_.read(offset, size, token);
}

void PortWatch::read_done(std::uint64_t token, std::uint64_t value) {
    const auto asked = std::find_if(reads_.begin(), reads_.end(),
                                    [token](const auto& read) { return read.first == token; });
    const bool status = asked != reads_.end() && asked->second == reg::CSTS;
    if (asked != reads_.end()) {
        reads_.erase(asked);
    }
    if (status && static_cast<std::uint32_t>(value) == gone) {
        trouble_ = name_ + ": its registers read as all ones: the device is gone";
        return;  // its owner would take it for a controller that is ready
    }
    if (status) {
        status_read(static_cast<std::uint32_t>(value));
    }
    if (client_ != nullptr) client_->read_done(token, value);
}

void PortWatch::set_client(PortClient* client) {
    client_ = client;
    inner_.set_client(client == nullptr ? nullptr : this);
}

void PortWatch::interrupt(std::uint32_t vector) {
    interrupted();
    if (client_ != nullptr) client_->interrupt(vector);
}

// --- What its owner does ------------------------------------------------------------------------

void VfWatch::write(std::uint64_t offset, std::uint64_t value, unsigned size) {
    if (offset == reg::AQA) {
        aqa_ = static_cast<std::uint32_t>(value);
    } else if (offset == reg::ASQ) {
        asq_ = value;
    } else if (offset == reg::ACQ) {
        acq_ = value;
    } else if (offset == reg::CC) {
        enabled((value & reg::cc::en) != 0);
    } else if (offset >= reg::doorbells && offset % 8 == 0) {
        rung(static_cast<std::uint16_t>((offset - reg::doorbells) / 8),
             static_cast<std::uint32_t>(value));
    }
    PortWatch::write(offset, value, size);
}

void VfWatch::enabled(bool on) {
    clear();
    if (on) {
        const std::uint32_t sq_entries = (aqa_ & 0xfff) + 1;
        const std::uint32_t cq_entries = (aqa_ >> 16 & 0xfff) + 1;
        sqs_[0] = {asq_, sq_entries, 0, 0};
        cqs_[0] = {acq_, cq_entries, 0, true};
    }
}

void VfWatch::clear() {
    sqs_.clear();
    cqs_.clear();
    under_way_.clear();
    if (std::exchange(ready_, false)) {
        enter(static_cast<std::uint32_t>(nvme::Life::Disabled));
    }
}

/// New commands stand in the ring: they are the device's once the doorbell rings. Their identifiers
/// may be those of commands whose completions the owner has just taken.
void VfWatch::rung(std::uint16_t qid, std::uint32_t tail) {
    look();
    const auto found = sqs_.find(qid);
    if (found == sqs_.end()) {
        return;
    }
    Sq& sq = found->second;
    while (sq.tail != tail && tail < sq.entries) {
        const std::uint64_t at = sq.base + std::uint64_t{wire::Sqe::size} * sq.tail;
        const wire::Sqe sqe = wire::decode_sqe(memory().bytes(at, wire::Sqe::size));
        under_way_[{qid, sqe.cid}] = sqe;
        sq.tail = sq.tail + 1 == sq.entries ? 0 : sq.tail + 1;
    }
}

void VfWatch::status_read(std::uint32_t csts) {
    if ((csts & reg::csts::rdy) != 0 && !sqs_.empty() && !std::exchange(ready_, true)) {
        enter(static_cast<std::uint32_t>(nvme::Life::Ready));
    }
}

void VfWatch::was_reset() {
    look();
    tell(What::Reset);
    clear();
    suspended_ = false;
    if (observer_ != nullptr) {
        observer_->interrupts_switched(kernel_.now(), function(), false);
    }
    enter(nvme::migration_states + static_cast<std::uint32_t>(nvme::Migration::Operational));
}

void VfWatch::reset(std::function<void()> done) {
    was_reset();
    PortWatch::reset(std::move(done));
}

void VfWatch::enable_interrupts(bool on) {
    if (observer_ != nullptr) {
        observer_->interrupts_switched(kernel_.now(), function(), on);
    }
    PortWatch::enable_interrupts(on);
}

// --- What the device does -----------------------------------------------------------------------

void VfWatch::look() {
    // By number: a completion may make a queue, or end one.
    std::vector<std::uint16_t> numbers;
    for (const auto& [cqid, cq] : cqs_) {
        numbers.push_back(cqid);
    }
    for (const std::uint16_t cqid : numbers) {
        const auto found = cqs_.find(cqid);
        if (found != cqs_.end()) look(cqid, found->second);
    }
}

void VfWatch::look(std::uint16_t cqid, Cq& cq) {
    for (;;) {
        const std::uint64_t at = cq.base + std::uint64_t{wire::Cqe::size} * cq.head;
        const std::uint8_t* entry = memory().bytes(at, wire::Cqe::size);
        if (wire::phase_of(entry) != cq.phase) {
            return;
        }
        // The rest of the entry is read after its phase tag, whoever writes it.
        std::atomic_thread_fence(std::memory_order_acquire);
        const wire::Cqe cqe = wire::decode_cqe(entry);
        memory().dma_wrote(at, wire::Cqe::size);
        cq.head = cq.head + 1 == cq.entries ? 0 : cq.head + 1;
        cq.phase = cq.phase != (cq.head == 0);
        posted(cqid, cqe);
    }
}

void VfWatch::posted(std::uint16_t cqid, const wire::Cqe& cqe) {
    const auto found = under_way_.find({cqe.sqid, cqe.cid});
    const wire::Sqe sqe = found != under_way_.end() ? found->second : wire::Sqe{};
    if (found != under_way_.end()) {
        under_way_.erase(found);
        wrote_data(cqe.sqid == 0, sqe);
    }
    if (cqe.sqid == 0) {
        if (cqe.status == 0) answered(sqe);
        return;
    }
    if (observer_ != nullptr) {
        if (suspended_) observer_->broke_suspension(kernel_.now(), function());
        observer_->command_posted(trace::not_reached, kernel_.now(), function(), cqe.sqid, cqe.cid,
                                  sqe.opcode, cqe.status);
    }
    if (monitor_ != nullptr) {
        check::Observation seen = observe_queue(What::Posted, side_, vf_, cqe.sqid, cqe.cid);
        seen.value = cqid + std::uint64_t{1};
        seen.flags = is_abort(wire::status_code(cqe.status), rules_) ? check::flag::aborted
                                                                     : std::uint8_t{0};
        monitor_->tell(kernel_.now(), seen);
    }
}

/// Queues that the guest's driver has made, or ended.
void VfWatch::answered(const wire::Sqe& sqe) {
    if (is(sqe, spec::opcode::AdminCreateCq)) {
        const wire::CreateCq made = wire::decode_create_cq(sqe, rules_);
        cqs_[made.qid] = {made.prp1, made.qsize + 1U, 0, true};
        tell_queue(What::QueueCreated, made.qid, true);
    } else if (is(sqe, spec::opcode::AdminCreateSq)) {
        const wire::CreateSq made = wire::decode_create_sq(sqe, rules_);
        sqs_[made.qid] = {made.prp1, made.qsize + 1U, 0, made.cqid};
        tell_queue(What::QueueCreated, made.qid, false);
    } else if (is(sqe, spec::opcode::AdminDeleteSq)) {
        const std::uint16_t qid = wire::decode_delete_sq(sqe, rules_).qid;
        sqs_.erase(qid);
        tell_queue(What::QueueDeleted, qid, false);
    } else if (is(sqe, spec::opcode::AdminDeleteCq)) {
        const std::uint16_t qid = wire::decode_delete_cq(sqe, rules_).qid;
        cqs_.erase(qid);
        tell_queue(What::QueueDeleted, qid, true);
    }
}

/// The command's data went to memory. What an admin command brings is a page at most: the guest's
/// driver asks for no more.
void VfWatch::wrote_data(bool admin, const wire::Sqe& sqe) {
    if (!reads(sqe)) {
        return;
    }
    const std::uint64_t length =
        admin ? page_size : std::uint64_t{wire::decode_nvm_range(sqe).blocks()} * block_;
    walk_prp(
        SimulatedHost{memory()}, sqe.prp1, sqe.prp2, length,
        [this](std::uint64_t address, std::uint64_t piece) { memory().dma_wrote(address, piece); });
}

// --- What the PF's driver knows -----------------------------------------------------------------

void VfWatch::suspending() {
    look();
    enter(nvme::migration_states + static_cast<std::uint32_t>(nvme::Migration::Suspending));
    tell(What::Suspending);
}

/// What the controller has completed before stands in memory by now: its own completion came later.
void VfWatch::suspended() {
    look();
    suspended_ = true;
    enter(nvme::migration_states + static_cast<std::uint32_t>(nvme::Migration::Suspended));
    tell(What::Suspended);
}

void VfWatch::resumed() {
    suspended_ = false;
    enter(nvme::migration_states + static_cast<std::uint32_t>(nvme::Migration::Operational));
    tell(What::Resumed);
    look();
}

void VfWatch::take_over(const VfWatch& source) {
    sqs_ = source.sqs_;
    cqs_ = source.cqs_;
    under_way_ = source.under_way_;
    ready_ = true;
    enter(static_cast<std::uint32_t>(nvme::Life::Ready));
    for (const auto& [cqid, cq] : cqs_) {
        if (cqid != 0) tell_queue(What::QueueCreated, cqid, true);
    }
    for (const auto& [sqid, sq] : sqs_) {
        if (sqid != 0) tell_queue(What::QueueCreated, sqid, false);
    }
}

}  // namespace lmsim::sim
