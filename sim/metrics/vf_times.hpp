#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sim/metrics/part.hpp"

namespace lmsim::sim::metrics {

/// How long one VF stood still in the switchover, and how long its commands waited for the PFs'
/// admin queues. Times count from the begin of the blackout.
struct VfTimes {
    Device device = 0;
    Ps stopped = 0;  // it fetches no more on the source
    Ps ready = 0;    // it fetches and can interrupt on the destination
    Ps waited = 0;   // from the wish for each command to its doorbell, on both sides
};

/// The first, the one in the middle and the last to be ready.
struct VfOrder {
    std::string_view place;
    VfTimes vf;
};
std::vector<VfOrder> first_median_last(std::vector<VfTimes> vfs);

}  // namespace lmsim::sim::metrics
