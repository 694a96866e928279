#pragma once

#include <string>
#include <vector>

#include "sim/metrics/part.hpp"

namespace lmsim::viz {

/// What a run says of its downtime, as it is drawn.
struct DowntimePicture {
    struct Part {
        std::string name;  // "drain, vf 3", "suspend (4 VFs)"
        sim::metrics::Side side = sim::metrics::Side::Source;
        sim::Ps ps = 0;
    };
    struct Beside {
        std::string name;
        sim::Ps ps = 0;
    };
    std::string title;
    std::vector<Part> parts;     // they sum to the downtime
    std::vector<Beside> beside;  // what others call so: the VMM, the guest
};

/// SVG: a staircase of the parts, which together are the downtime, and below it the other figures.
std::string downtime_svg(const DowntimePicture& picture);

}  // namespace lmsim::viz
