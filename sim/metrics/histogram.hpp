#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/core/event_queue.hpp"
#include "sim/core/units.hpp"

namespace lmsim::sim::metrics {

/// Counts of times (0 .. 2^63-1 ps) in buckets whose width is at most 1/64 of their values, so that
/// a quantile is at most 1/128 off. Count, sum, minimum and maximum are exact. Fixed memory.
class Histogram {
  public:
    void add(Ps value) {
        LMSIM_ASSERT(value >= 0);
        const std::size_t at = bucket(value);
        if (__builtin_expect(++counts_[at] == 0, 0)) {
            wraps_.push_back(static_cast<std::uint16_t>(at));
        }
        ++count_;
        sum_ += static_cast<Uint128>(value);
        min_ = value < min_ ? value : min_;
        max_ = value > max_ ? value : max_;
    }
    void merge(const Histogram& other);
    /// Adds `count` values that are spread as the other's, which is not empty and none of whose
    /// buckets holds 2^32 values.
    void add_like(const Histogram& other, std::uint64_t count);

    std::uint64_t count() const { return count_; }
    Uint128 sum() const { return sum_; }
    /// 0 if there is no value, as all figures below.
    Ps min() const { return count_ == 0 ? 0 : min_; }
    Ps max() const { return max_; }
    /// Rounded to the nearest picosecond.
    Ps mean() const;
    /// The value of rank ceil(count * ppm / 10^6), within 1/128 of it and within [min, max].
    /// ppm: 500000 is the median; 1000000 the maximum.
    Ps quantile(std::uint32_t ppm) const;
    Ps p50() const { return quantile(500'000); }
    Ps p99() const { return quantile(990'000); }
    Ps p999() const { return quantile(999'000); }

    /// One bucket that is not empty: counts values in [from, from + width).
    struct Bucket {
        Ps from = 0;
        Ps width = 0;
        std::uint64_t count = 0;
    };
    std::vector<Bucket> buckets() const;

  private:
    // 64 buckets for each power of two from 2^6 on; below, a bucket for each value.
    static constexpr unsigned sub_bits = 6;
    static constexpr std::size_t bucket_count = (63 - sub_bits + 1) << sub_bits;

    static std::size_t bucket(Ps value) {
        const auto raw = static_cast<std::uint64_t>(value);
        const unsigned shift =
            63U - sub_bits - static_cast<unsigned>(__builtin_clzll(raw | (1U << sub_bits)));
        return (static_cast<std::size_t>(shift) << sub_bits) + (raw >> shift);
    }
    static Ps width(std::size_t bucket);
    static Ps start(std::size_t bucket);
    std::uint64_t full_count(std::size_t bucket) const;

    std::array<std::uint32_t, bucket_count> counts_{};
    std::vector<std::uint16_t> wraps_;  // one entry for each 2^32 values of a bucket
    std::uint64_t count_ = 0;
    Uint128 sum_ = 0;
    Ps min_ = INT64_MAX;
    Ps max_ = 0;
};
static_assert(sizeof(Histogram) <= 16384);

}  // namespace lmsim::sim::metrics
