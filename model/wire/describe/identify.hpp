#pragma once

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

void walk_identify_controller(Walker& walker);
void identify_controller_evidence(const Input& input, Evidence& evidence);

extern const Block primary_capabilities_block;
void primary_capabilities_evidence(const Input& input, Evidence& evidence);

void walk_secondary_list(Walker& walker);
void secondary_list_evidence(const Input& input, Evidence& evidence);

void walk_state_formats(Walker& walker);
void state_formats_evidence(const Input& input, Evidence& evidence);

}  // namespace lmsim::wire::describe
