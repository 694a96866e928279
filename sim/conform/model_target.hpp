#pragma once

#include <memory>

#include "model/nvme/config.hpp"
#include "model/spec/rules.hpp"
#include "sim/conform/target.hpp"

namespace lmsim::sim::conform {

/// A device whose limits cases can reach; with three VFs.
nvme::Config case_limits();
constexpr std::uint16_t case_vfs = 3;

/// The model in this process, in simulated time: a PF and two VFs that follow `rules`. One a
/// process, as SystemC has one kernel a process.
std::unique_ptr<Target> make_model_target(const spec::Rules& rules);
/// With other limits and as many VFs.
std::unique_ptr<Target> make_model_target(const spec::Rules& rules, const nvme::Config& config,
                                          std::uint16_t vfs);

}  // namespace lmsim::sim::conform
