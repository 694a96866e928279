#pragma once

#include <string>
#include <vector>

#include "sim/host/host_driver.hpp"
#include "sim/metrics/host_result.hpp"
#include "sim/run/dialects.hpp"

namespace lmsim::sim {

/// A scenario with the architecture of 2022 that names no profile has that of 2022.
void choose_profile(LoadedScenario& loaded);

/// Dialects that do not fit the architecture go into loaded.errors.
void check_architecture_dialects(const Dialects& dialects, LoadedScenario& loaded);

/// Leaves out what the architecture cannot do, where the scenario allows that.
void apply_architecture(const Scenario& scenario, const spec::Rules& driver, HostTiming& timing);

/// What a run says of its hosts: who did what how often, who can reach what, what cannot be done.
metrics::HostResult host_result(const Scenario& scenario, const Dialects& dialects,
                                const HostDriver& source, const HostDriver& destination);

}  // namespace lmsim::sim
