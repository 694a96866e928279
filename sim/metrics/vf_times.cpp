#include "sim/metrics/vf_times.hpp"

#include <algorithm>

namespace lmsim::sim::metrics {

std::vector<VfOrder> first_median_last(std::vector<VfTimes> vfs) {
    if (vfs.empty()) {
        return {};
    }
    std::stable_sort(vfs.begin(), vfs.end(),
                     [](const VfTimes& a, const VfTimes& b) { return a.ready < b.ready; });
    return {{"first", vfs.front()}, {"median", vfs[(vfs.size() - 1) / 2]}, {"last", vfs.back()}};
}

}  // namespace lmsim::sim::metrics
