#include "model/wire/describe/command.hpp"
#include "model/wire/describe/controller_state.hpp"
#include "model/wire/describe/cqe.hpp"
#include "model/wire/describe/identify.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr Structure table[] = {
    {"admin-sqe", "sqe", "Submission queue entries of the admin queue", Id::SqeOpc,
     walk_admin_entries, admin_entry_evidence},
    {"nvm-sqe", "sqe", "Submission queue entries of an I/O queue (NVM Command Set)", Id::SqeOpc,
     walk_nvm_entries, nvm_entry_evidence},
    {"cqe", "cqe", "Completion queue entries", Id::CqeDw0, walk_entries<cqe_block>, cqe_evidence},
    {"cqe-get-state", "", "Completion of Get Controller State", Id::GetStateCsup,
     walk_entries<cqe_get_state_block>, nullptr},
    {"controller-state", "state", "Controller State data structure", Id::StateHeaderSize,
     walk_controller_state, controller_state_evidence},
    {"nvme-state", "state", "NVMe Controller State, version 0", Id::NvmeStateHeaderSize,
     walk_nvme_state, nvme_state_evidence},
    {"vendor-area", "state", "Vendor area of a controller state of lmsim", Id::StateVss,
     walk_vendor_area, vendor_area_evidence},
    {"id-controller", "identify", "Identify Controller (CNS 01h)", Id::IdVid,
     walk_block<identify_controller_block>, identify_controller_evidence},
    {"secondary-list", "identify", "Secondary Controller list (CNS 15h)", Id::SecondaryHeaderSize,
     walk_secondary_list, secondary_list_evidence},
    {"state-formats", "identify", "Supported Controller State Formats (CNS 20h)",
     Id::FormatsHeaderSize, walk_state_formats, state_formats_evidence},
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
