#include "sim/guest/guest.hpp"

#include <algorithm>

#include "model/host/effect_name.hpp"
#include "model/spec/codes.hpp"
#include "model/wire/nvm.hpp"
#include "model/wire/prp.hpp"

namespace lmsim::sim {

namespace {

std::uint64_t pack(std::uint32_t job, std::uint32_t slot) {
    return static_cast<std::uint64_t>(job) << 32 | slot;
}

// A throttled vCPU works for so long between two sleeps (QEMU 10.1 system/cpu-throttle.c:
// CPU_THROTTLE_TIMESLICE_NS).
constexpr Ps throttle_slice = 10'000'000'000;

}  // namespace

Guest::Guest(sc_core::sc_module_name name, Kernel& kernel, const GuestTiming& timing,
             Memory& memory, PageWriter writer)
    : Component(name, kernel), timing_(timing), memory_(&memory), writer_(writer) {
    vcpus_.resize(timing.vcpus);
    for (Vcpu& vcpu : vcpus_) {
        vcpu.lane = add_lane();
    }
}

Guest::~Guest() = default;

void Guest::add_vf(DevicePort& port, std::uint16_t pairs, std::uint32_t entries,
                   std::uint64_t largest_transfer, std::uint32_t cq_entries) {
    const auto index = static_cast<std::uint16_t>(vfs_.size());
    vfs_.push_back(std::make_unique<VfDriver>(*this, port, index, pairs, entries, cq_entries,
                                              largest_transfer));
    next_queue_.push_back(0);
    first_vcpu_.push_back(std::uint32_t{index} * pairs);
}

void Guest::add_source(std::uint16_t vf, fio::IoSource& source, Ps start, std::uint16_t n) {
    Job job;
    job.source = &source;
    job.vf = vf;
    job.driver = vfs_[vf].get();
    job.queue = static_cast<std::uint16_t>(next_queue_[vf]++ % vfs_[vf]->pairs() + 1);
    job.vcpu = &vcpu_of(vf, job.queue);
    job.ns = n;
    vfs_[vf]->need_namespaces(n + std::size_t{1});
    job.start = start;
    job.slots.resize(source.depth());
    for (std::uint32_t slot = source.depth(); slot > 0; --slot) {
        job.free.push_back(slot - 1);
    }
    jobs_.push_back(std::move(job));
}

void Guest::lay_out() {
    for (Job& job : jobs_) {
        if (job.source->longest() <= 2 * page_size) {
            continue;
        }
        // An I/O above the largest transfer goes out as several commands, each with its own list.
        const std::uint64_t largest = vfs_[job.vf]->largest_transfer();
        const std::uint64_t commands = (job.source->longest() + largest - 1) / largest;
        for (IoSlot& slot : job.slots) {
            slot.buffer.list = memory_->allocate_bytes(commands * page_size);
        }
    }
    for (Job& job : jobs_) {
        const std::uint64_t pages = (job.source->longest() + page_size - 1) / page_size;
        for (IoSlot& slot : job.slots) {
            slot.buffer.address = memory_->allocate_pages(pages);
        }
    }
}

void Guest::expect_namespaces(const std::vector<std::uint64_t>& bytes) {
    for (auto& vf : vfs_) {
        vf->expect_namespaces(bytes, timing_.block_size);
    }
}

std::string Guest::boot_trouble() const {
    for (const auto& vf : vfs_) {
        if (!vf->trouble().empty()) return vf->trouble();
    }
    return {};
}

void Guest::boot(std::function<void()> ready) {
    ready_ = std::move(ready);
    booting_ = vfs_.size();
    writer_.start(now());
    if (vfs_.empty()) {
        ready_();
    }
    for (auto& vf : vfs_) {
        vf->boot();
    }
}

void Guest::vf_ready(bool ok) {
    boot_failed_ = boot_failed_ || !ok;
    if (--booting_ == 0 || !ok) {
        ready_();
    }
}

void Guest::learn_namespaces(std::uint16_t vf) {
    for (Job& job : jobs_) {
        if (job.vf == vf) {
            job.nsid = job.driver->nsid(job.ns);
        }
    }
}

void Guest::start_workload() {
    workload_began_ = now();
    if (timing_.writes_end != 0) {
        writer_.end_at(now() + timing_.writes_end);
    }
    for (std::uint32_t job = 0; job < jobs_.size(); ++job) {
        if (jobs_[job].start == 0) {
            pump(job);
        } else {
            jobs_[job].waiting = true;
            post_once(now() + jobs_[job].start, static_cast<std::uint32_t>(Kind::Wake), job);
        }
    }
}

bool Guest::workload_finished() const {
    return std::all_of(jobs_.begin(), jobs_.end(),
                       [](const Job& job) { return job.source->finished(); });
}

Guest::Vcpu& Guest::vcpu_of(std::uint16_t vf, std::uint16_t queue) {
    const std::size_t index = first_vcpu_[vf] + (queue == 0 ? 0 : queue - 1);
    // Mostly there are enough: a division would be felt.
    return vcpus_[index < vcpus_.size() ? index : index % vcpus_.size()];
}

/// A vCPU does one thing after the other; the event comes at the end of its cost.
void Guest::work(Vcpu& vcpu, Ps earliest, Ps cost, Kind kind, std::uint32_t a, std::uint64_t b) {
    vcpu.busy = awake_at(std::max(vcpu.busy, earliest)) + cost;
    post(vcpu.lane, vcpu.busy, static_cast<std::uint32_t>(kind), a, b);
}

void Guest::handle(const Event& event) {
    const auto kind = static_cast<Kind>(event.kind);
    if (kind == Kind::Wake) {
        jobs_[event.a].waiting = false;
        pump(event.a);
        return;
    }
    if (kind == Kind::Poll) {
        vfs_[event.a]->poll_again(event.b);
        return;
    }
    if (kind == Kind::Watch) {
        watch_commands();
        return;
    }
    if (paused_) {
        Vcpu& vcpu = kind == Kind::Submit ? *jobs_[event.a].vcpu
                                          : vcpu_of(static_cast<std::uint16_t>(event.a),
                                                    static_cast<std::uint16_t>(event.b));
        vcpu.deferred.push(event);
        return;
    }
    if (pins_ != nullptr && stops(event)) {
        return;
    }
    if (kind == Kind::Submit) {
        submit_io(event.a, static_cast<std::uint32_t>(event.b));
    } else {
        run_handler(static_cast<std::uint16_t>(event.a), static_cast<std::uint16_t>(event.b));
    }
}

/// Hands the vCPU what the job wants to do now; what it wants later wakes it then.
void Guest::pump(std::uint32_t index) {
    Job& job = jobs_[index];
    if (paused_ || frozen_ || job.waiting || job.given_up) {
        return;
    }
    while (!job.free.empty() && !draining_) {
        if (!job.planned) {
            job.planned = job.source->next(Time{now()});
            if (!job.planned) {
                return;
            }
        }
        if (job.planned->not_before.ps > now()) {
            job.waiting = true;
            post_once(job.planned->not_before.ps, static_cast<std::uint32_t>(Kind::Wake), index);
            return;
        }
        const std::uint32_t slot = job.free.back();
        job.free.pop_back();
        job.slots[slot].io = job.planned->io;
        job.planned.reset();
        ++outstanding_;
        work(*job.vcpu, now(), timing_.submit_cost, Kind::Submit, index, slot);
    }
}

namespace {

wire::Sqe make_sqe(const fio::Io& io, std::uint32_t nsid, std::uint64_t offset,
                   std::uint64_t length, std::uint64_t buffer, std::uint64_t list,
                   std::uint64_t block_size) {
    if (io.op == fio::Op::Flush) {
        return wire::encode_flush(nsid);
    }
    const wire::NvmRange range{offset / block_size,
                               static_cast<std::uint16_t>(length / block_size - 1), false};
    if (io.op == fio::Op::Trim) {
        return wire::encode_nvm(spec::opcode::NvmWriteZeroes, nsid, range);
    }
    wire::Sqe sqe = wire::encode_nvm(
        io.op == fio::Op::Read ? spec::opcode::NvmRead : spec::opcode::NvmWrite, nsid, range);
    const wire::PrpPair prps = wire::make_prps(buffer, length, page_size, list);
    sqe.prp1 = prps.prp1;
    sqe.prp2 = prps.prp2;
    return sqe;
}

}  // namespace

/// The submission's cost is spent: commands go into the ring, one for each largest transfer. What
/// does not fit goes on when completions have made room.
void Guest::submit_io(std::uint32_t index, std::uint32_t slot_index) {
    Job& job = jobs_[index];
    IoSlot& slot = job.slots[slot_index];
    VfDriver& vf = *job.driver;
    CommandPort& commands = vf.commands();
    if (!slot.under_way) {  // an I/O that found the ring full comes here again
        slot.under_way = true;
        slot.submitted = now();
        slot.status = 0;
        if (observer_ != nullptr) {
            observer_->io_submitted(now());
        }
    }
    do {
        if (!commands.has_room(job.queue)) {
            vf.backlog(job.queue).push_back(pack(index, slot_index));
            return;
        }
        const std::uint64_t length = std::min(slot.io.length - slot.sent, vf.largest_transfer());
        const std::uint64_t buffer = slot.buffer.address + slot.sent;
        const std::uint64_t list = slot.buffer.list + slot.sent / vf.largest_transfer() * page_size;
        if (length > 2 * page_size) {
            const std::uint64_t entries = (length + page_size - 1) / page_size - 1;
            wire::write_prp_list(memory_->bytes(list, 8 * entries), list, buffer + page_size,
                                 entries, page_size);
            memory_->wrote(list, 8 * entries);
        }
        wire::Sqe sqe = make_sqe(slot.io, job.nsid, slot.io.offset + slot.sent, length, buffer,
                                 list, timing_.block_size);
        slot.sent += length;
        ++slot.commands;
        commands.submit(job.queue, sqe, pack(index, slot_index));
        if (pins_ != nullptr) {
            pins_->happened(host::effect::of_guest(job.vf, host::effect::submitted));
        }
        if (observer_ != nullptr) {
            observer_->command_submitted(now(), job.vf, job.queue, sqe, length);
        }
    } while (slot.sent < slot.io.length);
}

void Guest::interrupt(std::uint16_t vf, std::uint32_t vector) {
    const auto queue = static_cast<std::uint16_t>(vector);
    if (queue > vfs_[vf]->pairs() || vfs_[vf]->handler_pending(queue)) {
        return;
    }
    vfs_[vf]->set_handler_pending(queue, true);
    work(vcpu_of(vf, queue), now() + timing_.irq_latency, 0, Kind::Interrupt, vf, queue);
}

void Guest::run_handler(std::uint16_t vf, std::uint16_t queue) {
    VfDriver& driver = *vfs_[vf];
    driver.set_handler_pending(queue, false);
    if (queue == 0) {
        driver.admin_interrupt();
        return;
    }
    const std::uint32_t count = driver.commands().reap(
        queue,
        [&](std::uint64_t owner, const wire::Cqe& cqe) {
            command_completed(vf, queue, owner, cqe);
        },
        [&](const wire::Cqe&) {
            if (faults_ != nullptr) {
                faults_->notice(sign::stray, vf);
            }
            if (observer_ != nullptr) {
                observer_->duplicate_completion(now(), vf, queue);
            }
        });
    if (count == 0 && faults_ != nullptr) {
        faults_->notice(sign::idle_interrupt, vf);
    }
    Vcpu& vcpu = vcpu_of(vf, queue);
    vcpu.busy = std::max(vcpu.busy, now()) + timing_.complete_cost * count;
    std::vector<std::uint64_t>& backlog = driver.backlog(queue);
    if (!backlog.empty()) {
        const std::vector<std::uint64_t> again = std::move(backlog);
        backlog.clear();
        for (const std::uint64_t io : again) {
            submit_io(static_cast<std::uint32_t>(io >> 32), static_cast<std::uint32_t>(io));
        }
    }
    for (const std::uint32_t job : completed_jobs_) {
        pump(job);
    }
    completed_jobs_.clear();
}

void Guest::command_completed(std::uint16_t vf, std::uint16_t queue, std::uint64_t owner,
                              const wire::Cqe& cqe) {
    if (pins_ != nullptr) {
        pins_->happened(host::effect::of_guest(vf, host::effect::completed));
    }
    if (observer_ != nullptr) {
        observer_->command_completed(now(), vf, queue, cqe);
    }
    const auto job_index = static_cast<std::uint32_t>(owner >> 32);
    const auto slot_index = static_cast<std::uint32_t>(owner);
    Job& job = jobs_[job_index];
    IoSlot& slot = job.slots[slot_index];
    slot.status = std::max(slot.status, cqe.status);
    if (--slot.commands != 0 || slot.sent < slot.io.length) {
        return;
    }
    if (faults_ != nullptr && slot.status != 0) {
        faults_->notice(sign::io_error, vf);
    }
    slot.sent = 0;
    slot.under_way = false;
    --outstanding_;
    if (observer_ != nullptr) {
        observer_->io_completed({slot.submitted, now(), slot.io.offset, slot.io.length, vf, queue,
                                 slot.status, slot.io.op});
    }
    job.source->completed(Time{now()}, slot.io);
    job.free.push_back(slot_index);
    completed_jobs_.push_back(job_index);
}

void Guest::throttle(std::uint8_t percent) {
    LMSIM_ASSERT(percent < 100);
    writer_.slow_down(*memory_, now(), percent);
    throttled_since_ = now();
    sleep_ = throttle_slice * percent / (100 - percent);
}

/// The first moment from `when` on at which a vCPU does not sleep. Work that has begun is not cut
/// up: it takes no more than some microseconds.
Ps Guest::awake_at(Ps when) const {
    if (sleep_ == 0) {
        return when;
    }
    const Ps into = (when - throttled_since_) % (sleep_ + throttle_slice);
    return into < sleep_ ? when + sleep_ - into : when;
}

void Guest::pause() {
    LMSIM_ASSERT(!paused_);
    paused_ = true;
    writer_.stop(*memory_, now());
}

/// The vCPUs go on with what they were at; work that stood still pays its cost from now on.
void Guest::resume() {
    LMSIM_ASSERT(paused_);
    paused_ = false;
    writer_.start(now());
    for (Vcpu& vcpu : vcpus_) {
        const std::size_t count = vcpu.deferred.size();
        for (std::size_t i = 0; i < count; ++i) {
            const Event event = vcpu.deferred.pop();
            const bool submit = static_cast<Kind>(event.kind) == Kind::Submit;
            work(vcpu, now(), submit ? timing_.submit_cost : 0, static_cast<Kind>(event.kind),
                 event.a, event.b);
        }
    }
    for (std::uint32_t job = 0; job < jobs_.size(); ++job) {
        pump(job);
    }
    if (faults_ != nullptr) {
        resumed_at_ = now();
        for (const auto& vf : vfs_) {
            vf->resumed();
        }
    }
}

void Guest::give_up(std::uint16_t vf) {
    for (Job& job : jobs_) {
        job.given_up = job.given_up || job.vf == vf;
    }
}

/// Has a submission, or the handler of an interrupt, to wait for a pin? True also if nobody wants
/// it any more.
bool Guest::stops(const Event& event) {
    const bool submit = static_cast<Kind>(event.kind) == Kind::Submit;
    const auto vf = submit ? jobs_[event.a].vf : static_cast<std::uint16_t>(event.a);
    const auto queue = static_cast<std::uint16_t>(event.b);
    if (submit && jobs_[event.a].given_up) {
        return true;
    }
    if (!submit && (queue == 0 || !vfs_[vf]->commands().has_completion(queue))) {
        return false;
    }
    const auto what = submit ? host::effect::submitted : host::effect::completed;
    return pins_->holds(host::effect::of_guest(vf, what), [this, event] { handle(event); });
}

void Guest::move_vf(std::uint16_t vf, DevicePort& port) {
    LMSIM_ASSERT(paused_);
    vfs_[vf]->move(port);
}

void Guest::move_memory(Memory& memory) {
    LMSIM_ASSERT(paused_);
    memory_ = &memory;
}

}  // namespace lmsim::sim
