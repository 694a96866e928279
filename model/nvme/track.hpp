#pragma once

#include <algorithm>
#include <cstdint>

#include "model/nvme/admin.hpp"
#include "model/nvme/cdq.hpp"
#include "model/wire/track.hpp"

/// Memory tracking (NVMe Base 2.3, 5.2.27 and 5.2.28.1.2): the MMC keeps the ranges of each MC, Env
/// keeps which granules of them were written.
namespace lmsim::nvme {

template <class Bounds>
void stop_tracking_of(Context<Bounds>& ctx, std::uint16_t function) {
    ctx.controller(function).tracking = Tracking<Bounds>{};
    ctx.env.tracked(function).stop();
}

template <class Bounds>
void reset_tracking(Context<Bounds>& ctx, std::uint16_t function) {
    const bool all = ctx.controller(function).primary && ctx.rules.on(spec::Id::TrackEndsWithMmc);
    const bool own = ctx.rules.value(spec::Id::TrackOutlivesMcReset) == 0;
    for (std::uint16_t i = 1; i < ctx.subsystem.functions; ++i) {
        if (ctx.controller(i).tracking.on && (all || (own && i == function))) {
            stop_tracking_of(ctx, i);
        }
    }
}

/// Ranges that are tracked of all controllers but one (0: of all).
template <class Bounds>
std::uint64_t tracked_ranges(const Context<Bounds>& ctx, std::uint16_t except) {
    std::uint64_t sum = 0;
    for (std::uint16_t i = 1; i < ctx.subsystem.functions; ++i) {
        sum += i != except ? ctx.subsystem.controller[i].tracking.ranges : 0U;
    }
    return sum;
}

/// What a range is in granules of another size, all that it touches.
inline std::uint64_t granules_touched(const wire::MemoryRange& range, std::uint32_t granularity,
                                      std::uint32_t coarser) {
    if (range.granules == 0) {
        return 0;
    }
    const std::uint64_t first = range.address / wire::granule_bytes(granularity);
    const std::uint64_t last = first + (range.granules - 1);
    const std::uint32_t shift = coarser - granularity;
    return (last >> shift) - (first >> shift) + 1;
}

/// What a controller can track of one MC, against what is asked for: 5.2.28.1.2, figures 499, 500.
template <class Bounds>
class TrackResources {
  public:
    TrackResources(const Config& config, const wire::TrackMemoryView& view)
        : config_(config),
          view_(view),
          most_(std::min<std::uint64_t>(config.ranges_per_mc, Bounds::ranges)) {}

    bool suffice() const {
        return view_.count() <= most_ && granules(view_.granularity()) <= config_.granules_per_mc;
    }
    /// MRTG: the lowest granularity for this list; the highest of all where none is enough.
    std::uint32_t granularity() const {
        std::uint32_t n = view_.granularity();
        while (n < config_.coarsest_granule && granules(n) > config_.granules_per_mc) {
            ++n;
        }
        return n;
    }
    /// NMRTD: descriptors, from the first on, at the granularity asked for.
    std::uint32_t descriptors() const {
        std::uint64_t left = config_.granules_per_mc;
        std::uint32_t count = 0;
        while (count < std::min(most_, view_.count())) {
            const std::uint64_t needed = of_range(count, view_.granularity());
            if (needed > left) {
                break;
            }
            left -= needed;
            ++count;
        }
        return count;
    }
    /// Beyond this there is no room for the state, whatever the rules say.
    bool impossible() const {
        constexpr std::uint64_t largest_map = std::uint64_t{1} << 36;
        return view_.count() > Bounds::ranges || granules(view_.granularity()) > largest_map;
    }

  private:
    std::uint64_t of_range(std::uint64_t i, std::uint32_t n) const {
        return granules_touched(view_[i], view_.granularity(), n);
    }
    std::uint64_t granules(std::uint32_t n) const {
        std::uint64_t sum = 0;
        for (std::uint64_t i = 0; i < view_.count(); ++i) {
            sum += of_range(i, n);
        }
        return sum;
    }

    const Config& config_;
    const wire::TrackMemoryView& view_;
    std::uint64_t most_;
};

/// What speaks against the header of a request to track the MC; Count: nothing.
template <class Bounds>
spec::Id check_track_header(const Context<Bounds>& ctx, std::uint16_t function,
                            const wire::TrackMemoryView& view) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const auto refuses = [&](Id id, bool bad) { return bad && rules.on(id); };
    const bool already = ctx.subsystem.controller[function].tracking.on;
    if (refuses(Id::TrackAlready, already)) return Id::TrackAlready;
    const bool version = view.version() == rules.value(Id::TrackVersion);
    if (refuses(Id::TrackBadVersion, !version)) return Id::TrackBadVersion;
    const bool fine = view.granularity() < ctx.config.finest_granule;
    if (refuses(Id::TrackTooFine, fine)) return Id::TrackTooFine;
    const bool coarse = view.granularity() > ctx.config.coarsest_granule;
    if (refuses(Id::TrackTooCoarse, coarse)) return Id::TrackTooCoarse;
    if (refuses(Id::TrackNoDescriptor, view.count() == 0)) return Id::TrackNoDescriptor;
    const std::uint64_t own = view.count() + tracked_ranges(ctx, function);
    if (refuses(Id::TrackBeyondController, own > ctx.config.tracked_ranges)) {
        return Id::TrackBeyondController;
    }
    const std::uint64_t all = view.count() + tracked_ranges(ctx, 0);
    if (refuses(Id::TrackBeyondSubsystem, all > ctx.config.subsystem_ranges)) {
        return Id::TrackBeyondSubsystem;
    }
    return Id::Count;
}

