#pragma once

#include <algorithm>
#include <array>

#include "sim/metrics/histogram.hpp"
#include "sim/metrics/result.hpp"
#include "sim/metrics/series.hpp"

namespace lmsim::sim::metrics {

enum class Window : std::uint8_t { Ramp, Before, During, After };

/// What the guest completed in some stretch of time.
struct GuestSample {
    Histogram latency;
    std::uint64_t bytes = 0;
    Ps span = 0;
};

/// Measures the I/O of the guest, whichever side serves it. Times of calls never decrease. A
/// command counts in the window in which it completes.
class GuestMeter {
  public:
    GuestMeter() = default;
    explicit GuestMeter(const Series& series) : series_(series) {}

    /// From now on completions count there. It begins in Ramp, which is in no result.
    void enter(Ps at, Window window);

    void submitted(Ps at) {
        advance(at);
        if (under_way_++ == 0 && !waiting_) idle_until_ = at;
        ++submitted_;
    }

    /// The guest has I/O to do although none is under way (it stands still, or the queue is full):
    /// from now on the time counts as a gap.
    void waits(Ps at) {
        if (under_way_ == 0 && !waiting_) idle_until_ = at;
        waiting_ = true;
    }

    void completed(Ps at, Ps submitted_at, std::uint64_t bytes) {
        advance(at);
        LMSIM_ASSERT(under_way_ > 0 && at >= submitted_at);
        note_gap(at);
        --under_way_;
        waiting_ = false;
        last_completion_ = at;
        const Ps latency = at - submitted_at;
        Meter& meter = meters_[static_cast<std::size_t>(window_)];
        meter.latency.add(latency);
        meter.bytes += bytes;
        series_.add(at, bytes, latency);
        if (sample_ != nullptr) {
            sample_->latency.add(latency);
            sample_->bytes += bytes;
        }
    }
    /// From now on completions count there, too; nullptr: nowhere else.
    void sample(GuestSample* to) { sample_ = to; }
    /// From `from` to `to` the guest did as much as in the sample in as much time: commands that
    /// are counted and were not simulated. Returns how many. No gap lies in that time.
    std::uint64_t skip(Ps from, Ps to, const GuestSample& like);

    /// The end of the run: windows and the last gap end here. Once, last but for unfinished().
    void close(Ps at);
    /// After close(), for each command that is still under way: so that Little's law holds at the
    /// edge of the run, too.
    void unfinished(Ps submitted_at);

    GuestResult result() const;
    /// Over the time from the first submission to close(). `error` compares the integral of the
    /// number under way with the sum of what each command stayed, two independent counts of the
    /// same: 0 unless a stamp is wrong or a command is lost.
    LittlesLaw littles_law() const;
    const Histogram& latency(Window window) const { return meter(window).latency; }
    const Series& series() const { return series_; }
    std::uint64_t submitted() const { return submitted_; }
    std::uint64_t completed() const;
    std::uint64_t under_way() const { return under_way_; }
    Ps longest_gap() const { return longest_gap_; }

  private:
    struct Meter {
        Histogram latency;
        std::uint64_t bytes = 0;
        Ps duration = 0;
    };

    const Meter& meter(Window window) const { return meters_[static_cast<std::size_t>(window)]; }
    GuestWindow summary(Window window) const;

    void advance(Ps at) {
        LMSIM_ASSERT(at >= last_);
        if (under_way_ != 0) area_ += Uint128{under_way_} * static_cast<Uint128>(at - last_);
        if (submitted_ == 0) first_ = at;
        last_ = at;
    }
    void note_gap(Ps at) {
        longest_gap_ = std::max(longest_gap_, at - std::max(last_completion_, idle_until_));
    }

    std::array<Meter, 4> meters_;
    Series series_;
    GuestSample* sample_ = nullptr;
    Window window_ = Window::Ramp;
    Ps window_begin_ = 0;
    Ps last_ = 0;
    Ps first_ = 0;
    Ps last_completion_ = 0;
    Ps idle_until_ = 0;  // when the guest last got I/O to do after having had none
    Ps longest_gap_ = 0;
    bool waiting_ = false;
    std::uint64_t under_way_ = 0;
    std::uint64_t submitted_ = 0;
    Uint128 area_ = 0;        // integral of the number under way
    Uint128 unfinished_ = 0;  // what commands that did not complete have stayed
};

}  // namespace lmsim::sim::metrics
