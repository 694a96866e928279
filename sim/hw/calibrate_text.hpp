#pragma once

#include <string>

#include "sim/core/param_type.hpp"
#include "sim/hw/calibrate_profile.hpp"

namespace lmsim::sim::hw {

// The words of a profile.

/// A quantity as TOML has it.
template <class U>
std::string quoted(U value) {
    return ParamType<U>::print(value);
}

/// A line of TOML with where it comes from.
std::string line(const std::string& what, const std::string& comment);

/// The comments at the head of a profile: what was measured, with what, and what was left out.
std::string heading(const Calibration& measured, const Provenance& from);

/// "1000 samples: p50 61.2us, p99 70us, p99.9 81us; less 1.2us on the way".
std::string provenance_of(const Series& series, Ps path);

/// Why link.latency is what it is.
std::string latency_comment(const Calibration& measured, Ps path);

/// For people: 61.2us, 4.013ms.
std::string rounded(Ps time);

}  // namespace lmsim::sim::hw
