#pragma once

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

/// Track Memory Changes, host to controller.
void walk_track_memory(Walker& walker);
void track_memory_evidence(const Input& input, Evidence& evidence);

/// Tracked Memory Changes, controller to host.
void walk_tracked_memory(Walker& walker);
void tracked_memory_evidence(const Input& input, Evidence& evidence);

}  // namespace lmsim::wire::describe
