#pragma once

#include "model/wire/describe/walker.hpp"

/// Data of Get Log Page.
namespace lmsim::wire::describe {

extern const Block error_entry_block;
extern const Block health_block;
extern const Block firmware_slots_block;

void walk_supported_logs(Walker& walker);
void walk_command_effects(Walker& walker);
void walk_feature_effects(Walker& walker);

}  // namespace lmsim::wire::describe
