#pragma once

#include <algorithm>
#include <vector>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim::metrics {

/// What happened over time, in a bounded number of bins: when time runs past the last one,
/// neighbours are added together and each bin covers twice the time. Memory stays flat.
class Series {
  public:
    /// What ended in one stretch of time.
    struct Bin {
        std::uint64_t commands = 0;
        std::uint64_t bytes = 0;
        Ps max_latency = 0;
    };

    /// The first bin begins at `origin`. `width` > 0 is that of a bin at first, `limit` (even) the
    /// number of bins at most.
    explicit Series(Ps origin = 0, Ps width = 1'000'000'000, std::size_t limit = 4096);

    /// One completed command. `at` not before the origin; cheapest when times do not decrease.
    void add(Ps at, std::uint64_t bytes, Ps latency) {
        if (__builtin_expect(at < current_begin_ || at - current_begin_ >= width_, 0)) select(at);
        Bin& bin = bins_[current_];
        ++bin.commands;
        bin.bytes += bytes;
        bin.max_latency = std::max(bin.max_latency, latency);
    }

    Ps origin() const { return origin_; }
    Ps width() const { return width_; }
    /// From the origin to the last bin that was used.
    const std::vector<Bin>& bins() const { return bins_; }

  private:
    void select(Ps at);
    void halve();

    Ps origin_;
    Ps width_;
    std::size_t limit_;
    std::vector<Bin> bins_;
    std::size_t current_ = 0;
    Ps current_begin_;
};

}  // namespace lmsim::sim::metrics
