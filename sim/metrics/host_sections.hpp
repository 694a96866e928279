#pragma once

#include <vector>

#include "sim/metrics/report_sections.hpp"

namespace lmsim::sim::metrics {

/// What the hosts' architecture took and means. Together: in short, and nothing of a VFIO driver
/// that keeps its queues to itself.
std::vector<Section> host_sections(const HostResult& host, Detail detail);

}  // namespace lmsim::sim::metrics
