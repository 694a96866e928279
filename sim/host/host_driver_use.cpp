#include <algorithm>

#include "model/wire/cdq.hpp"
#include "sim/host/host_driver.hpp"

// What the architecture of a host costs, and what of it is counted.

namespace lmsim::sim {

/// The kernel copies entries to a program that reads them, a batch with each call.
UserDataLogTiming HostDriver::user_data_timing() const {
    UserDataLogTiming timing = timing_.user_data;
    if (cdq_place_ == host::CdqPlace::Kernel) {
        timing.read_entries = timing.batch;
        timing.read_cost = timing_.ioctl;
        timing.copy_cost = transfer(Bytes{wire::udmq_entry_size(rules_)}, timing_.copy_rate).ps;
    }
    return timing;
}

CdqProgramTiming HostDriver::program_timing() const {
    CdqProgramTiming timing = timing_.program;
    timing.in_kernel = cdq_place_ == host::CdqPlace::Kernel;
    return timing;
}

/// Time of the way into the kernel. A VMM that has the flow itself goes there for commands alone,
/// and for what only the VF's own driver can do.
Ps HostDriver::count_call(vfio::EventKind kind) {
    if (passthrough_ && kind != vfio::EventKind::Reset) {
        return 0;
    }
    const bool data = kind == vfio::EventKind::Read || kind == vfio::EventKind::Write;
    ++(data ? use_.data_calls : use_.vfio_calls);
    return timing_.ioctl;
}

/// Of the migration: the driver's own commands to come up, and AERs, do not count.
void HostDriver::count_wait(const Request& request) {
    if (!request.done && vf_of(request.vf) < 0) {
        return;
    }
    if (!booted_) {
        return;
    }
    const Ps waited = now() - request.asked;
    ++use_.commands;
    ++use_.commands_waited;
    use_.waited += waited;
    use_.longest_wait = std::max(use_.longest_wait, waited);
}

/// VFIO's DMA logging is started, asked and stopped for each device; it answers with a bitmap in
/// words of 64 bits.
void HostDriver::count_reports(bool bitmaps) {
    if (passthrough_) {
        return;
    }
    use_.vfio_calls += vfs_each();
    const std::uint64_t pages = timing_.memory.memory / page_size;
    use_.copied_out += bitmaps ? vfs_each() * ((pages + 63) / 64 * 8) : 0;
}

/// Where two interfaces share the work, processes tell each other.
void HostDriver::tell(std::function<void()> done) {
    if (architecture_ != host::Architecture::Split) {
        return done();
    }
    ++use_.messages;
    telling_.push_back(std::move(done));
    post_once(now() + timing_.program.wake, static_cast<std::uint32_t>(Kind::Told));
}

AdminQueue& HostDriver::admin() {
    if (passthrough_) {
        return *passthrough_;
    }
    return media_path_ ? static_cast<AdminQueue&>(*media_path_) : *this;
}

/// A state that the VMM has read itself is where it wants it.
Ps HostDriver::copy(std::uint64_t bytes, std::uint64_t HostUse::*counter) {
    if (passthrough_) {
        return 0;
    }
    use_.*counter += bytes;
    return transfer(Bytes{bytes}, timing_.copy_rate).ps;
}

HostUse HostDriver::used() const {
    HostUse use = use_;
    if (passthrough_) {
        use.passthrough += passthrough_->calls();
        use.pinned_pages += passthrough_->pinned_pages();
    }
    if (media_path_) {
        use.passthrough += media_path_->calls();
        use.pinned_pages += media_path_->pinned_pages();
    }
    if (program_) {
        use.passthrough += program_->passthrough_calls();
        use.cdq_calls += program_->queue_calls();
        use.events += program_->events();
        use.pinned_pages += cdq_place_ == host::CdqPlace::User ? program_->most_pinned_pages() : 0;
    }
    if (log_ && cdq_place_ == host::CdqPlace::Kernel) {
        use.cdq_calls += log_->used().reads;
        use.copied_out += log_->used().entries * wire::udmq_entry_size(rules_);
    }
    return use;
}

}  // namespace lmsim::sim
