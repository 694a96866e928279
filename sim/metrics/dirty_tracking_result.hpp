#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sim/core/event_queue.hpp"
#include "sim/host/tracker.hpp"

namespace lmsim::sim::metrics {

/// Who told the VMM what devices wrote to the guest's memory, and what that came to.
struct DirtyTrackingResult {
    Tracker by = Tracker::Vmm;
    std::string why;
    std::uint64_t reports = 0;
    std::uint64_t granules = 0;
    std::uint64_t pages = 0;
    Ps time = 0;
};

template <class Visitor>
void dirty_tracking_fields(Visitor& v, const DirtyTrackingResult& tracking) {
    v.object("dirty_tracking", "of what devices write to the guest's memory", [&](auto& w) {
        w.choice("by", tracker_names, tracking.by, "who tracked; vmm: it knew, for nothing");
        w.text("why", tracking.why, "the reason; empty: the scenario does not ask who");
        w.count("reports", tracking.reports,
                "asked for, of the IOMMU or of single devices of other kinds than NVMe");
        w.count("granules", tracking.granules, "in these");
        w.count("pages", tracking.pages, "of 4 KiB in these granules");
        w.time("ps", tracking.time, "of all logs of devices and IOMMU, all calls together");
    });
}

}  // namespace lmsim::sim::metrics
