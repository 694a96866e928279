#pragma once

#include <memory>
#include <vector>

#include "sim/metrics/result.hpp"
#include "sim/run/vm.hpp"

namespace lmsim::sim {

/// Of several VMs: `each` is what every one of them alone would say. Where a key speaks of one VM,
/// it is the one that stood still longest; counts and bytes are those of all.
metrics::Result together(const std::vector<std::unique_ptr<Vm>>& vms,
                         std::vector<metrics::Result> each, std::uint32_t at_once);

}  // namespace lmsim::sim
