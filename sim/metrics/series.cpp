#include "sim/metrics/series.hpp"

#include "model/assert.hpp"

namespace lmsim::sim::metrics {

Series::Series(Ps origin, Ps width, std::size_t limit)
    : origin_(origin), width_(width), limit_(limit), bins_(1), current_begin_(origin) {
    LMSIM_ASSERT(width > 0 && limit >= 2 && limit % 2 == 0);
    bins_.reserve(limit);
}

void Series::select(Ps at) {
    LMSIM_ASSERT(at >= origin_);
    while (static_cast<std::size_t>((at - origin_) / width_) >= limit_) halve();
    current_ = static_cast<std::size_t>((at - origin_) / width_);
    current_begin_ = origin_ + static_cast<Ps>(current_) * width_;
    if (current_ >= bins_.size()) bins_.resize(current_ + 1);
}

void Series::halve() {
    const std::size_t used = bins_.size();
    for (std::size_t i = 0; i < used; i += 2) {
        Bin sum = bins_[i];
        if (i + 1 < used) {
            const Bin& next = bins_[i + 1];
            sum.commands += next.commands;
            sum.bytes += next.bytes;
            sum.max_latency = std::max(sum.max_latency, next.max_latency);
        }
        bins_[i / 2] = sum;
    }
    bins_.resize((used + 1) / 2);
    width_ *= 2;
}

}  // namespace lmsim::sim::metrics
