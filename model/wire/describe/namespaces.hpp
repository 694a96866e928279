#pragma once

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

void walk_identify_namespace(Walker& walker);
void identify_namespace_evidence(const Input& input, Evidence& evidence);

extern const Block independent_namespace_block;

extern const Block identify_controller_nvm_block;
void identify_controller_nvm_evidence(const Input& input, Evidence& evidence);

/// Data of Namespace Management, Create.
extern const Block namespace_create_block;

}  // namespace lmsim::wire::describe
