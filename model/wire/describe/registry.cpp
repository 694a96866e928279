#include "model/wire/describe/cdq.hpp"
#include "model/wire/describe/command.hpp"
#include "model/wire/describe/controller_state.hpp"
#include "model/wire/describe/cqe.hpp"
#include "model/wire/describe/identify.hpp"
#include "model/wire/describe/lists.hpp"
#include "model/wire/describe/log_pages.hpp"
#include "model/wire/describe/namespaces.hpp"
#include "model/wire/describe/templates.hpp"
#include "model/wire/describe/track.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr Structure table[] = {
    {"admin-sqe", "sqe", "Submission queue entries of the admin queue", Id::SqeOpc,
     walk_admin_entries, admin_entry_evidence},
    {"nvm-sqe", "sqe", "Submission queue entries of an I/O queue (NVM Command Set)", Id::SqeOpc,
     walk_nvm_entries, nvm_entry_evidence},
    {"cqe", "cqe", "Completion queue entries", Id::CqeDw0, walk_entries<cqe_block>, cqe_evidence},
    {"cqe-event", "cqe", "Completion of an Asynchronous Event Request", Id::EventType,
     walk_entries<cqe_event_block>, cqe_event_evidence},
    {"cqe-get-state", "cqe", "Completion of Get Controller State", Id::GetStateCsup,
     walk_entries<cqe_get_state_block>},
    {"cqe-create-cdq", "cqe", "Completion of Controller Data Queue, Create", Id::CdqCreatedCdqid,
     walk_entries<cqe_create_cdq_block>},
    {"cqe-get-cdq", "cqe", "Completion of Get Features, Controller Data Queue", Id::CdqGotCdqid,
     walk_entries<cqe_get_cdq_block>},
    {"cqe-capabilities", "cqe", "Completion of Get Features, supported capabilities",
     Id::CapabilitySaveable, walk_entries<cqe_capabilities_block>},
    {"cqe-virtualization", "cqe", "Completion of Virtualization Management", Id::VirtualizationNrm,
     walk_entries<cqe_virtualization_block>},
    {"cqe-track-memory", "cqe", "Completion of Track Memory Changes, Not Enough Resources",
     Id::TrackMrtg, walk_entries<cqe_track_memory_block>},
    {"controller-state", "state", "Controller State data structure", Id::StateHeaderSize,
     walk_controller_state, controller_state_evidence},
    {"nvme-state", "state", "NVMe Controller State, version 0", Id::NvmeStateHeaderSize,
     walk_nvme_state, nvme_state_evidence},
    {"vendor-area", "state", "Vendor area of a controller state of lmsim", Id::StateVss,
     walk_vendor_area, vendor_area_evidence},
    {"id-controller", "identify", "Identify Controller (CNS 01h)", Id::IdVid,
     walk_identify_controller, identify_controller_evidence},
    {"primary-caps", "identify", "Primary Controller Capabilities (CNS 14h)", Id::PrimaryCntlid,
     walk_block<primary_capabilities_block>, primary_capabilities_evidence},
    {"secondary-list", "identify", "Secondary Controller list (CNS 15h)", Id::SecondaryHeaderSize,
     walk_secondary_list, secondary_list_evidence},
    {"state-formats", "identify", "Supported Controller State Formats (CNS 20h)",
     Id::FormatsHeaderSize, walk_state_formats, state_formats_evidence},
    {"id-namespace", "identify", "Identify Namespace (CNS 00h, 05h, 11h)", Id::NsNsze,
     walk_identify_namespace, identify_namespace_evidence},
    {"id-namespace-ind", "identify", "I/O Command Set Independent Identify Namespace (CNS 08h)",
     Id::IndNsfeat, walk_block<independent_namespace_block>},
    {"id-controller-nvm", "identify", "Identify Controller of the NVM Command Set (CNS 06h)",
     Id::NvmVsl, walk_block<identify_controller_nvm_block>, identify_controller_nvm_evidence},
    {"namespace-list", "identify", "Namespace List (CNS 02h, 07h, 10h)", Id::NamespaceListEntrySize,
     walk_namespace_list, namespace_list_evidence},
    {"namespace-ids", "identify", "Namespace Identification Descriptor list (CNS 03h)",
     Id::NidHeaderSize, walk_namespace_descriptors, namespace_descriptors_evidence},
    {"controller-list", "identify", "Controller List (CNS 12h, 13h; Namespace Attachment)",
     Id::ControllerListCount, walk_controller_list, controller_list_evidence},
    {"namespace-create", "", "Data of Namespace Management, Create", Id::NmDataSize,
     walk_block<namespace_create_block>},
    {"log-supported", "", "Supported Log Pages (LID 00h)", Id::SupportedLogsSize,
     walk_supported_logs},
    {"log-errors", "", "Error Information (LID 01h)", Id::ErrorEntrySize,
     walk_entries<error_entry_block>},
    {"log-health", "", "SMART / Health Information (LID 02h)", Id::HealthSize,
     walk_block<health_block>},
    {"log-firmware", "", "Firmware Slot Information (LID 03h)", Id::FirmwareSlotsSize,
     walk_block<firmware_slots_block>},
    {"log-effects", "", "Commands Supported and Effects (LID 05h)", Id::CommandEffectsSize,
     walk_command_effects},
    {"log-features", "", "Feature Identifiers Supported and Effects (LID 12h)",
     Id::FeatureEffectsSize, walk_feature_effects},
    {"cdq", "cdq", "Memory of a User Data Migration Queue", Id::UdmqEntrySize, walk_cdq,
     cdq_evidence},
    {"feature-cdq", "cdq", "Data of Get Features, Controller Data Queue (21h)", Id::CdqFeatureSize,
     walk_cdq_feature, cdq_feature_evidence},
    {"track-memory", "track", "Track Memory Changes, host to controller", Id::TrackHeaderSize,
     walk_track_memory, track_memory_evidence},
    {"tracked-memory", "track", "Tracked Memory Changes, controller to host", Id::TrackedHeaderSize,
     walk_tracked_memory, tracked_memory_evidence},
    {"lba-status", "", "LBA Status Descriptor List of Get LBA Status", Id::LbaStatusHeaderSize,
     walk_counted<lba_status_block, Id::LbaStatusNlsd, lba_status_entry_block>,
     lba_status_evidence},
    {"template", "", "Template of exported NVM subsystems, of dialects that have it",
     Id::TemplateSize, walk_block<template_block>},
    {"dsm-ranges", "", "Ranges of Dataset Management", Id::DsmRangeSize,
     walk_entries<dsm_range_block>, dsm_ranges_evidence},
};
static_assert(sizeof(table) / sizeof(table[0]) <= max_candidates);

}  // namespace

Span<Structure> structures() { return table; }

const Structure* find_structure(std::string_view name) {
    for (const Structure& structure : table) {
        if (structure.name == name) {
            return &structure;
        }
    }
    return nullptr;
}

}  // namespace lmsim::wire::describe