/// What speaks against its ranges.
template <class Bounds>
spec::Id check_track_range(const Context<Bounds>& ctx, std::uint16_t function,
                           const wire::MemoryRange& range, std::uint64_t granule) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const bool power = range.granules != 0 && (range.granules & (range.granules - 1)) == 0;
    if (ctx.config.power_of_two_ranges && !power && rules.on(Id::TrackLengthLimit)) {
        return Id::TrackLengthLimit;
    }
    if (range.granules == 0 && rules.value(Id::TrackEmptyAllowed) == 0) {
        return Id::ReservedFieldValue;
    }
    if (range.address % granule != 0 && rules.on(Id::TrackUnaligned)) {
        return Id::TrackUnaligned;
    }
    const bool sayable = range.granules <= ~std::uint64_t{0} / granule;
    const bool there =
        sayable && ctx.env.reaches(function, range.address, range.granules * granule);
    return !there && rules.on(Id::TrackNotHostMemory) ? Id::TrackNotHostMemory : Id::Count;
}

/// LM-TRK-77: does any range share a granule with another?
inline bool ranges_overlap(const wire::TrackMemoryView& view, std::uint64_t granule) {
    for (std::uint64_t i = 0; i < view.count(); ++i) {
        const std::uint64_t first = view[i].address / granule;
        for (std::uint64_t k = 0; k < i; ++k) {
            const std::uint64_t other = view[k].address / granule;
            if (first < other + view[k].granules && other < first + view[i].granules) {
                return true;
            }
        }
    }
    return false;
}

/// Track Memory Changes, TACT = 1, on a known MC.
template <class Bounds>
Outcome start_tracking(Context<Bounds>& ctx, std::uint16_t mmc, std::uint32_t slot,
                       std::uint16_t function) {
    using spec::Id;
    const Outcome impossible = refuse(ctx, Id::StatusInternalError);
    const std::uint32_t length = ctx.controller(mmc).slot[slot].length;
    const std::uint8_t* data = ctx.env.data(mmc, slot, length);
    const auto parsed = wire::TrackMemoryView::parse_header(data, length, ctx.rules);
    if (!parsed.ok()) {
        return impossible;
    }
    const wire::TrackMemoryView& view = *parsed;
    Id refused = check_track_header(ctx, function, view);
    if (refused != Id::Count) {
        return refuse(ctx, refused);
    }
    const std::uint64_t size = wire::track_memory_size(view.count(), ctx.rules);
    const std::uint64_t granule = wire::granule_bytes(view.granularity());
    if (size > mdts_bytes(ctx.config) && ctx.rules.on(Id::TransferBeyondMdts)) {
        return refuse(ctx, Id::TransferBeyondMdts);
    }
    if (size > length || granule == 0) {
        return impossible;  // the host has changed it meanwhile, or nobody has checked it
    }
    for (std::uint64_t i = 0; i < view.count(); ++i) {
        refused = check_track_range(ctx, function, view[i], granule);
        if (refused != Id::Count) {
            return refuse(ctx, refused);
        }
    }
    const TrackResources<Bounds> resources(ctx.config, view);
    if (!resources.suffice() && ctx.rules.on(Id::TrackNoResources)) {
        const std::uint32_t n = resources.granularity();
        const bool exponent = ctx.rules.value(Id::TrackMrtgIsExponent) != 0;
        const std::uint32_t mrtg = exponent ? n : 1U << (n - view.granularity());
        const wire::TrackHintWords words = wire::encode(
            wire::TrackHints{static_cast<std::uint16_t>(mrtg), resources.descriptors()}, ctx.rules);
        return {ctx.rules.status(Id::TrackNoResources), words.dw0, 0, words.dw1};
    }
    if (resources.impossible()) {
        return impossible;
    }
    if (ctx.rules.value(Id::TrackOverlapAllowed) == 0 && ranges_overlap(view, granule)) {
        return refuse(ctx, Id::ReservedFieldValue);
    }
    Tracking<Bounds>& tracking = ctx.controller(function).tracking;
    tracking = Tracking<Bounds>{};
    tracking.on = true;
    tracking.granularity = view.granularity();
    tracking.ranges = static_cast<std::uint16_t>(view.count());
    wire::MemoryRange ranges[Bounds::ranges];
    for (std::uint16_t i = 0; i < tracking.ranges; ++i) {
        ranges[i] = view[i];
        tracking.range[i] = {ranges[i].address, ranges[i].granules};
    }
    ctx.env.tracked(function).start(tracking.granularity, ranges, tracking.ranges);
    return {};
}

