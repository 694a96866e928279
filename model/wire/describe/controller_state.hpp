#pragma once

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

void walk_controller_state(Walker& walker);
void controller_state_evidence(const Input& input, Evidence& evidence);

/// NVMe Controller State version 0 alone, without the header around it.
void walk_nvme_state(Walker& walker);
void nvme_state_evidence(const Input& input, Evidence& evidence);

/// The format of our own vendor area.
void walk_vendor_area(Walker& walker);
void vendor_area_evidence(const Input& input, Evidence& evidence);

}  // namespace lmsim::wire::describe
