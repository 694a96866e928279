#pragma once

#include "model/wire/describe/walker.hpp"

namespace lmsim::wire::describe {

void walk_namespace_list(Walker& walker);
void namespace_list_evidence(const Input& input, Evidence& evidence);

void walk_controller_list(Walker& walker);
void controller_list_evidence(const Input& input, Evidence& evidence);

/// Namespace Identification Descriptor list, CNS 03h.
void walk_namespace_descriptors(Walker& walker);
void namespace_descriptors_evidence(const Input& input, Evidence& evidence);

/// LBA Status Descriptor List of Get LBA Status.
extern const Block lba_status_block;
extern const Block lba_status_entry_block;
void lba_status_evidence(const Input& input, Evidence& evidence);

/// Ranges of Dataset Management.
extern const Block dsm_range_block;
void dsm_ranges_evidence(const Input& input, Evidence& evidence);

}  // namespace lmsim::wire::describe
