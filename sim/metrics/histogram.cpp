#include "sim/metrics/histogram.hpp"

#include <algorithm>

namespace lmsim::sim::metrics {

Ps Histogram::width(std::size_t bucket) {
    const std::size_t octave = bucket >> sub_bits;
    return Ps{1} << (octave == 0 ? 0 : octave - 1);
}

Ps Histogram::start(std::size_t bucket) {
    const std::size_t octave = bucket >> sub_bits;
    if (octave == 0) return static_cast<Ps>(bucket);
    const std::size_t mantissa = bucket - ((octave - 1) << sub_bits);
    return static_cast<Ps>(mantissa << (octave - 1));
}

std::uint64_t Histogram::full_count(std::size_t bucket) const {
    const auto wraps = static_cast<std::uint64_t>(
        std::count(wraps_.begin(), wraps_.end(), static_cast<std::uint16_t>(bucket)));
    return counts_[bucket] + (wraps << 32U);
}

void Histogram::merge(const Histogram& other) {
    const std::vector<std::uint16_t> wraps = other.wraps_;  // other may be *this
    wraps_.insert(wraps_.end(), wraps.begin(), wraps.end());
    for (std::size_t i = 0; i < bucket_count; ++i) {
        const std::uint32_t added = other.counts_[i];
        counts_[i] += added;
        if (counts_[i] < added) wraps_.push_back(static_cast<std::uint16_t>(i));
    }
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

void Histogram::add_like(const Histogram& other, std::uint64_t count) {
    LMSIM_ASSERT(other.count_ != 0 && other.wraps_.empty());
    const auto share = [&](std::uint64_t upto) {
        return static_cast<std::uint64_t>(static_cast<Uint128>(upto) * count / other.count_);
    };
    std::uint64_t seen = 0;
    std::uint64_t given = 0;
    for (std::size_t i = 0; i < bucket_count && seen != other.count_; ++i) {
        seen += other.counts_[i];
        const std::uint64_t added = share(seen) - given;
        given += added;
        const auto wraps = static_cast<std::size_t>((counts_[i] + added) >> 32U);
        wraps_.insert(wraps_.end(), wraps, static_cast<std::uint16_t>(i));
        counts_[i] = static_cast<std::uint32_t>(counts_[i] + added);
    }
    count_ += count;
    sum_ += other.sum_ * count / other.count_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

Ps Histogram::mean() const {
    return count_ == 0 ? 0 : static_cast<Ps>((sum_ + count_ / 2) / count_);
}

Ps Histogram::quantile(std::uint32_t ppm) const {
    LMSIM_ASSERT(ppm <= 1'000'000);
    if (count_ == 0) return 0;
    const auto rank =
        static_cast<std::uint64_t>((static_cast<Uint128>(count_) * ppm + 999'999) / 1'000'000);
    if (rank >= count_) return max_;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
        seen += wraps_.empty() ? counts_[i] : full_count(i);
        if (seen >= rank && seen != 0) {
            return std::clamp(start(i) + width(i) / 2, min_, max_);
        }
    }
    return max_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
    std::vector<Bucket> list;
    for (std::size_t i = 0; i < bucket_count; ++i) {
        const std::uint64_t count = full_count(i);
        if (count != 0) list.push_back({start(i), width(i), count});
    }
    return list;
}

}  // namespace lmsim::sim::metrics
