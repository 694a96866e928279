#include "sim/fluid/dirtying.hpp"

#include <algorithm>

#include "sim/host/memory.hpp"

namespace lmsim::sim {

namespace {

double fluid_pages(Bytes bytes) {
    return static_cast<double>(bytes.count) / static_cast<double>(page_size);
}

/// base to a whole power, by squaring: the same on every machine.
double power(double base, std::uint64_t exponent) {
    double result = 1;
    for (; exponent != 0; exponent >>= 1U, base *= base) {
        result *= (exponent & 1U) != 0 ? base : 1;
    }
    return result;
}

/// Of n pages, those that at least one of so many writes hits: n (1 - (1 - 1/n)^writes).
double hit(double n, double writes) {
    return n <= 0 ? 0 : n * (1 - power(1 - 1 / n, static_cast<std::uint64_t>(writes)));
}

}  // namespace

Dirtying::Dirtying(const Scenario& scenario, const Workload& workload) {
    const DirtyParams& dirty = scenario.vm.dirty;
    const double rate = static_cast<double>(dirty.rate.milli_per_s) / 1000;
    const double all = fluid_pages(dirty.working_set);
    hot_ = std::min(fluid_pages(dirty.hot), all);
    cold_ = all - hot_;
    const double to_hot = hot_ == 0 ? 0 : static_cast<double>(dirty.hot_share.ppm) / 1e6;
    // What does not go to the hot part goes to all of the working set.
    hot_rate_ = rate * (to_hot + (1 - to_hot) * hot_ / all);
    cold_rate_ = rate - hot_rate_;
    sequential_ = dirty.pattern == DirtyPattern::Sequential;
    for (const PlacedSource& placed : workload.sources) {
        const double buffer = fluid_pages(Bytes{placed.source->longest()});
        io_ += std::max(buffer, 1.0) * placed.source->depth();
    }
    if (io_ != 0) {
        const DeviceParams& device = scenario.hosts.src.device;
        const double queues = device.vfs * static_cast<double>(device.queue_pairs);
        io_ += queues * std::max(2.0, device.queue_size * 80.0 / static_cast<double>(page_size));
    }
}

double Dirtying::pages_in(double seconds) const {
    constexpr double io_comes_round = 0.005;
    const double io = io_ * std::min(1.0, seconds / io_comes_round);
    if (sequential_) {
        return io + std::min(hot_ + cold_, (hot_rate_ + cold_rate_) * seconds);
    }
    return io + hit(hot_, hot_rate_ * seconds) + hit(cold_, cold_rate_ * seconds);
}

}  // namespace lmsim::sim
