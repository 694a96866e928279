#pragma once

#include <string>
#include <vector>

#include "sim/hw/calibrate_profile.hpp"

namespace lmsim::sim::hw {

/// For people: a row for each kind.
std::string calibration_table(const Calibration& measured);
/// Measured and simulated side by side.
std::string comparison_table(const std::vector<Compared>& all);

/// All figures, schema lmsim/calibration/1. `profile`: nullptr if none was derived.
std::string calibration_json(const Calibration& measured, const Provenance& from,
                             const DeviceProfile* profile, const std::vector<Compared>& all);

}  // namespace lmsim::sim::hw
