#pragma once

#include "sim/metrics/result.hpp"
#include "sim/run/dialects.hpp"
#include "sim/run/workload.hpp"

namespace lmsim::sim {

/// How far an estimate of the downtime is from the exact run's in nine cases of ten:
/// docs/fidelity.md.
constexpr double fluid_error_bound = 0.25;

/// All that closed forms leave out of the scenario, or an empty text: then fluid_error_bound holds.
std::string why_not_fluid(const Scenario& scenario);

/// The migration by closed forms, in no time: rounds of pre-copy from rates alone, the blackout
/// from means. Draws nothing and simulates nothing; safe in any thread, and as often as one likes.
/// What it says nothing of (the guest's I/O, utilization) is 0.
metrics::Result fluid_result(const Scenario& scenario, const Workload& workload,
                             const Dialects& dialects);

}  // namespace lmsim::sim
