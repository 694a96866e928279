#pragma once

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

/// The Status row of SCT << 8 | SC; Id::Count if there is none.
spec::Id status_row(std::uint16_t status, const spec::Rules& rules);

extern const Block cqe_block;
// Completions whose DW0 and DW1 mean something.
extern const Block cqe_get_state_block;
extern const Block cqe_event_block;
extern const Block cqe_create_cdq_block;
extern const Block cqe_get_cdq_block;
extern const Block cqe_track_memory_block;
extern const Block cqe_capabilities_block;
extern const Block cqe_virtualization_block;
void cqe_event_evidence(const Input& input, Evidence& evidence);
void cqe_evidence(const Input& input, Evidence& evidence);

}  // namespace lmsim::wire::describe
