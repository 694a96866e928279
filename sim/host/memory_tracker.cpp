#include "sim/host/memory_tracker.hpp"

#include <algorithm>
#include <utility>

#include "model/wire/prp.hpp"

namespace lmsim::sim {

using host::MemoryLogEvent;
using host::TrackCommand;

namespace {

constexpr std::uint32_t start_ticket = 1;
constexpr std::uint32_t report_ticket = 2;
constexpr std::uint32_t stop_ticket = 3;
constexpr std::uint32_t most_ranges = 64;  // one for each bit of a length

std::uint64_t buffer_bytes(const MemoryTrackTiming& timing) {
    const std::uint64_t bytes = std::max<std::uint64_t>(timing.report, page_size);
    return (bytes + page_size - 1) / page_size * page_size;
}

}  // namespace

std::uint64_t MemoryTracker::memory_bytes(const MemoryTrackTiming& timing) {
    return buffer_bytes(timing) + page_size;
}

MemoryTracker::MemoryTracker(Kernel& kernel, const MemoryTrackTiming& timing, AdminQueue& admin,
                             DevicePort& pf, std::uint16_t vfs, const spec::Rules& rules)
    : kernel_(kernel),
      timing_(timing),
      rules_(rules),
      admin_(admin),
      memory_(pf.memory()),
      vfs_(vfs) {
    for (Vf& vf : vfs_) {
        vf.buffer = pf.allocate(buffer_bytes(timing));
        vf.list = pf.allocate(page_size);
        vf.log.wanted = timing.wanted;
        vf.log.coarsest = timing.coarsest;
        vf.log.report = static_cast<std::uint32_t>(timing.report);
    }
}

void MemoryTracker::start(std::function<void()> done) {
    started_ = true;
    if (vfs_.empty()) {
        return done();
    }
    done_ = std::move(done);
    waiting_ = vfs_.size();
    for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
        request(vf, MemoryLogEvent::Kind::Start, start_ticket);
    }
}

void MemoryTracker::report(Mark mark, std::function<void()> done) {
    if (vfs_.empty()) {
        return done();
    }
    mark_ = std::move(mark);
    done_ = std::move(done);
    waiting_ = vfs_.size();
    used_.reports += vfs_.size();
    for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
        request(vf, MemoryLogEvent::Kind::Report, report_ticket);
    }
}

void MemoryTracker::stop() {
    started_ = false;
    for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
        request(vf, MemoryLogEvent::Kind::Stop, stop_ticket);
    }
}

void MemoryTracker::reset() {
    for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
        request(vf, MemoryLogEvent::Kind::Reset, 0);
    }
}

void MemoryTracker::request(std::uint16_t vf, MemoryLogEvent::Kind kind, std::uint32_t ticket) {
    MemoryLogEvent event;
    event.kind = kind;
    event.ticket = ticket;
    step(vf, event);
}

void MemoryTracker::step(std::uint16_t index, const MemoryLogEvent& event) {
    Vf& vf = vfs_[index];
    Effects effects;
    const auto number = static_cast<std::uint16_t>(first_vf_ + index);
    effects.watcher = tap_.at(kernel_.now(), number);
    if (steps_ != nullptr) {
        steps_->before(kernel_.now(), side_, trace::StepPart::MemoryLog, number, vf.log);
    }
    host::step(vf.log, event, rules_, effects);
    if (steps_ != nullptr) {
        steps_->after(side_, trace::StepPart::MemoryLog, number, vf.log);
        steps_->memory_log(kernel_.now(), side_, number, event, timing_.report, effects);
    }
    for (const Effect& effect : effects) {
        switch (effect.kind) {
            case EffectKind::Submit: submit(index, effect); break;
            case EffectKind::Call: take_report(vf); break;
            case EffectKind::Reply: replied(index, effect); break;
            default: LMSIM_ASSERT(!"not an effect of a memory log");
        }
    }
}

