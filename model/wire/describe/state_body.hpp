#pragma once

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

/// What dialects put into an NVMe Controller State besides its queue states (CS-V1-01).

/// Registers and admin queue, then so many feature values and AERs. Returns whether to go on.
bool walk_own(Walker& walker, std::uint64_t features, std::uint64_t aers);

/// Parts that describe themselves, up to the end of the input; `queues` describes the queue states
/// of a part up to the end of the input, which is that of the part.
bool walk_parts(Walker& walker, bool (*queues)(Walker& walker, bool submission));

}  // namespace lmsim::wire::describe
