#pragma once

#include "viz/sequence/chart/chart.hpp"

namespace lmsim::viz::seq {

/// Repeated exchanges (same lifelines, same call, same answer) become one loop with how often and
/// how long. Each item of a loop counts its occurrences; bytes and counts of I/O are added up.
void fold(SequenceChart& chart);

}  // namespace lmsim::viz::seq
