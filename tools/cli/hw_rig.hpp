#pragma once

#include <memory>

#include "sim/bridge/open_rig.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

// Each verb of `lmsim hw` adds itself to it.

/// The options by which a verb of `lmsim hw` is told what it opens, the device's address first.
void add_rig_options(CLI::App& verb, sim::RigRequest& request);

/// Opens it, or says on the standard error what is wrong: then nullptr, and the verb ends with
/// Environment.
std::unique_ptr<sim::Rig> open_or_complain(const char* verb, const sim::RigRequest& request);

}  // namespace lmsim::cli
