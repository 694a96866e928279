#pragma once

#include "sim/metrics/result.hpp"
#include "sim/scenario/run_params.hpp"

namespace lmsim::sim {

/// Does the result come up to what the scenario's author expected?
metrics::Expectation judge(const ExpectParams& expect, const metrics::Result& result);

}  // namespace lmsim::sim
