#include "model/explore/rfc/conformance.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/explore/rfc/cdq_list_system.hpp"
#include "model/explore/rfc/cdq_owner_system.hpp"
#include "model/explore/rfc/moved_vm_system.hpp"
#include "model/explore/rfc/outstanding_system.hpp"
#include "model/explore/rfc/saved_state_system.hpp"
#include "model/explore/world/config.hpp"
#include "model/explore/world/log_config.hpp"
#include "model/explore/world/memory_config.hpp"

namespace lmsim::explore {
namespace {

using spec::Defect;
using spec::DefectClass;
using spec::Id;

bool is_of(const Defect& defect, std::string_view driver) {
    return defect.name.substr(0, driver.size()) == driver;
}

bool of_saved_state(const Defect& defect) {
    return defect.of == DefectClass::Lifetime && is_of(defect, "R001");
}

bool of_cdq_owner(const Defect& defect) {
    return (defect.of == DefectClass::Lifetime && is_of(defect, "R004")) ||
           defect.id == Id::RfcCreateUnchecked || defect.id == Id::RfcAnyQueueType;
}

/// The VFIO driver's commands, and what they bring: all that the world has.
bool of_migration(const Defect& defect) {
    const bool on_wire = defect.of == DefectClass::Wire || defect.of == DefectClass::Data;
    const bool of_memory = defect.id == Id::RfcIdentifyPlaces ||
                           defect.id == Id::RfcIdentifyShifted ||
                           defect.id == Id::RfcGenericStatuses;
    return on_wire && !is_of(defect, "R004") && !of_memory;
}

/// One VM with one VF, and no verdict but that enough has been sent.
WorldConfig migration() {
    WorldConfig config;
    config.commands = 1;
    config.state_pieces = 2;
    config.free_verdicts = false;
    config.completes = true;
    return config;
}

MoveBounds disturbed() {
    MoveBounds bounds;
    bounds.disturbed = true;
    return bounds;
}

MoveBounds large_state() {
    MoveBounds bounds;
    bounds.vendor_bytes = 8192;
    bounds.mdts = 0;
    return bounds;
}

MoveBounds two_versions() {
    MoveBounds bounds;
    bounds.two_versions = true;
    return bounds;
}

bool of_log(const Defect& defect) {
    return defect.id == Id::RfcRingNotZeroed || defect.id == Id::RfcNeverArmed ||
           defect.id == Id::RfcOneShotEndsAers || defect.id == Id::RfcFullUnheard ||
           defect.id == Id::RfcHeadNeverMoves;
}

bool of_tracking(const Defect& defect) {
    return defect.id == Id::RfcIdentifyPlaces || defect.id == Id::RfcGenericStatuses;
}

/// A device that cannot track single pages, and says so when it is asked.
MemoryConfig tracking() {
    MemoryConfig config;
    config.coarse = true;
    config.tracks = true;
    return config;
}

bool of_outstanding(const Defect& defect) { return defect.id == Id::RfcIdentifyShifted; }

bool of_list(const Defect& defect) {
    return defect.id == Id::RfcListUnchained || defect.id == Id::RfcPrpPerSegment ||
           defect.id == Id::RfcKernelPages;
}

LogConfig log() {
    LogConfig config;
    config.blocks = 1;
    config.abort = false;
    return config;
}

const char* kind_text(Violation::Kind kind) {
    return kind == Violation::Kind::Deadlock ? "deadlock" : "starvation";
}

}  // namespace

const std::vector<RfcModel>& rfc_models() {
    static const std::vector<RfcModel> models = {
        {"saved-state", "what the VFIO driver holds while it saves a state", of_saved_state,
         [](const spec::Rules& rules) { return make_saved_state_system(rules); }},
        {"migration", "a VM with one VF moves, and nothing disturbs it", of_migration,
         [](const spec::Rules& rules) { return make_world(migration(), rules); }},
        {"moved-vm", "a VM with two pairs of queues moves step by step, and one thing may go wrong",
         of_migration,
         [](const spec::Rules& rules) { return make_moved_vm_system(disturbed(), rules); }},
        {"large-state", "the same, undisturbed; its state is beyond 4 KiB, and so beyond MDTS",
         of_migration,
         [](const spec::Rules& rules) { return make_moved_vm_system(large_state(), rules); }},
        {"two-versions",
         "the same; of two versions of the state the source lists the other one first",
         of_migration,
         [](const spec::Rules& rules) { return make_moved_vm_system(two_versions(), rules); }},
        {"memory-tracking", "the memory that a VF writes is tracked, copied, and its VM moves",
         of_tracking,
         [](const spec::Rules& rules) { return make_memory_world(tracking(), rules); }},
        {"commands", "a host over fabrics has as many commands outstanding as it may",
         of_outstanding, [](const spec::Rules& rules) { return make_outstanding_system(rules); }},
        {"user-data-log", "a VF's user data are logged, copied, and it moves", of_log,
         [](const spec::Rules& rules) { return make_log_world(log(), rules); }},
        {"cdq-list", "the memory of a ring, as the device learns of it and writes it", of_list,
         [](const spec::Rules& rules) { return make_cdq_list_system(rules); }},
        {"cdq-owner", "what the kernel holds for Controller Data Queues", of_cdq_owner,
         [](const spec::Rules& rules) { return make_cdq_owner_system({}, rules); }},
    };
    return models;
}

std::string RfcFinding::text() const {
    if (violations.empty()) {
        return complete ? "nothing" : "nothing so far";
    }
    std::string text;
    for (const Violation& each : violations) {
        const std::string what = each.invariant != nullptr ? std::string(each.invariant->id)
                                                           : std::string(kind_text(each.kind));
        const std::size_t steps = each.steps.size();
        text += fmt::format("{}{} in {} step{}", text.empty() ? "" : ", ", what, steps,
                            steps == 1 ? "" : "s");
    }
    return text;
}

RfcFinding RfcSearches::search_with(const RfcModel& model, const spec::Rules& rules) const {
    const SearchReport report = search([&] { return model.make(rules); }, options_);
    return {&model, report.states, report.transitions, report.complete(), report.violations};
}

const RfcFinding& RfcSearches::baseline(const RfcModel& model) {
    const auto of_model = [&](const RfcFinding& each) { return each.model == &model; };
    const auto known = std::find_if(baselines_.begin(), baselines_.end(), of_model);
    if (known != baselines_.end()) {
        return *known;
    }
    baselines_.push_back(search_with(model, spec::Rules{}));
    return baselines_.back();
}

std::vector<RfcFinding> RfcSearches::of(const Defect& defect) {
    std::vector<RfcFinding> findings;
    for (const RfcModel& model : rfc_models()) {
        if (defect.id == Id::Count || !model.covers(defect)) {
            continue;
        }
        const std::vector<Violation>& before = baseline(model).violations;
        RfcFinding finding = search_with(model, rules_with(defect));
        const auto falls_anyway = [&](const Violation& violation) {
            return std::any_of(before.begin(), before.end(), [&](const Violation& known) {
                return known.kind == violation.kind && known.invariant == violation.invariant;
            });
        };
        finding.violations.erase(
            std::remove_if(finding.violations.begin(), finding.violations.end(), falls_anyway),
            finding.violations.end());
        findings.push_back(std::move(finding));
    }
    return findings;
}

std::vector<std::string> path_of(const RfcModel& model, const spec::Rules& rules,
                                 const Violation& violation) {
    const std::unique_ptr<System> system = model.make(rules);
    std::vector<std::uint8_t> state(system->state_bytes());
    system->initial(state.data());
    std::vector<std::string> path;
    for (const Action& action : violation.steps) {
        path.push_back(system->describe(state.data(), action));
        system->apply(state.data(), action);
    }
    return path;
}

spec::Rules rules_with(const Defect& defect) {
    spec::Rules rules;
    if (defect.id != Id::Count) {
        rules.set_on(defect.id, true);
    }
    return rules;
}

}  // namespace lmsim::explore
