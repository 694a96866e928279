#pragma once

#include "sim/metrics/report_sections.hpp"

namespace lmsim::sim::metrics {

/// Of several VMs: each of them, and what the last VF waited for. None of one VM.
std::vector<Section> vms_sections(const Result& result);

}  // namespace lmsim::sim::metrics