/// Track Memory Changes (5.2.28.1.2).
template <class Bounds>
Outcome track_memory(Context<Bounds>& ctx, std::uint16_t mmc, std::uint32_t slot,
                     const wire::Sqe& sqe) {
    using spec::Id;
    const wire::TrackMemory command = wire::decode_track_memory(sqe, ctx.rules);
    const std::uint16_t function = find_migratable(ctx, command.cntlid);
    if (function == 0) {
        return refuse(ctx, in_any_case(ctx.rules, Id::TrackBadCntlid));
    }
    const Controller<Bounds>& c = ctx.controller(function);
    if (is(c.migration, Migration::Suspended) && ctx.rules.on(Id::TrackSuspended)) {
        return refuse(ctx, Id::TrackSuspended);
    }
    if (command.start) {
        return start_tracking(ctx, mmc, slot, function);
    }
    if (!c.tracking.on && ctx.rules.value(Id::TrackStopIdleSucceeds) == 0) {
        return refuse(ctx, Id::TrackBadCntlid);
    }
    stop_tracking_of(ctx, function);
    return {};
}

/// Track Send (5.2.28), all operations.
template <class Bounds>
Outcome track_send(Context<Bounds>& ctx, std::uint16_t mmc, std::uint32_t slot,
                   const wire::Sqe& sqe) {
    using spec::Id;
    if (!ctx.controller(mmc).primary && ctx.rules.on(Id::TrackSendToMc)) {
        return refuse(ctx, Id::TrackSendToMc);
    }
    const wire::TrackOperation operation = wire::track_operation(sqe, ctx.rules);
    if (operation == wire::TrackOperation::LogUserDataChanges) {
        return log_user_data(ctx, sqe);
    }
    const bool memory = operation == wire::TrackOperation::TrackMemoryChanges;
    if ((!memory || !ctx.config.track_memory) && ctx.rules.on(Id::TrackSendSelReserved)) {
        return refuse(ctx, Id::TrackSendSelReserved);
    }
    return memory ? track_memory(ctx, mmc, slot, sqe) : Outcome{};
}

/// Tracked Memory Changes (5.2.27.1.1) of a tracked MC.
template <class Bounds>
Outcome report_changes(Context<Bounds>& ctx, std::uint16_t mmc, std::uint32_t slot,
                       std::uint16_t function) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    const Slot& command = ctx.controller(mmc).slot[slot];
    if (command.length < rules.value(Id::TrackedHeaderSize) && rules.on(Id::TrackReceiveNoHeader)) {
        return refuse(ctx, Id::TrackReceiveNoHeader);
    }
    wire::TrackedMemoryWriter writer(ctx.env.data(mmc, slot, command.length), command.length,
                                     rules);
    TrackedMemory& memory = ctx.env.tracked(function);
    const std::uint64_t written = memory.written();
    if (written != 0 && writer.room() == 0 && rules.on(Id::TrackReceiveNoRoom)) {
        return refuse(ctx, Id::TrackReceiveNoRoom);
    }
    std::uint64_t reported = 0;
    const TrackedMemory::Order order = {rules.on(Id::TrackReceiveForgets),
                                        rules.value(Id::TrackedTakesTurns) != 0};
    memory.report(writer.room(), order, [&](const wire::MemoryRange& range) {
        writer.add(range);
        reported += range.granules;
    });
    const Controller<Bounds>& c = ctx.controller(function);
    const bool suspended = command.result != 0 && is(c.migration, Migration::Suspended);
    wire::TrackedHeader header;
    header.more = reported != written && (reported != 0 || !rules.on(Id::TrackedNoneMeansNoMore));
    header.suspended = suspended || !rules.on(Id::TrackedSuspMeansSuspended);
    header.cntlid = c.cntlid;
    header.granularity = c.tracking.granularity;
    writer.finish(header);
    return {0, 0, command.length, 0};
}

/// Track Receive (5.2.27), all operations.
template <class Bounds>
Outcome track_receive(Context<Bounds>& ctx, std::uint16_t mmc, std::uint32_t slot,
                      const wire::Sqe& sqe) {
    using spec::Id;
    if (!ctx.controller(mmc).primary && ctx.rules.on(Id::TrackReceiveToMc)) {
        return refuse(ctx, Id::TrackReceiveToMc);
    }
    const wire::TrackReceive command = wire::decode_track_receive(sqe, ctx.rules);
    if ((!command.memory_changes || !ctx.config.track_memory) &&
        ctx.rules.on(Id::TrackReceiveSelReserved)) {
        return refuse(ctx, Id::TrackReceiveSelReserved);
    }
    const std::uint16_t function = find_migratable(ctx, command.cntlid);
    const bool tracked = function != 0 && ctx.controller(function).tracking.on;
    if (function == 0 || (!tracked && ctx.rules.on(Id::TrackReceiveBadCntlid))) {
        return refuse(ctx, in_any_case(ctx.rules, Id::TrackReceiveBadCntlid));
    }
    return report_changes(ctx, mmc, slot, function);
}

}  // namespace lmsim::nvme
