#pragma once

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

/// The memory of a User Data Migration Queue: LBA Migration Queue entries, slot by slot.
void walk_cdq(Walker& walker);
void cdq_evidence(const Input& input, Evidence& evidence);

/// Data of Get Features 21h.
void walk_cdq_feature(Walker& walker);
void cdq_feature_evidence(const Input& input, Evidence& evidence);

}  // namespace lmsim::wire::describe
