#pragma once

#include <memory>

#include "sim/bridge/open_rig.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

// Each verb of `lmsim hw` adds itself to it.
void add_hw_release(CLI::App& hw, int& exit_code);
void add_hw_compare(CLI::App& hw, int& exit_code);
void add_hw_conform(CLI::App& hw, int& exit_code);
void add_hw_probe(CLI::App& hw, int& exit_code);
void add_hw_run(CLI::App& hw, int& exit_code);

void add_hw_migrate(CLI::App& hw, int& exit_code);

void add_hw_calibrate(CLI::App& hw, int& exit_code);

/// The options by which a verb of `lmsim hw` is told what it opens, the device's address first.
void add_rig_options(CLI::App& verb, sim::RigRequest& request);

/// By which of VFIO's two ways devices are opened.
void add_access_option(CLI::App& verb, sim::vfio_kernel::Access& access);

/// Where the session is recorded.
void add_record_option(CLI::App& verb, std::string& file);

/// The same but for the device's address: of a verb that has other words for it.
void add_shared_rig_options(CLI::App& verb, sim::RigRequest& request);

/// Opens it, or says on the standard error what is wrong: then nullptr, and the verb ends with
/// Environment. From then on SIGINT and SIGTERM end its waiting: its trouble is "interrupted", and
/// `lmsim hw` ends with Interrupted whatever the verb says.
std::unique_ptr<sim::Rig> open_or_complain(const char* verb, const sim::RigRequest& request);
/// The same with a second device, if its request names one. No source: it has said what is wrong.
sim::Rigs open_or_complain(const char* verb, const sim::RigRequest& source,
                           const sim::RigRequest& destination);

/// Was something not given back, or a recording not complete? It has been said; nothing that was
/// done counts as well done.
bool not_given_back();
/// Did a replay turn out otherwise than its recording? It has been said.
bool replay_differed();

}  // namespace lmsim::cli
