#include "sim/metrics/guest_meter.hpp"

namespace lmsim::sim::metrics {

void GuestMeter::enter(Ps at, Window window) {
    LMSIM_ASSERT(at >= window_begin_);
    meters_[static_cast<std::size_t>(window_)].duration += at - window_begin_;
    window_ = window;
    window_begin_ = at;
}

void GuestMeter::close(Ps at) {
    advance(at);
    enter(at, window_);
    if (under_way_ > 0 || waiting_) note_gap(at);
}

void GuestMeter::unfinished(Ps submitted_at) {
    LMSIM_ASSERT(submitted_at <= last_);
    unfinished_ += static_cast<Uint128>(last_ - submitted_at);
}

std::uint64_t GuestMeter::skip(Ps from, Ps to, const GuestSample& like) {
    advance(to);
    const auto scaled = [&](std::uint64_t what) {
        return static_cast<std::uint64_t>(static_cast<Uint128>(what) *
                                          static_cast<std::uint64_t>(to - from) /
                                          static_cast<std::uint64_t>(like.span));
    };
    const std::uint64_t count = scaled(like.latency.count());
    Meter& meter = meters_[static_cast<std::size_t>(window_)];
    if (count != 0) {
        const Uint128 sum = meter.latency.sum();
        meter.latency.add_like(like.latency, count);
        area_ += meter.latency.sum() - sum;
    }
    meter.bytes += scaled(like.bytes);
    submitted_ += count;
    last_completion_ = to;
    idle_until_ = to;
    return count;
}

std::uint64_t GuestMeter::completed() const {
    std::uint64_t count = 0;
    for (const Meter& meter : meters_) count += meter.latency.count();
    return count;
}

GuestWindow GuestMeter::summary(Window window) const {
    const Meter& from = meter(window);
    const Histogram& latency = from.latency;
    return {from.duration, latency.count(), from.bytes,
            latency.p50(), latency.p99(),   latency.p999(),
            latency.max(), latency.mean(),  latency.quantile(999'900)};
}

GuestResult GuestMeter::result() const {
    return {summary(Window::Before), summary(Window::During), summary(Window::After), longest_gap_};
}

LittlesLaw GuestMeter::littles_law() const {
    const Ps span = last_ - first_;
    const std::uint64_t count = completed();
    if (span <= 0 || count == 0) return {};
    Uint128 latencies = 0;
    for (const Meter& meter : meters_) latencies += meter.latency.sum();
    const Uint128 stayed = latencies + unfinished_;
    const Uint128 apart = stayed > area_ ? stayed - area_ : area_ - stayed;
    LittlesLaw law;
    law.l = static_cast<double>(area_) / static_cast<double>(span);
    law.lambda_per_s = static_cast<double>(count) * 1e12 / static_cast<double>(span);
    law.w_ns = static_cast<double>(latencies) / static_cast<double>(count) / 1000.0;
    law.error = area_ == 0 ? 0 : static_cast<double>(apart) / static_cast<double>(area_);
    return law;
}

}  // namespace lmsim::sim::metrics