/// All of the VM's memory that is whole granules, in pieces that the device can take; returns the
/// bytes of the structure. What is left over counts as written.
std::uint64_t MemoryTracker::write_ranges(const Vf& vf, std::uint8_t granularity) {
    const std::uint64_t granule = wire::granule_bytes(granularity);
    std::vector<wire::MemoryRange> ranges;
    std::uint64_t left = timing_.memory / granule;
    for (std::uint64_t at = 0; left != 0;) {
        std::uint64_t piece = std::min<std::uint64_t>(left, UINT32_MAX);
        while (timing_.power_of_two && (piece & (piece - 1)) != 0) {
            piece &= piece - 1;
        }
        ranges.push_back({at, static_cast<std::uint32_t>(piece)});
        at += piece * granule;
        left -= piece;
    }
    const auto count = static_cast<std::uint32_t>(ranges.size());
    LMSIM_ASSERT(count <= most_ranges);
    const std::uint64_t bytes = wire::track_memory_size(count, rules_);
    wire::encode_track_memory(granularity, ranges.data(), count, memory_.bytes(vf.buffer, bytes),
                              rules_);
    return bytes;
}

void MemoryTracker::submit(std::uint16_t index, const Effect& effect) {
    const Vf& vf = vfs_[index];
    const auto what = static_cast<TrackCommand>(effect.token);
    wire::Sqe sqe = host::command(vf.log, effect, rules_);
    std::uint64_t bytes = effect.length;
    if (what == TrackCommand::Start) {
        bytes = write_ranges(vf, static_cast<std::uint8_t>(effect.token2));
    }
    if (bytes != 0) {
        const wire::PrpPair prps = wire::make_prps(vf.buffer, bytes, page_size, vf.list);
        if (prps.list_entries != 0) {
            wire::write_prp_list(memory_.bytes(vf.list, 8 * prps.list_entries), vf.list,
                                 vf.buffer + page_size, prps.list_entries, page_size);
        }
        sqe.prp1 = prps.prp1;
        sqe.prp2 = prps.prp2;
    }
    used_.commands += what == TrackCommand::Receive ? 1 : 0;
    const std::uint32_t ticket = effect.ticket;
    admin_.submit(sqe, [this, index, ticket](const AdminAnswer& answer) {
        MemoryLogEvent event;
        event.ticket = ticket;
        event.error = answer.error;
        event.status = answer.status;
        event.dw0 = answer.dw0;
        event.dw1 = answer.dw1;
        event.bytes = memory_.bytes(vfs_[index].buffer, timing_.report);
        step(index, event);
    });
}

void MemoryTracker::take_report(const Vf& vf) {
    const auto view = wire::TrackedMemoryView::parse(memory_.bytes(vf.buffer, timing_.report),
                                                     timing_.report, rules_);
    LMSIM_ASSERT(view.ok());  // the flow has looked at it
    const std::uint64_t granule =
        wire::granule_bytes(static_cast<std::uint32_t>(view->header().granularity));
    used_.ranges += view->count();
    for (std::uint64_t i = 0; i < view->count(); ++i) {
        const wire::MemoryRange range = (*view)[i];
        // A granule may reach beyond the memory's end; what a device makes up does no harm.
        const std::uint64_t at = std::min(range.address, timing_.memory);
        const std::uint64_t length = std::min(range.granules * granule, timing_.memory - at);
        used_.pages += (length + page_size - 1) / page_size;
        mark_(at, length);
    }
}

void MemoryTracker::replied(std::uint16_t index, const Effect& effect) {
    if (effect.ticket == stop_ticket) {
        return;
    }
    if (effect.ticket == report_ticket) {
        const std::uint64_t granule = wire::granule_bytes(vfs_[index].log.granularity);
        const std::uint64_t rest = timing_.memory % granule;
        if (static_cast<vfio::Errno>(effect.token) != vfio::Errno::Ok) {
            ++used_.failed;
            mark_all();
        } else if (rest != 0) {
            mark_(timing_.memory - rest, rest);
        }
    }
    if (--waiting_ == 0 && done_) {
        std::exchange(done_, nullptr)();
    }
}

}  // namespace lmsim::sim
